/*
 * Columns to codes, a block of rows at a time. A value of a dictionary is interned when the first
 * row has it, so that what no row has is neither kept nor judged; then its index is looked up.
 */
#include <string.h>

#include "mdm_arrow.h"

static mdm_status complain(mdm_complaint *complaint, const char *what, size_t row)
{
    complaint->what = what;
    complaint->row = row;
    return MDM_BAD_DATA;
}

/* ---- One value ---- */

bool mdm_coder_suits(const mdm_coder *coder, const mdm_fleet *fleet, const mdm_source *source)
{
    const size_t n = fleet->scheme.n_attributes;
    const mdm_kind kind = coder->attribute == n ? MDM_STRING
                                                : fleet->scheme.attributes[coder->attribute].kind;
    switch (source->is_coded ? source->values.form : source->own.form) {
    case MDM_FORM_INT:
        return kind == MDM_INT || kind == MDM_RATIO;
    case MDM_FORM_LIST:
    case MDM_FORM_LARGE_LIST:
        return kind == MDM_SET;
    default:
        return true;
    }
}

static mdm_status intern(mdm_coder *coder, mdm_parser *parser, const mdm_view *view, size_t i,
                         size_t row, uint32_t *code, mdm_complaint *complaint)
{
    char buffer[MDM_ARROW_TEXT];
    mdm_text text = {NULL, 0};
    const char *wrong = NULL;
    mdm_status status = MDM_OK;
    *code = 0;
    if (view->form == MDM_FORM_NONE || !mdm_view_has(view, i)) {
        return MDM_OK;
    }
    wrong = mdm_source_text(&coder->source, view, i, buffer, &text);
    if (wrong != NULL) {
        return complain(complaint, wrong, row);
    }
    mdm_arena_reset(parser->scratch);
    status = coder->attribute == parser->fleet->scheme.n_attributes
                 ? mdm_list_intern_raw(parser, text, code)
                 : mdm_value_intern_raw(parser, coder->attribute, text, code);
    return status == MDM_BAD_TEXT ? complain(complaint, "no value of the attribute", row) : status;
}

/* ---- Dictionaries ---- */

/* Codes by index. The answer is all of them by OR, MDM_UNSEEN where one was not there or was not
   seen before: the highest bit, which no code has, tells. A table for bytes has all of them. */
#define LOOK_UP(name, type)                                                          \
    static uint32_t name(const void *numbers, size_t first, size_t n, const uint32_t *table, \
                         size_t n_table, uint32_t *codes)                            \
    {                                                                                \
        const type *at = (const type *)numbers + first;                              \
        uint32_t all = 0;                                                            \
        bool is_beyond = false;                                                      \
        for (size_t i = 0; i < n && sizeof(type) > 1; i++) {                         \
            is_beyond |= at[i] >= n_table;                                           \
        }                                                                            \
        for (size_t i = 0; i < n && !is_beyond; i++) {                               \
            codes[i] = table[at[i]];                                                 \
            all |= codes[i];                                                         \
        }                                                                            \
        return is_beyond || all >> 31 != 0 ? MDM_UNSEEN : all;                       \
    }

LOOK_UP(look_up_8, uint8_t)
LOOK_UP(look_up_16, uint16_t)
LOOK_UP(look_up_32, uint32_t)
LOOK_UP(look_up_64, uint64_t)

/* A negative index is one out of range, once its sign is a bit like others. Those of nulls are
   looked up too, as far as they are indexes. */
static uint32_t look_up(const mdm_coder *coder, size_t first, size_t n, uint32_t *codes)
{
    const mdm_view *own = &coder->source.own;
    const size_t at = own->first + first;
    if ((uintptr_t)own->numbers % own->width != 0 || n == 0) {
        return MDM_UNSEEN;
    }
    switch (own->width) {
    case 1:
        return look_up_8(own->numbers, at, n, coder->table.at, coder->source.values.n, codes);
    case 2:
        return look_up_16(own->numbers, at, n, coder->table.at, coder->source.values.n, codes);
    case 4:
        return look_up_32(own->numbers, at, n, coder->table.at, coder->source.values.n, codes);
    default:
        return look_up_64(own->numbers, at, n, coder->table.at, coder->source.values.n, codes);
    }
}

