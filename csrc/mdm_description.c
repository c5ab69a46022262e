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

/* ---- Values ---- */

static mdm_status intern_value(mdm_parser *parser, size_t attribute, mdm_text text,
                               uint32_t *code)
{
    mdm_fleet *fleet = parser->grown;
    mdm_dictionary *dictionary = &fleet->dictionaries[attribute];
    const mdm_kind kind = fleet->scheme.attributes[attribute].kind;
    const uint64_t hash = mdm_hash(text.at, text.len);
    uint32_t number = mdm_texts_find(&dictionary->texts, text, hash);
    mdm_value value;
    mdm_status status = MDM_OK;
    if (number != MDM_NONE) {
        *code = number + 1;
        return MDM_OK;
    }
    status = mdm_value_parse(&parser->keeper, kind, text, &value, &parser->fault);
    if (status == MDM_OK &&
        !MDM_RESERVE(&fleet->memory, dictionary, dictionary->texts.n, 1)) {
        status = MDM_NO_MEMORY;
    }
    if (status == MDM_OK) {
        status = mdm_texts_add(&dictionary->texts, &fleet->arena, text, hash, &number);
    }
    if (status == MDM_OK) {
        if (kind == MDM_STRING) {
            value.text.at = dictionary->texts.at[number].at;
        }
        dictionary->at[number] = value;
        *code = number + 1;
    }
    return status;
}

static mdm_status take_value(mdm_parser *parser, mdm_line *line, size_t attribute,
                             mdm_text text)
{
    line->texts[attribute] = text;
    if (parser->grown != NULL) {
        return intern_value(parser, attribute, text, &line->codes[attribute]);
    }
    return mdm_source_value(parser, line, attribute, text);
}

static mdm_status parse_value(mdm_parser *parser, mdm_line *line, size_t attribute)
{
    const mdm_kind kind = parser->fleet->scheme.attributes[attribute].kind;
    const char first = mdm_json_peek(parser);
    mdm_json_string string;
    mdm_text token = {parser->at, 0};
    mdm_status status = MDM_OK;
    if (first == '"' && kind != MDM_INT) {
        status = mdm_json_string_take(parser, &string);
        if (status == MDM_OK) {
            status = take_value(parser, line, attribute, string.text);
            if (status == MDM_BAD_TEXT) {
                mdm_json_locate(parser, &string);
            }
        }
        return status;
    }
    if (kind != MDM_INT && kind != MDM_RATIO) {
        return mdm_refuse(parser, parser->at);
    }
    status = mdm_json_integer_take(parser, &token);
    return status == MDM_OK ? take_value(parser, line, attribute, token) : status;
}

static mdm_status parse_self_member(mdm_parser *parser, mdm_line *line, size_t hint, size_t *next)
{
    mdm_json_string key;
    size_t attribute = 0;
    mdm_status status = mdm_json_string_take(parser, &key);
    if (status != MDM_OK) {
        return status;
    }
    attribute = mdm_fleet_find(parser->fleet, key.text, hint);
    if (attribute == parser->fleet->scheme.n_attributes || (line->present >> attribute & 1)) {
        return mdm_refuse(parser, key.begin - 1);
    }
    line->present |= (uint64_t)1 << attribute;
    *next = attribute + 1;
    status = mdm_json_take(parser, ':');
    return status == MDM_OK ? parse_value(parser, line, attribute) : status;
}

static mdm_status parse_self(mdm_parser *parser, mdm_line *line)
{
    mdm_status status = mdm_json_take(parser, '{');
    size_t hint = 0;
    if (status == MDM_OK && mdm_json_peek(parser) == '}') {
        parser->at++;
        return MDM_OK;
    }
    while (status == MDM_OK) {
        status = parse_self_member(parser, line, hint, &hint);
        if (status == MDM_OK && mdm_json_peek(parser) != ',') {
            return mdm_json_take(parser, '}');
        }
        parser->at += status == MDM_OK ? 1 : 0;
    }
    return status;
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
            at += mdm_json_plain(at, end);
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
static mdm_status intern_list(mdm_parser *parser, uint32_t *code)
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
        return intern_list(parser, &line->codes[parser->fleet->scheme.n_attributes]);
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

static mdm_status parse_member(mdm_parser *parser, mdm_line *line)
{
    mdm_json_string key;
    mdm_status status = mdm_json_string_take(parser, &key);
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
    return parse_self(parser, line);
}

static mdm_status parse_members(mdm_parser *parser, mdm_line *line)
{
    mdm_status status = mdm_json_take(parser, '{');
    while (status == MDM_OK) {
        status = parse_member(parser, line);
        if (status == MDM_OK && mdm_json_peek(parser) != ',') {
            return mdm_json_take(parser, '}');
        }
        parser->at += status == MDM_OK ? 1 : 0;
    }
    return status;
}

mdm_status mdm_line_parse(mdm_parser *parser, mdm_text text, mdm_line *line)
{
    mdm_status status = MDM_OK;
    line->has_name = line->has_self = line->has_list = false;
    line->present = 0;
    line->name = (mdm_text){NULL, 0};
    line->objects = (mdm_objects){NULL, 0};
    memset(line->codes, 0,
           (parser->fleet->scheme.n_attributes + 1) * sizeof *line->codes);
    if (text.len > 0 && text.at[text.len - 1] == '\n') {
        text.len--;
    }
    parser->at = text.at;
    parser->end = text.at + text.len;
    status = parse_members(parser, line);
    if (status == MDM_OK && (mdm_json_peek(parser), parser->at != parser->end)) {
        return mdm_refuse(parser, parser->at);
    }
    if (status == MDM_OK && !line->has_self) {
        return mdm_refuse(parser, text.at);
    }
    return status;
}
