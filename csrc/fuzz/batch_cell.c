/*
 * The cells of a record batch, naively.
 */
#include "batch.h"

#include <stdio.h>

static bool is_int(const column *one)
{
    return strchr("cCsSiIlL", *one->schema.format) != NULL;
}

/* At an index of the buffers. */
static uint64_t number_at(const void *numbers, size_t width, bool is_signed, size_t i)
{
    const uint8_t *at = (const uint8_t *)numbers + i * width;
    uint64_t number = is_signed && (at[width - 1] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t byte = width; byte > 0; byte--) {
        number = number << 8 | at[byte - 1];
    }
    return number;
}

static bool has(const column *one, size_t i)
{
    const uint8_t *bits = one->buffers[0];
    return *one->schema.format != 'n' &&
           (one->array.null_count == 0 || bits == NULL || (bits[i / 8] >> i % 8 & 1) != 0);
}

static bool is_sound(const column *one)
{
    return one->array.null_count <= one->array.length &&
           (*one->schema.format == 'n' || one->array.null_count <= 0 || one->buffers[0] != NULL);
}

bool column_is_sound(const batch *of, size_t i, mdm_kind kind)
{
    const column *one = &of->columns[i];
    const bool is_coded = one->schema.dictionary != NULL;
    const bool is_list = *one->schema.format == '+';
    const bool has_numbers = is_int(is_coded ? &of->inner[i] : one);
    return is_sound(one) && (!(is_coded || is_list) || is_sound(&of->inner[i])) &&
           one->array.length >= of->array.offset + of->array.length &&
           (!has_numbers || kind == MDM_INT || kind == MDM_RATIO) && (!is_list || kind == MDM_SET);
}

/* ---- Texts ---- */

/* Where the element i of texts or lists lies; false: nowhere. last: the index behind all. */
static bool stretch(const column *one, size_t i, size_t last, int64_t *from, int64_t *to)
{
    const char *format = one->schema.format;
    const size_t width = strcmp(format, "U") == 0 || strcmp(format, "+L") == 0 ? 8 : 4;
    int64_t end = (int64_t)number_at(one->buffers[1], width, true, last);
    *from = (int64_t)number_at(one->buffers[1], width, true, i);
    *to = (int64_t)number_at(one->buffers[1], width, true, i + 1);
    return *from >= 0 && *to >= *from && *to <= end;
}

static void read_view(const column *one, size_t i, cell *to)
{
    const char *at = (const char *)one->buffers[1] + 16 * i;
    int32_t parts[4];
    int64_t text_len = 0;
    memcpy(parts, at, sizeof parts);
    memcpy(&text_len, one->buffers[3], sizeof text_len);
    to->state = CELL_TEXT;
    to->text = (naive_text){at + 4, (size_t)parts[0]};
    if (parts[0] > 12) {
        to->text.at = (const char *)one->buffers[2] + (parts[3] < 0 ? 0 : parts[3]);
    }
    if (parts[0] < 0 || (parts[0] > 12 && (parts[2] != 0 || parts[3] < 0 ||
                                           (int64_t)parts[3] + parts[0] > text_len))) {
        to->state = CELL_BAD;
    }
}

/* Of an array that is no list and no dictionary. */
static void read_plain(const column *one, size_t i, size_t last, cell *to)
{
    int64_t from = 0;
    int64_t end = 0;
    to->state = CELL_NULL;
    if (!has(one, i)) {
        return;
    }
    if (is_int(one)) {
        const char *format = one->schema.format;
        const size_t width = (size_t)1 << (strchr("cCsSiIlL", *format) - "cCsSiIlL") / 2;
        const bool is_signed = *format >= 'a';
        const uint64_t number = number_at(one->buffers[1], width, is_signed, i);
        const int len = snprintf(to->written, sizeof to->written, is_signed ? "%lld" : "%llu",
                                 (unsigned long long)number);
        to->state = CELL_TEXT;
        to->text = (naive_text){to->written, (size_t)len};
    } else if (*one->schema.format == 'v') {
        read_view(one, i, to);
    } else if (stretch(one, i, last, &from, &end)) {
        to->state = CELL_TEXT;
        to->text = (naive_text){(const char *)one->buffers[2] + from, (size_t)(end - from)};
    } else {
        to->state = CELL_BAD;
    }
}

static void read_list(const column *one, const column *items, size_t i, size_t last, cell *to)
{
    law_paper paper = {to->written, sizeof to->written, 0};
    const size_t offset = (size_t)items->array.offset;
    const size_t n = (size_t)items->array.length;
    int64_t from = 0;
    int64_t end = 0;
    to->state = stretch(one, i, last, &from, &end) && end <= items->array.length ? CELL_TEXT
                                                                                  : CELL_BAD;
    for (int64_t m = from; m < end && to->state == CELL_TEXT; m++) {
        cell member = {.state = CELL_NULL};
        naive_value value;
        read_plain(items, offset + (size_t)m, offset + n, &member);
        if (member.state != CELL_TEXT || member.text.len == 0 ||
            memchr(member.text.at, '+', member.text.len) != NULL ||
            memchr(member.text.at, ',', member.text.len) != NULL ||
            !naive_value_read(MDM_SET, member.text, &value)) {
            to->state = CELL_BAD;
            return;
        }
        law_put_plain(&paper, m == from ? "" : ",");
        law_put(&paper, member.text.at, member.text.len);
    }
    to->text = (naive_text){to->written, paper.n};
}

void column_cell(const batch *of, size_t i, size_t row, cell *to)
{
    const column *one = &of->columns[i];
    const column *inner = &of->inner[i];
    const size_t offset = (size_t)(one->array.offset + of->array.offset);
    const size_t last = offset + (size_t)of->array.length;
    to->state = CELL_NULL;
    if (*one->schema.format != '+' && one->schema.dictionary == NULL) {
        read_plain(one, offset + row, last, to);
    } else if (!has(one, offset + row)) {
        return;
    } else if (*one->schema.format == '+') {
        read_list(one, inner, offset + row, last, to);
    } else {
        cell index;
        int64_t place = 0;
        read_plain(one, offset + row, last, &index);
        to->state = CELL_BAD;
        if (naive_number(index.text, 0, inner->array.length - 1, &place)) {
            read_plain(inner, (size_t)(inner->array.offset + place),
                       (size_t)(inner->array.offset + inner->array.length), to);
        }
    }
}
