/*
 * What a device says of itself: values, which in a fleet that may grow become codes.
 *
 * Lines say the same attributes in the same order. So what stood between two values is kept, and
 * where the next line has the same bytes there, they need not be understood again.
 */
#include <string.h>

#include "mdm_parse.h"

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
    return mdm_value_parse(&parser->keeper, parser->fleet->scheme.attributes[attribute].kind, text,
                           &line->values[attribute], &parser->fault);
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

/* ---- What is expected ---- */

/* From where the last value ended to where this one begins. */
static void learn_step(mdm_parser *parser, size_t last, const char *begin, size_t attribute)
{
    const mdm_kind kind = parser->fleet->scheme.attributes[attribute].kind;
    const char first = mdm_json_peek(parser);
    const bool is_string = first == '"' && kind != MDM_INT;
    const bool is_number = mdm_is_digit(first) && (kind == MDM_INT || kind == MDM_RATIO);
    const size_t len = (size_t)(parser->at - begin) + (is_string ? 1 : 0);
    mdm_step *step = NULL;
    if (parser->steps == NULL || len > sizeof step->words || !(is_string || is_number)) {
        return;
    }
    step = &parser->steps->after[last];
    *step = (mdm_step){.len = (uint8_t)len, .attribute = (uint8_t)attribute, .is_string = is_string};
    memcpy(step->words, begin, len);
    memset(step->masks, 0xff, len);
}

static bool is_step(const mdm_step *step, const char *at)
{
    uint64_t words[MDM_STEP_WORDS];
    uint64_t differ = 0;
    memcpy(words, at, sizeof words);
    for (size_t i = 0; i < MDM_STEP_WORDS; i++) {
        differ |= (words[i] ^ step->words[i]) & step->masks[i];
    }
    return differ == 0;
}

/* A member that is what is expected, and has a value of plain text or few digits. Any other is
   left where it is. */
static bool take_expected(mdm_parser *parser, mdm_line *line, size_t *last, mdm_status *status)
{
    const mdm_step *step = NULL;
    const char *at = parser->at;
    mdm_text text = {NULL, 0};
    if (parser->steps == NULL) {
        return false;
    }
    step = &parser->steps->after[*last];
    if (step->len == 0 || parser->limit - at < MDM_STEP_ROOM || !is_step(step, at) ||
        (line->present >> step->attribute & 1)) {
        return false;
    }
    at += step->len;
    text = (mdm_text){at, step->is_string ? mdm_plain(at, parser->limit) : mdm_digits(at)};
    at += text.len;
    if (at >= parser->end ||
        (step->is_string ? *at != '"' : text.len == 0 || (*at != ',' && *at != '}'))) {
        return false;
    }
    parser->at = at + (step->is_string ? 1 : 0);
    line->present |= (uint64_t)1 << step->attribute;
    *last = step->attribute;
    *status = take_value(parser, line, step->attribute, text);
    return true;
}

/* ---- The object ---- */

/* begin is where the value before ended; with a comma behind it, but for the first. */
static mdm_status parse_self_member(mdm_parser *parser, mdm_line *line, const char *begin,
                                    size_t *last)
{
    const size_t n = parser->fleet->scheme.n_attributes;
    mdm_json_string key;
    size_t attribute = 0;
    mdm_status status = mdm_json_string_take(parser, &key);
    if (status != MDM_OK) {
        return status;
    }
    attribute = mdm_fleet_find(parser->fleet, key.text, *last == n ? 0 : *last + 1);
    if (attribute == n || (line->present >> attribute & 1)) {
        return mdm_refuse(parser, key.begin - 1);
    }
    line->present |= (uint64_t)1 << attribute;
    status = mdm_json_take(parser, ':');
    if (status != MDM_OK) {
        return status;
    }
    learn_step(parser, *last, begin, attribute);
    *last = attribute;
    return parse_value(parser, line, attribute);
}

mdm_status mdm_self_parse(mdm_parser *parser, mdm_line *line)
{
    const size_t none = parser->fleet->scheme.n_attributes;
    size_t last = none;
    mdm_status status = mdm_json_take(parser, '{');
    if (status == MDM_OK && mdm_json_peek(parser) == '}') {
        parser->at++;
        return MDM_OK;
    }
    while (status == MDM_OK) {
        const char *begin = parser->at;
        if (take_expected(parser, line, &last, &status)) {
            continue;
        }
        if (last != none) {
            if (mdm_json_peek(parser) != ',') {
                return mdm_json_take(parser, '}');
            }
            parser->at++;
        }
        status = parse_self_member(parser, line, begin, &last);
    }
    return status;
}
