/*
 * Texts to values. Each parser is the twin of a class in simulator/values.py.
 */
#include "mdm_value.h"

#include <string.h>

#include "mdm_plain.h"

static mdm_status bad(const char *at, const char **fault)
{
    *fault = at;
    return MDM_BAD_TEXT;
}

/* Decimal digits without a leading zero, up to `most`. Returns how many bytes it took; 0: none,
   or too large a number. */
static size_t parse_digits(const char *at, size_t len, uint64_t most, uint64_t *number)
{
    size_t n = 0;
    *number = 0;
    //@ dynamic_split n;
    for (; n < len && mdm_is_digit(at[n]); n++) {
        const uint64_t digit = (uint64_t)(at[n] - '0');
        if (n == 1 && at[0] == '0') {
            return 0;
        }
        if (*number > (most - digit) / 10) {
            return 0;
        }
        *number = *number * 10 + digit;
    }
    return n;
}

bool mdm_number_parse(mdm_text text, int64_t *number)
{
    const bool is_negative = text.len > 0 && text.at[0] == '-';
    const size_t sign = is_negative ? 1 : 0;
    uint64_t most = INT64_MAX;
    uint64_t size = 0;
    size_t n = 0;
    if (is_negative) {
        most++;
    }
    if (text.len > sign) {
        n = parse_digits(text.at + sign, text.len - sign, most, &size);
    }
    if (n == 0 || n + sign != text.len || (is_negative && size == 0)) {
        return false;
    }
    /* Negated as bits: -2^63 has no positive twin. */
    *number = (int64_t)(is_negative ? 0 - size : size);
    return true;
}

static mdm_status parse_string(mdm_text text, mdm_value *value, const char **fault)
{
    const char *end = text.at + text.len;
    for (const char *at = text.at + mdm_plain(text.at, end); at < end; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return bad(at, fault);
        }
    }
    value->text = text;
    return MDM_OK;
}

static mdm_status parse_version(mdm_text text, mdm_value *value, const char **fault)
{
    uint32_t parts[3] = {0, 0, 0};
    size_t n_parts = 0;
    size_t i = 0;
    //@ dynamic_split i;
    for (; n_parts < 3; n_parts++) {
        uint64_t part = 0;
        size_t n = 0;
        if (n_parts > 0) {
            if (i == text.len) {
                break;
            }
            if (text.at[i] != '.') {
                return bad(text.at + i, fault);
            }
            i++;
        }
        n = parse_digits(text.at + i, text.len - i, UINT32_MAX, &part);
        if (n == 0) {
            return bad(text.at + i, fault);
        }
        parts[n_parts] = (uint32_t)part;
        i += n;
    }
    if (n_parts < 2 || i != text.len) {
        return bad(text.at + i, fault);
    }
    value->version = (mdm_version){parts[0], parts[1], parts[2]};
    return MDM_OK;
}

static bool parse_hex(const char *at, uint32_t *number)
{
    *number = 0;
    for (size_t i = 0; i < 4; i++) {
        const char c = at[i];
        uint32_t digit = 0;
        if (mdm_is_digit(c)) {
            digit = (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = (uint32_t)(c - 'A') + 10;
        } else {
            return false;
        }
        *number = *number * 16 + digit;
    }
    return true;
}

static mdm_status parse_pci_id(mdm_text text, mdm_value *value, const char **fault)
{
    const bool is_apart = text.len == 9 && (text.at[4] == '-' || text.at[4] == ':');
    mdm_pci_id id = {UINT32_MAX, 0};
    if (text.len != 4 && text.len != 8 && !is_apart) {
        return bad(text.at, fault);
    }
    if (text.len > 4 && !parse_hex(text.at, &id.vendor)) {
        return bad(text.at, fault);
    }
    if (!parse_hex(text.at + text.len - 4, &id.device)) {
        return bad(text.at, fault);
    }
    value->pci_id = id;
    return MDM_OK;
}

static uint64_t common_divisor(uint64_t left, uint64_t right)
{
    while (right != 0) {
        const uint64_t rest = left % right;
        left = right;
        right = rest;
    }
    return left;
}

static mdm_status parse_ratio(mdm_text text, mdm_value *value, const char **fault)
{
    const char *slash = text.len == 0 ? NULL : memchr(text.at, '/', text.len);
    const size_t len = slash == NULL ? text.len : (size_t)(slash - text.at);
    //@ split len;
    uint64_t divisor = 1;
    int64_t numerator = 0;
    uint64_t size = 0;
    uint64_t common = 0;
    if (!mdm_number_parse((mdm_text){text.at, len}, &numerator)) {
        return bad(text.at, fault);
    }
    if (slash != NULL) {
        const char *at = text.at + len + 1;
        const size_t left = text.len - len - 1;
        const size_t n = parse_digits(at, left, INT64_MAX, &divisor);
        if (n == 0 || n != left || divisor == 0) {
            return bad(at, fault);
        }
    }
    size = numerator < 0 ? 0 - (uint64_t)numerator : (uint64_t)numerator;
    common = common_divisor(divisor, size);
    size /= common;
    value->ratio = (mdm_ratio){(int64_t)(numerator < 0 ? 0 - size : size),
                               (int64_t)(divisor / common)};
    return MDM_OK;
}

/* ---- Sets ---- */

typedef struct member {
    uint16_t begin; /* a set is at most 4096 bytes, so 16 bits hold every place in it */
    uint16_t len;
} member;

static bool is_member_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || mdm_is_digit(c) || c == '_' ||
           c == '.' || c == ':' || c == '-';
}