static mdm_status code_indexes(mdm_coder *coder, mdm_parser *parser, size_t first, size_t n,
                               uint32_t *codes, uint32_t *all, mdm_complaint *complaint)
{
    const mdm_source *source = &coder->source;
    *all = look_up(coder, first, n, codes);
    if (*all != MDM_UNSEEN) {
        for (size_t i = 0; i < n && source->own.validity != NULL; i++) {
            codes[i] &= mdm_view_has(&source->own, first + i) ? UINT32_MAX : 0;
        }
        return MDM_OK;
    }
    *all = 0;
    for (size_t i = 0; i < n; i++) {
        size_t index = 0;
        codes[i] = 0;
        if (!mdm_view_has(&source->own, first + i)) {
            continue;
        }
        index = mdm_source_index(source, first + i);
        if (index == source->values.n) {
            return complain(complaint, "an index beyond its dictionary", first + i);
        }
        if (coder->table.at[index] == MDM_UNSEEN) {
            uint32_t code = 0;
            const mdm_status status =
                intern(coder, parser, &source->values, index, first + i, &code, complaint);
            if (status != MDM_OK) {
                return status;
            }
            coder->table.at[index] = code;
        }
        codes[i] = coder->table.at[index];
        *all |= codes[i];
    }
    return MDM_OK;
}

/* ---- Their indexes as they are ---- */

#define PACK(name, type)                                                                   \
    static uint64_t name(const mdm_view *own, size_t first, size_t n, unsigned shift,      \
                         uint32_t *parts)                                                  \
    {                                                                                      \
        const char *at = (const char *)own->numbers + (own->first + first) * sizeof(type); \
        type all = 0;                                                                      \
        for (size_t i = 0; i < n && own->validity == NULL; i++) {                          \
            type index = 0;                                                                \
            memcpy(&index, at + i * sizeof index, sizeof index);                           \
            parts[i] |= ((uint32_t)index + 1) << shift;                                    \
            all |= index;                                                                  \
        }                                                                                  \
        for (size_t i = 0; i < n && own->validity != NULL; i++) {                          \
            const bool is_there = mdm_view_has(own, first + i);                            \
            type index = 0;                                                                \
            memcpy(&index, at + i * sizeof index, sizeof index);                           \
            parts[i] |= is_there ? ((uint32_t)index + 1) << shift : 0;                     \
            all |= is_there ? index : 0;                                                   \
        }                                                                                  \
        return all;                                                                        \
    }

PACK(pack_8, uint8_t)
PACK(pack_16, uint16_t)
PACK(pack_32, uint32_t)
PACK(pack_64, uint64_t)

uint32_t mdm_coder_pack(const mdm_coder *coder, size_t first, size_t n, unsigned shift,
                        uint32_t *parts)
{
    const mdm_view *own = &coder->source.own;
    uint64_t all = 0;
    switch (own->width) {
    case 1:
        all = pack_8(own, first, n, shift, parts);
        break;
    case 2:
        all = pack_16(own, first, n, shift, parts);
        break;
    case 4:
        all = pack_32(own, first, n, shift, parts);
        break;
    default:
        all = pack_64(own, first, n, shift, parts);
        break;
    }
    return all >= INT32_MAX ? MDM_UNSEEN : (uint32_t)all + 1;
}

/* ---- Other columns ---- */

static mdm_status code_ints(mdm_coder *coder, mdm_parser *parser, size_t first, size_t n,
                            uint32_t *codes, uint32_t *all, mdm_complaint *complaint)
{
    const mdm_view *own = &coder->source.own;
    for (size_t i = 0; i < n; i++) {
        bool is_huge = false;
        int64_t number = 0;
        mdm_memo_entry *entry = NULL;
        mdm_status status = MDM_OK;
        codes[i] = 0;
        if (!mdm_view_has(own, first + i)) {
            continue;
        }
        number = mdm_view_int(own, first + i, &is_huge);
        entry = &coder->memo[(uint64_t)number % MDM_MEMO];
        if (entry->code == 0 || entry->number != number || is_huge) {
            status = intern(coder, parser, own, first + i, first + i, &codes[i], complaint);
            *entry = (mdm_memo_entry){number, codes[i]};
        }
        if (status != MDM_OK) {
            return status;
        }
        codes[i] = entry->code;
        *all |= codes[i];
    }
    return MDM_OK;
}

static mdm_status code_texts(mdm_coder *coder, mdm_parser *parser, size_t first, size_t n,
                             uint32_t *codes, uint32_t *all, mdm_complaint *complaint)
{
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < n && status == MDM_OK; i++) {
        status = intern(coder, parser, &coder->source.own, first + i, first + i, &codes[i],
                        complaint);
        *all |= codes[i];
    }
    return status;
}

mdm_status mdm_coder_block(mdm_coder *coder, mdm_parser *parser, size_t first, size_t n,
                           uint32_t *codes, uint32_t *all, mdm_complaint *complaint)
{
    *all = 0;
    if (coder->source.is_coded) {
        return code_indexes(coder, parser, first, n, codes, all, complaint);
    }
    switch (coder->source.own.form) {
    case MDM_FORM_NONE:
        memset(codes, 0, n * sizeof *codes);
        return MDM_OK;
    case MDM_FORM_INT:
        return code_ints(coder, parser, first, n, codes, all, complaint);
    default:
        return code_texts(coder, parser, first, n, codes, all, complaint);
    }
}
