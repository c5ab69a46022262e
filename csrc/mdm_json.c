/*
 * JSON tokens of one line (RFC 8259). Strict: what is not allowed is refused where it stands,
 * and nothing is read past the end.
 */
#include <string.h>

#include "mdm_parse.h"

mdm_status mdm_refuse(mdm_parser *parser, const char *at)
{
    parser->fault = at;
    return MDM_BAD_TEXT;
}

char mdm_json_pass(mdm_parser *parser)
{
    while (parser->at < parser->end &&
           (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r')) {
        parser->at++;
    }
    return parser->at < parser->end ? *parser->at : '\0';
}

mdm_status mdm_json_take_far(mdm_parser *parser, char expected)
{
    if (mdm_json_pass(parser) != expected) {
        return mdm_refuse(parser, parser->at);
    }
    parser->at++;
    return MDM_OK;
}

mdm_status mdm_json_integer_take(mdm_parser *parser, mdm_text *token)
{
    const char *begin = parser->at;
    const char *at = begin;
    int64_t number = 0;
    //@ dynamic_split parser->end - at;
    while (at < parser->end && (mdm_is_digit(*at) || *at == '-' || *at == '+' || *at == '.' ||
                                *at == 'e' || *at == 'E')) {
        at++;
    }
    *token = (mdm_text){begin, (size_t)(at - begin)};
    if (!mdm_number_parse(*token, &number)) {
        return mdm_refuse(parser, begin);
    }
    parser->at = at;
    return MDM_OK;
}

/* RFC 3629, table of section 4. */
size_t mdm_utf8_len(const char *place, size_t left)
{
    const unsigned char *at = (const unsigned char *)place;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t len = 0;
    if (at[0] < 0x80) {
        return 1;
    }
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        len = 2;
    } else if ((at[0] & 0xf0) == 0xe0) {
        len = 3;
        low = at[0] == 0xe0 ? 0xa0 : low;
        high = at[0] == 0xed ? 0x9f : high;
    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        len = 4;
        low = at[0] == 0xf0 ? 0x90 : low;
        high = at[0] == 0xf4 ? 0x8f : high;
    } else {
        return 0;
    }
    if (left < len || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

/* Walks to the closing quote. */
static mdm_status scan_string(mdm_parser *parser, mdm_json_string *string)
{
    const char *at = string->begin + mdm_plain(string->begin, parser->end);
    //@ dynamic_split parser->end - at;
    while (at < parser->end && *at != '"') {
        const unsigned char c = (unsigned char)*at;
        if (c < 0x20) {
            return mdm_refuse(parser, at);
        }
        if (c == '\\') {
            string->is_escaped = true;
            at++;
            if (at == parser->end || (unsigned char)*at >= 0x80) {
                return mdm_refuse(parser, at - 1);
            }
            at++;
        } else if (c < 0x80) {
            at++;
            at += mdm_plain(at, parser->end);
        } else {
            const size_t len = mdm_utf8_len(at, (size_t)(parser->end - at));
            if (len == 0) {
                return mdm_refuse(parser, at);
            }
            at += len;
        }
    }
    if (at == parser->end) {
        return mdm_refuse(parser, string->begin - 1);
    }
    string->text = (mdm_text){string->begin, (size_t)(at - string->begin)};
    parser->at = at + 1;
    return MDM_OK;
}

/* A name with anything else in it never stands in a line as it is. */
bool mdm_json_key_take(mdm_parser *parser, mdm_text name)
{
    const char *at = parser->at;
    if ((size_t)(parser->end - at) < name.len + 3 || at[0] != '"' || at[name.len + 1] != '"' ||
        at[name.len + 2] != ':' || memcmp(at + 1, name.at, name.len) != 0 ||
        mdm_plain(at + 1, parser->end) != name.len) {
        return false;
    }
    parser->at += name.len + 3;
    return true;
}

/* ---- Escapes ---- */

static bool hex_unit(const char *at, const char *end, uint32_t *unit)
{
    *unit = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return false;
    }
    for (int i = 2; i < 6; i++) {
        const char c = at[i];
        const bool is_low = c >= 'a' && c <= 'f';
        const bool is_high = c >= 'A' && c <= 'F';
        if (!mdm_is_digit(c) && !is_low && !is_high) {
            return false;
        }
        *unit *= 16;
        *unit += (uint32_t)(mdm_is_digit(c) ? c - '0' : is_low ? c - 'a' + 10 : c - 'A' + 10);
    }
    return true;
}

static size_t put_utf8(char *to, uint32_t point)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (char)(0xc0 | point >> 6);
        to[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        to[0] = (char)(0xe0 | point >> 12);
        to[1] = (char)(0x80 | (point >> 6 & 0x3f));
        to[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | point >> 18);
    to[1] = (char)(0x80 | (point >> 12 & 0x3f));
    to[2] = (char)(0x80 | (point >> 6 & 0x3f));
    to[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

/* One escape: how many bytes of the line it takes; 0: none such. */
static size_t escape_len(const char *at, const char *end, uint32_t *point)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    uint32_t low = 0;
    if (at[1] != 'u') {
        const char *letter = at[1] == '\0' ? NULL : strchr(letters, at[1]);
        if (letter == NULL) {
            return 0;
        }
        *point = (uint32_t)meanings[letter - letters];
        return 2;
    }
    if (!hex_unit(at, end, point)) {
        return 0;
    }
    if (*point < 0xd800 || *point > 0xdfff) {
        return 6;
    }
    if (*point > 0xdbff || !hex_unit(at + 6, end, &low) || low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    return 12;
}

static mdm_status decode(mdm_parser *parser, mdm_json_string *string)
{
    //@ split string->text.len;
    const char *end = string->begin + string->text.len;
    /* No escape is shorter than what it stands for. */
    char *decoded = mdm_take_bytes(parser->scratch, string->text.len);
    size_t n = 0;
    if (decoded == NULL) {
        return MDM_NO_MEMORY;
    }
    const char *at = string->begin;
    //@ dynamic_split end - at;
    while (at < end) {
        uint32_t point = 0;
        size_t len = 0;
        if (*at != '\\') {
            decoded[n++] = *at++;
            continue;
        }
        len = escape_len(at, end, &point);
        //@ split len;
        if (len == 0) {
            return mdm_refuse(parser, at);
        }
        n += put_utf8(decoded + n, point);
        at += len;
    }
    string->text = (mdm_text){decoded, n};
    return MDM_OK;
}

mdm_status mdm_json_string_take(mdm_parser *parser, mdm_json_string *string)
{
    mdm_status status = mdm_json_take(parser, '"');
    *string = (mdm_json_string){{NULL, 0}, parser->at, false};
    if (status == MDM_OK) {
        status = scan_string(parser, string);
    }
    if (status == MDM_OK && string->is_escaped) {
        status = decode(parser, string);
    }
    return status;
}

void mdm_json_locate(mdm_parser *parser, const mdm_json_string *string)
{
    const size_t offset = (size_t)(parser->fault - string->text.at);
    const char *at = string->begin;
    char sink[4];
    if (!string->is_escaped) {
        return;
    }
    for (size_t n = 0; n < offset;) {
        uint32_t point = 0;
        if (*at != '\\') {
            at++;
            n++;
            continue;
        }
        at += escape_len(at, parser->end, &point);
        n += put_utf8(sink, point);
    }
    parser->fault = at;
}
