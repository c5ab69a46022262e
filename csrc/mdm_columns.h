/*
 * Codes by class, in pages. A page holds the codes of some thousand classes, column by column,
 * each column as wide as its largest code needs, so that what a question reads of a class lies
 * near. A table that fits one page has a page of its size.
 */
#ifndef MDM_COLUMNS_H
#define MDM_COLUMNS_H

#include <string.h>

#include "mdm_memory.h"

#define MDM_PAGE_BITS 12
#define MDM_PAGE ((size_t)1 << MDM_PAGE_BITS)
#define MDM_PAGE_WORDS (MDM_PAGE / 64)

typedef struct mdm_column {
    size_t begin;   /* in a page, in bytes */
    uint32_t n_bytes; /* a code: 0 (every code is 0), 1, 2 or 4 */
} mdm_column;

typedef struct mdm_columns {
    uint8_t **pages;
    size_t n_pages;
    size_t capacity; /* of pages */
    size_t page_len; /* classes a page; below MDM_PAGE there is one page at most */
    size_t page_bytes;
    size_t n_columns;
    mdm_column *at;
} mdm_columns;

bool mdm_columns_new(const mdm_allocator *memory, mdm_columns *columns, size_t n_columns);
void mdm_columns_free(const mdm_allocator *memory, mdm_columns *columns);
/* Room for n classes; what is new has the code 0. */
bool mdm_columns_reserve(const mdm_allocator *memory, mdm_columns *columns, size_t n);
/* Room for a code in a column. */
bool mdm_columns_widen(const mdm_allocator *memory, mdm_columns *columns, size_t column,
                       uint32_t code);
size_t mdm_columns_bytes(const mdm_columns *columns);

static inline const uint8_t *mdm_column_page(const mdm_columns *columns, size_t column,
                                             size_t page)
{
    return columns->pages[page] + columns->at[column].begin;
}

static inline uint32_t mdm_code(const mdm_columns *columns, size_t column, size_t class)
{
    const uint8_t *page = mdm_column_page(columns, column, class >> MDM_PAGE_BITS);
    const size_t place = class & (MDM_PAGE - 1);
    uint16_t narrow = 0;
    uint32_t wide = 0;
    switch (columns->at[column].n_bytes) {
    case 0:
        return 0;
    case 1:
        return page[place];
    case 2:
        memcpy(&narrow, page + 2 * place, sizeof narrow);
        return narrow;
    default:
        memcpy(&wide, page + 4 * place, sizeof wide);
        return wide;
    }
}

/* The column is wide enough, and the class has room. */
static inline void mdm_code_set(const mdm_columns *columns, size_t column, size_t class,
                                uint32_t code)
{
    uint8_t *page = columns->pages[class >> MDM_PAGE_BITS] + columns->at[column].begin;
    const size_t place = class & (MDM_PAGE - 1);
    const uint16_t narrow = (uint16_t)code;
    switch (columns->at[column].n_bytes) {
    case 0:
        break;
    case 1:
        page[place] = (uint8_t)code;
        break;
    case 2:
        memcpy(page + 2 * place, &narrow, sizeof narrow);
        break;
    default:
        memcpy(page + 4 * place, &code, sizeof code);
        break;
    }
}

/* The codes of n classes from `class` on, which are in one page, out of a column and into it. */
void mdm_codes_read(const mdm_columns *columns, size_t column, size_t class, size_t n,
                    uint32_t *codes);
void mdm_codes_write(const mdm_columns *columns, size_t column, size_t class, size_t n,
                     const uint32_t *codes);
/* Classes from `first` to before `end` get the code 0 in all columns. */
void mdm_codes_clear(const mdm_columns *columns, size_t first, size_t end);

static inline bool mdm_column_holds(const mdm_columns *columns, size_t column, uint32_t code)
{
    const uint32_t n_bytes = columns->at[column].n_bytes;
    return n_bytes == 4 || code >> 8 * n_bytes == 0;
}

#endif
