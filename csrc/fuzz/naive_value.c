/*
 * Values, naively.
 */
#include "naive.h"

__extension__ typedef __int128 i128;

bool naive_is_utf8(naive_text text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    for (size_t i = 0; i < text.len;) {
        const uint8_t first = (uint8_t)text.at[i++];
        const size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t point = first & (0x7fU >> (more == 0 ? 0 : more + 1));
        if ((first >= 0x80 && first < 0xc0) || first >= 0xf8 || more > text.len - i) {
            return false;
        }
        for (size_t j = 0; j < more; j++, i++) {
            if (((uint8_t)text.at[i] & 0xc0) != 0x80) {
                return false;
            }
            point = point << 6 | ((uint8_t)text.at[i] & 0x3f);
        }
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
            return false;
        }
    }
    return true;
}

bool naive_number(naive_text text, int64_t least, int64_t most, int64_t *number)
{
    const bool is_negative = text.len > 0 && text.at[0] == '-';
    const size_t first = is_negative ? 1 : 0;
    i128 sum = 0;
    if (text.len == first || text.len > first + 19 ||
        (text.at[first] == '0' && (is_negative || text.len > 1))) {
        return false;
    }
    for (size_t i = first; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        sum = sum * 10 + (text.at[i] - '0');
    }
    sum = is_negative ? -sum : sum;
    *number = (int64_t)sum;
    return sum >= least && sum <= most;
}

/* ---- Each kind ---- */

static bool read_string(naive_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((uint8_t)text.at[i] < 0x20 || text.at[i] == 0x7f) {
            return false;
        }
    }
    return text.len <= 4096;
}

static bool read_version(naive_text text, int64_t *parts)
{
    size_t n = 0;
    size_t begin = 0;
    parts[2] = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.at[i] != '.') {
            continue;
        }
        if (n == 3 || !naive_number((naive_text){text.at + begin, i - begin}, 0, UINT32_MAX,
                                    &parts[n])) {
            return false;
        }
        n++;
        begin = i + 1;
    }
    return n >= 2;
}

static bool read_pci_id(naive_text text, int64_t *numbers)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    const bool is_apart = text.len == 9 && (text.at[4] == '-' || text.at[4] == ':');
    int64_t number = 0;
    if (text.len != 4 && text.len != 8 && !is_apart) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = memchr(hex, text.at[i], sizeof hex - 1);
        if (is_apart && i == 4) {
            continue;
        }
        if (digit == NULL) {
            return false;
        }
        number = number * 16 + (digit - hex < 16 ? digit - hex : digit - hex - 6);
    }
    numbers[0] = text.len > 4;
    numbers[1] = number >> 16;
    numbers[2] = number & 0xffff;
    return true;
}

static bool read_ratio(naive_text text, int64_t *numbers)
{
    const char *slash = text.len == 0 ? NULL : memchr(text.at, '/', text.len);
    const size_t len = slash == NULL ? text.len : (size_t)(slash - text.at);
    numbers[1] = 1;
    return naive_number((naive_text){text.at, len}, INT64_MIN, INT64_MAX, &numbers[0]) &&
           (slash == NULL || naive_number((naive_text){slash + 1, text.len - len - 1}, 1,
                                          INT64_MAX, &numbers[1]));
}

/* ---- Sets ---- */

static bool is_member(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_.:-", c) != NULL);
}

/* Cuts a member off the front; false: there is none. */
static bool next_member(naive_text *set, naive_text *member)
{
    size_t n = 0;
    while (set->len > 0 && !is_member(*set->at)) {
        *set = (naive_text){set->at + 1, set->len - 1};
    }
    while (n < set->len && is_member(set->at[n])) {
        n++;
    }
    *member = (naive_text){set->at, n};
    *set = (naive_text){set->at + n, set->len - n};
    return n > 0;
}

bool naive_has_member(naive_text set, naive_text member)
{
    naive_text one;
    while (next_member(&set, &one)) {
        if (naive_same(one, member)) {
            return true;
        }
    }
    return false;
}

bool naive_has_members(naive_text set, naive_text subset)
{
    naive_text one;
    while (next_member(&subset, &one)) {
        if (!naive_has_member(set, one)) {
            return false;
        }
    }
    return true;
}

static bool has_text(naive_text text, const char *wanted)
{
    const size_t len = strlen(wanted);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.at + i, wanted, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_set(naive_text text)
{
    const char *separator = has_text(text, "+") ? "+" : has_text(text, ", ") ? ", " : ",";
    const size_t len = strlen(separator);
    naive_text left = text;
    naive_text member;
    if (text.len > 4096) {
        return false;
    }
    while (left.len > 0) {
        if (!is_member(*left.at)) {
            return false;
        }
        next_member(&left, &member);
        if (naive_has_member(left, member)) {
            return false;
        }
        if (left.len == 0) {
            return true;
        }
        if (left.len <= len || memcmp(left.at, separator, len) != 0) {
            return false;
        }
        left = (naive_text){left.at + len, left.len - len};
    }
    return true;
}

/* ---- Any kind ---- */

bool naive_value_read(mdm_kind kind, naive_text text, naive_value *value)
{
    *value = (naive_value){.text = text};
    switch (kind) {
    case MDM_INT:
        return naive_number(text, INT64_MIN, INT64_MAX, &value->numbers[0]);
    case MDM_STRING:
        return read_string(text);
    case MDM_SET:
        return read_set(text);
    case MDM_VERSION:
        return read_version(text, value->numbers);
    case MDM_PCI_ID:
        return read_pci_id(text, value->numbers);
    default:
        return read_ratio(text, value->numbers);
    }
}

int naive_order(mdm_kind kind, const naive_value *left, const naive_value *right)
{
    const int64_t *a = left->numbers;
    const int64_t *b = right->numbers;
    if (kind == MDM_RATIO) {
        const i128 one = (i128)a[0] * b[1];
        const i128 other = (i128)b[0] * a[1];
        return (one > other) - (one < other);
    }
    for (size_t i = 0; i < 3; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

bool naive_equal(mdm_kind kind, const naive_value *left, const naive_value *right)
{
    if (kind == MDM_STRING) {
        return naive_same(left->text, right->text);
    }
    if (kind == MDM_SET) {
        return naive_has_members(left->text, right->text) &&
               naive_has_members(right->text, left->text);
    }
    return naive_order(kind, left, right) == 0;
}
