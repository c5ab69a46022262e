/*
 * What a device says of itself: values, which in a fleet that may grow become codes.
 */
#include <string.h>

#include "mdm_parse.h"

/* ---- Values ---- */

static mdm_status take_value(mdm_parser *parser, mdm_line *line, size_t attribute,
                             mdm_text text)
{
    if (parser->grown != NULL) {
        return mdm_value_intern(parser, attribute, text, &line->codes[attribute]);
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

/* ---- What is expected ---- */

static mdm_status intern_token(mdm_parser *parser, const mdm_token *token, uint32_t *code)
{
    mdm_status status = MDM_OK;
    *code = mdm_memo_get(token);
    if (*code != 0) {
        return MDM_OK;
    }
    status = parser->grown != NULL
                 ? mdm_value_intern(parser, token->attribute, token->text, code)
                 : mdm_source_number(parser, token->attribute, token->text, mdm_token_hash(token),
                                     code);
    if (status == MDM_OK) {
        mdm_memo_put(token, *code, mdm_number_text(parser, token->attribute, *code));
    }
    return status;
}

mdm_status mdm_tokens_intern(mdm_parser *parser, const mdm_token *tokens, size_t n,
                             uint32_t *codes)
{
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < n && status == MDM_OK; i++) {
        status = intern_token(parser, &tokens[i], &codes[tokens[i].attribute]);
    }
    return status;
}

/* First all are found, then all are looked up, so that no look-up waits for another. */
static mdm_status take_expected(mdm_parser *parser, mdm_line *line, size_t *last)
{
    mdm_token own[MDM_MAX_ATTRIBUTES];
    mdm_walk place = {parser->at, parser->end, parser->limit, line->present, *last};
    mdm_ahead taken = {parser->at, place, own, 0};
    if (parser->steps == NULL) {
        return MDM_OK;
    }
    if (parser->ahead != NULL && parser->ahead->begin == parser->at) {
        taken = *parser->ahead;
    } else {
        taken.n = mdm_steps_take(parser->steps, *parser->memo, &taken.place, own);
    }
    parser->at = taken.place.at;
    line->present = taken.place.present;
    *last = taken.place.last;
    return mdm_tokens_intern(parser, taken.tokens, taken.n, line->codes);
}

static void learn(mdm_parser *parser, size_t last, const char *begin, size_t attribute)
{
    const mdm_kind kind = parser->fleet->scheme.attributes[attribute].kind;
    const char first = mdm_json_peek(parser);
    const bool is_string = first == '"' && kind != MDM_INT;
    const bool is_number = mdm_is_digit(first) && (kind == MDM_INT || kind == MDM_RATIO);
    if (parser->steps != NULL && (is_string || is_number)) {
        const size_t len = (size_t)(parser->at - begin) + (is_string ? 1 : 0);
        mdm_steps_learn(parser->steps, last, (mdm_text){begin, len}, attribute, is_string);
    }
}

/* ---- The object ---- */

/* begin is where the value before ended; with a comma behind it, but for the first. */
static mdm_status parse_self_member(mdm_parser *parser, mdm_line *line, const char *begin,
                                    size_t *last)
{
    const size_t n = parser->fleet->scheme.n_attributes;
    size_t attribute = *last == n ? 0 : *last + 1;
    const mdm_status status = mdm_attribute_take(parser, &line->present, &attribute);
    if (status != MDM_OK) {
        return status;
    }
    learn(parser, *last, begin, attribute);
    *last = attribute;
    return parse_value(parser, line, attribute);
}

static mdm_status parse(mdm_parser *parser, mdm_line *line)
{
    const size_t none = parser->fleet->scheme.n_attributes;
    size_t last = none;
    mdm_status status = mdm_json_take(parser, '{');
    if (status == MDM_OK && mdm_json_peek(parser) == '}') {
        parser->at++;
        return MDM_OK;
    }
    while (status == MDM_OK) {
        const char *begin = NULL;
        status = take_expected(parser, line, &last);
        if (status != MDM_OK) {
            return status;
        }
        begin = parser->at;
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

mdm_status mdm_self_parse(mdm_parser *parser, mdm_line *line)
{
    const size_t n = parser->fleet->scheme.n_attributes;
    mdm_self self = {NULL, 0, NULL};
    mdm_self *place = parser->selves == NULL
                          ? NULL
                          : mdm_selves_ask(parser->selves, parser->at, parser->end, &self);
    mdm_status status = MDM_OK;
    if (self.codes != NULL) {
        line->own = self.codes;
        parser->at += self.len;
        return MDM_OK;
    }
    status = parse(parser, line);
    if (status == MDM_OK && parser->selves != NULL) {
        line->own = mdm_settle(parser->keeper.arena, line->codes, n, sizeof *line->codes);
        status = line->own == NULL ? MDM_NO_MEMORY : MDM_OK;
        if (status == MDM_OK && place != NULL && parser->at == self.at + self.len) {
            *place = (mdm_self){self.at, self.len, line->own};
        }
    }
    return status;
}
