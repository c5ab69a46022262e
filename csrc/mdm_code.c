/*
 * Values and lists become codes.
 */
#include "mdm_parse.h"

mdm_status mdm_value_intern(mdm_parser *parser, size_t attribute, mdm_text text, uint32_t *code)
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

static bool is_utf8(mdm_text text)
{
    for (size_t i = 0; i < text.len;) {
        const size_t len = mdm_utf8_len(text.at + i, text.len - i);
        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

mdm_status mdm_value_intern_raw(mdm_parser *parser, size_t attribute, mdm_text text,
                                uint32_t *code)
{
    /* Only strings have anything but ASCII. */
    if (parser->fleet->scheme.attributes[attribute].kind == MDM_STRING && !is_utf8(text)) {
        return mdm_refuse(parser, text.at);
    }
    return mdm_value_intern(parser, attribute, text, code);
}

mdm_status mdm_list_intern_raw(mdm_parser *parser, mdm_text text, uint32_t *code)
{
    mdm_status status = MDM_OK;
    if (text.len == 0 || text.at[0] != '[') {
        return mdm_refuse(parser, text.at);
    }
    parser->at = text.at;
    parser->end = text.at + text.len;
    status = mdm_list_intern(parser, code);
    return status == MDM_OK && parser->at != parser->end ? mdm_refuse(parser, parser->at) : status;
}

bool mdm_is_printed(const char *at, size_t n)
{
    unsigned char others = 0;
    for (size_t i = 0; i < n; i++) {
        others |= (unsigned char)((unsigned char)at[i] - 0x20) > 0x7e - 0x20;
    }
    return others == 0;
}

bool mdm_is_name(mdm_text text)
{
    const mdm_keeper keeper = {NULL, NULL, NULL};
    const char *fault = NULL;
    mdm_value value;
    if (mdm_is_printed(text.at, text.len)) {
        return text.len <= MDM_MAX_VALUE;
    }
    return is_utf8(text) &&
           mdm_value_parse(&keeper, MDM_STRING, text, &value, &fault) == MDM_OK;
}
