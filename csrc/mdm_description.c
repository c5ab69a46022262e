/*
 * One line of NDJSON: what one device publishes. In a fleet that may grow, values and lists
 * become codes; in a question they become values of their own.
 */
#include <string.h>

#include "mdm_parse.h"

mdm_parser mdm_parser_growing(mdm_fleet *fleet)
{
    return (mdm_parser){.fleet = fleet,
                        .grown = fleet,
                        .lists = &fleet->lists,
                        .keeper = {&fleet->arena, &fleet->members, &fleet->members},
                        .scratch = &fleet->scratch};
}

/* ---- The list ---- */

/* To the bracket that closes the list, without judging what is between: NULL where there is
   none. A list that the fleet knows by its text needs no judging again. */
static const char *list_end(const char *at, const char *end)
{
    size_t depth = 0;
    bool is_quoted = false;
    for (; at < end; at++) {
        if (is_quoted) {
            at += mdm_plain(at, end);
            if (at == end) {
                return NULL;
            }
            if (*at == '\\') {
                at += end - at > 1 ? 1 : 0;
            } else {
                is_quoted = *at != '"';
            }
        } else if (*at == '"') {
            is_quoted = true;
        } else if (*at == '[') {
            depth++;
        } else if (*at == ']' && --depth == 0) {
            return at + 1;
        }
    }
    return NULL;
}

/* In a batch lists hardly repeat, so there it is not looked for first. */
mdm_status mdm_list_intern(mdm_parser *parser, uint32_t *code)
{
    const char *begin = parser->at;
    const char *end = parser->grown == NULL ? NULL : list_end(begin, parser->end);
    uint32_t number = MDM_NONE;
    mdm_status status = MDM_OK;
    if (end != NULL) {
        const mdm_text text = {begin, (size_t)(end - begin)};
        number = mdm_texts_find(&parser->lists->texts, text, mdm_hash(text.at, text.len));
    }
    if (number != MDM_NONE) {
        parser->at = end;
    } else {
        status = mdm_list_read(parser, &number);
    }
    *code = number + 1;
    return status;
}

static mdm_status parse_list(mdm_parser *parser, mdm_line *line)
{
    line->has_list = true;
    if (mdm_json_peek(parser) != '[') {
        return mdm_refuse(parser, parser->at);
    }
    if (parser->lists != NULL) {
        return mdm_list_intern(parser, &line->codes[parser->fleet->scheme.n_attributes]);
    }
    return mdm_objects_parse(parser, &line->objects);
}

/* ---- The line ---- */

static mdm_status parse_name(mdm_parser *parser, mdm_line *line)
{
    mdm_json_string name;
    mdm_value value;
    mdm_status status = mdm_json_string_take(parser, &name);
    if (status == MDM_OK) {
        status = mdm_value_parse(&parser->keeper, MDM_STRING, name.text, &value, &parser->fault);
        if (status == MDM_BAD_TEXT) {
            mdm_json_locate(parser, &name);
        }
    }
    line->has_name = true;
    line->name = name.text;
    return status;
}

static bool is_key(const mdm_json_string *key, const char *name)
{
    return key->text.len == strlen(name) && memcmp(key->text.at, name, key->text.len) == 0;
}

/* The key as everybody writes it. Any other way is read at length. */
static bool take_self_key(mdm_parser *parser)
{
    static const char key[] = "\"self\":";
    const size_t len = sizeof key - 1;
    if ((size_t)(parser->end - parser->at) < len || memcmp(parser->at, key, len) != 0) {
        return false;
    }
    parser->at += len;
    return true;
}

static mdm_status parse_member(mdm_parser *parser, mdm_line *line)
{
    mdm_json_string key;
    mdm_status status = MDM_OK;
    if (!line->has_self && take_self_key(parser)) {
        line->has_self = true;
        return mdm_self_parse(parser, line);
    }
    status = mdm_json_string_take(parser, &key);
    if (status != MDM_OK) {
        return status;
    }
    if (!(is_key(&key, "name") && !line->has_name) && !(is_key(&key, "self") && !line->has_self) &&
        !(is_key(&key, "compatible") && !line->has_list)) {
        return mdm_refuse(parser, key.begin - 1);
    }
    status = mdm_json_take(parser, ':');
    if (status != MDM_OK) {
        return status;
    }
    if (is_key(&key, "name")) {
        return parse_name(parser, line);
    }
    if (is_key(&key, "compatible")) {
        return parse_list(parser, line);
    }
    line->has_self = true;
    return mdm_self_parse(parser, line);
}

/* What comes after a member, to the end of the line. */
static mdm_status parse_more(mdm_parser *parser, mdm_line *line)
{
    mdm_status status = MDM_OK;
    while (status == MDM_OK && mdm_json_peek(parser) == ',') {
        parser->at++;
        status = parse_member(parser, line);
    }
    return status == MDM_OK ? mdm_json_take(parser, '}') : status;
}

static void begin_line(mdm_parser *parser, mdm_text text, mdm_line *line)
{
    line->has_name = line->has_self = line->has_list = false;
    line->present = 0;
    line->own = NULL;
    line->name = (mdm_text){NULL, 0};
    line->objects = (mdm_objects){NULL, 0};
    memset(line->codes, 0, (parser->fleet->scheme.n_attributes + 1) * sizeof *line->codes);
    parser->at = text.at;
    parser->end = text.at + text.len;
}

static mdm_status end_line(mdm_parser *parser, mdm_text text, mdm_line *line)
{
    const mdm_status status = parse_more(parser, line);
    if (status == MDM_OK && (mdm_json_peek(parser), parser->at != parser->end)) {
        return mdm_refuse(parser, parser->at);
    }
    if (status == MDM_OK && !line->has_self) {
        return mdm_refuse(parser, text.at);
    }
    return status;
}

mdm_status mdm_line_parse(mdm_parser *parser, mdm_text text, mdm_line *line)
{
    mdm_status status = MDM_OK;
    if (text.len > 0 && text.at[text.len - 1] == '\n') {
        text.len--;
    }
    begin_line(parser, text, line);
    status = mdm_json_take(parser, '{');
    if (status == MDM_OK) {
        status = parse_member(parser, line);
    }
    return status == MDM_OK ? end_line(parser, text, line) : status;
}

mdm_status mdm_line_parse_named(mdm_parser *parser, mdm_text text, mdm_text name, mdm_line *line)
{
    begin_line(parser, text, line);
    line->has_name = true;
    line->name = name;
    parser->at = name.at + name.len + 1;
    return end_line(parser, text, line);
}