static int order_members(const void *left, const void *right, const void *text)
{
    const member *a = left;
    const member *b = right;
    const char *at = text;
    const uint16_t shorter = a->len < b->len ? a->len : b->len;
    const int order = memcmp(at + a->begin, at + b->begin, shorter);
    return order != 0 ? order : (int)a->len - (int)b->len;
}

static size_t separator_of(mdm_text text, char *separator)
{
    *separator = '+';
    if (memchr(text.at, '+', text.len) != NULL) {
        return 1;
    }
    *separator = ',';
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] == ',' && text.at[i + 1] == ' ') {
            return 2;
        }
    }
    return 1;
}

/* Returns the number of members; 0 where the text is no set, with *fault where. */
static size_t split_members(mdm_text text, member *members, const char **fault)
{
    char separator = 0;
    const size_t separator_len = separator_of(text, &separator);
    size_t n = 0;
    size_t begin = 0;
    for (;;) {
        size_t end = begin;
        while (end < text.len && is_member_byte(text.at[end])) {
            end++;
        }
        if (end == begin) {
            *fault = text.at + begin;
            return 0;
        }
        members[n++] = (member){(uint16_t)begin, (uint16_t)(end - begin)};
        if (end == text.len) {
            return n;
        }
        if (text.at[end] != separator || text.len - end < separator_len ||
            (separator_len == 2 && text.at[end + 1] != ' ')) {
            *fault = text.at + end;
            return 0;
        }
        begin = end + separator_len;
    }
}

static int order_numbers(const void *left, const void *right, const void *context)
{
    const uint32_t a = *(const uint32_t *)left;
    const uint32_t b = *(const uint32_t *)right;
    (void)context;
    return (a > b) - (a < b);
}

static mdm_status number_members(const mdm_keeper *keeper, mdm_text text, const member *members,
                                 size_t n, mdm_set *set)
{
    uint32_t *numbers = mdm_take(keeper->arena, n, sizeof *numbers);
    mdm_set made = {numbers, 0, 0, 0};
    if (numbers == NULL) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        const mdm_text name = {text.at + members[i].begin, members[i].len};
        const uint64_t hash = mdm_hash(name.at, name.len);
        uint32_t number = mdm_texts_find(keeper->members, name, hash);
        if (number == MDM_NONE && keeper->grown == NULL) {
            made.n_unknown++;
            continue;
        }
        if (number == MDM_NONE) {
            const mdm_status status =
                mdm_texts_add(keeper->grown, keeper->arena, name, hash, &number);
            if (status != MDM_OK) {
                return status;
            }
        }
        numbers[made.n++] = number;
        made.mask |= (uint64_t)1 << (number & 63);
    }
    mdm_sort(numbers, made.n, sizeof *numbers, order_numbers, NULL);
    *set = made;
    return MDM_OK;
}

static mdm_status parse_set(const mdm_keeper *keeper, mdm_text text, mdm_value *value,
                            const char **fault)
{
    member members[MDM_MAX_VALUE / 2 + 1];
    size_t n = 0;
    value->set = (mdm_set){NULL, 0, 0, 0};
    if (text.len == 0) {
        return MDM_OK;
    }
    n = split_members(text, members, fault);
    if (n == 0) {
        return MDM_BAD_TEXT;
    }
    mdm_sort(members, n, sizeof *members, order_members, text.at);
    for (size_t i = 1; i < n; i++) {
        if (order_members(&members[i - 1], &members[i], text.at) == 0) {
            const uint16_t a = members[i - 1].begin;
            const uint16_t b = members[i].begin;
            return bad(text.at + (a > b ? a : b), fault);
        }
    }
    return number_members(keeper, text, members, n, &value->set);
}

mdm_status mdm_value_parse(const mdm_keeper *keeper, mdm_kind kind, mdm_text text,
                           mdm_value *value, const char **fault)
{
    *value = (mdm_value){.set = {NULL, 0, 0, 0}};
    switch (kind) {
    case MDM_INT:
        return mdm_number_parse(text, &value->number) ? MDM_OK : bad(text.at, fault);
    case MDM_VERSION:
        return parse_version(text, value, fault);
    case MDM_PCI_ID:
        return parse_pci_id(text, value, fault);
    case MDM_RATIO:
        return parse_ratio(text, value, fault);
    case MDM_STRING:
        return text.len > MDM_MAX_VALUE ? bad(text.at, fault) : parse_string(text, value, fault);
    case MDM_SET:
        break;
    }
    return text.len > MDM_MAX_VALUE ? bad(text.at, fault) : parse_set(keeper, text, value, fault);
}
