/*
 * Pages of codes: made, grown, and laid out anew when a column needs wider codes.
 */
#include "mdm_columns.h"

#define FIRST_PAGE ((size_t)64)
/* Pages of a large table come in blocks, which grow with it, so that the system can keep them in
   large pages of its own: a look at another of the small ones costs as much as three at memory. */
#define LEAST_TOGETHER ((size_t)16)
#define MOST_TOGETHER ((size_t)256)
/* Where a page begins: vectors then lie in one line each. */
#define ALIGNMENT ((size_t)64)

bool mdm_columns_new(const mdm_allocator *memory, mdm_columns *columns, size_t n_columns)
{
    *columns = (mdm_columns){.page_len = FIRST_PAGE, .n_columns = n_columns};
    columns->at = mdm_resize(memory, NULL, 0, n_columns, sizeof *columns->at);
    if (columns->at == NULL) {
        columns->n_columns = 0;
        return false;
    }
    memset(columns->at, 0, n_columns * sizeof *columns->at);
    return true;
}

/* ---- Pages ---- */

/* Of the block that a page is in. */
static size_t pages_together(size_t page)
{
    size_t n = 1;
    while (n < MOST_TOGETHER && 2 * n <= page) {
        n *= 2;
    }
    return n < LEAST_TOGETHER ? 1 : n;
}

/* How far a page lies behind the begin of its block stands right before it. */
static uint8_t *new_block(const mdm_allocator *memory, size_t n_pages, size_t page_bytes)
{
    uint8_t *block = NULL;
    size_t shift = 0;
    if (page_bytes > (SIZE_MAX / 2 - ALIGNMENT) / n_pages) {
        return NULL;
    }
    block = mdm_resize(memory, NULL, 0, n_pages * page_bytes + ALIGNMENT, 1);
    if (block == NULL) {
        return NULL;
    }
    shift = ALIGNMENT - (size_t)((uintptr_t)block % ALIGNMENT);
    block[shift - 1] = (uint8_t)shift;
    return block + shift;
}

static void free_block(const mdm_allocator *memory, uint8_t *first_page, size_t n_pages,
                       size_t page_bytes)
{
    mdm_resize(memory, first_page - first_page[-1], n_pages * page_bytes + ALIGNMENT, 0, 1);
}

/* One more, of codes 0; there is room for the pointer. */
static bool add_page(const mdm_allocator *memory, mdm_columns *columns)
{
    const size_t page = columns->n_pages;
    const size_t n_together = pages_together(page);
    uint8_t *made = NULL;
    if (page % n_together == 0) {
        made = new_block(memory, n_together, columns->page_bytes);
    } else {
        made = columns->pages[page - 1] + columns->page_bytes;
    }
    if (made == NULL) {
        return false;
    }
    memset(made, 0, columns->page_bytes);
    columns->pages[page] = made;
    columns->n_pages++;
    return true;
}

static void free_pages(const mdm_allocator *memory, mdm_columns *columns)
{
    for (size_t i = 0; i < columns->n_pages; i += pages_together(i)) {
        free_block(memory, columns->pages[i], pages_together(i), columns->page_bytes);
    }
    if (columns->pages != NULL) {
        mdm_resize(memory, columns->pages, columns->capacity, 0, sizeof *columns->pages);
    }
}

void mdm_columns_free(const mdm_allocator *memory, mdm_columns *columns)
{
    free_pages(memory, columns);
    if (columns->at != NULL) {
        mdm_resize(memory, columns->at, columns->n_columns, 0, sizeof *columns->at);
    }
    *columns = (mdm_columns){.page_len = FIRST_PAGE};
}

size_t mdm_columns_bytes(const mdm_columns *columns)
{
    return columns->n_pages * columns->page_bytes + columns->capacity * sizeof *columns->pages +
           columns->n_columns * sizeof *columns->at;
}

/* ---- Laying out ---- */

static uint32_t n_bytes_of(uint32_t code)
{
    return code == 0 ? 0 : code < 0x100 ? 1 : code < 0x10000 ? 2 : 4;
}

/* A page of `len` classes: where each column begins. The widest come first, so that all are
   aligned. */
static size_t lay_out(mdm_column *at, size_t n_columns, size_t len)
{
    size_t bytes = 0;
    for (uint32_t width = 4; width > 0; width /= 2) {
        for (size_t i = 0; i < n_columns; i++) {
            if (at[i].n_bytes == width) {
                at[i].begin = bytes;
                bytes += width * len;
            }
        }
    }
    return bytes;
}

static void copy_column(const mdm_columns *from, const mdm_columns *to, size_t column)
{
    const size_t n = from->page_len < to->page_len ? from->page_len : to->page_len;
    const uint32_t n_bytes = from->at[column].n_bytes;
    if (n_bytes == to->at[column].n_bytes) {
        for (size_t p = 0; p < from->n_pages && n_bytes > 0; p++) {
            memcpy(to->pages[p] + to->at[column].begin, mdm_column_page(from, column, p),
                   n * n_bytes);
        }
        return;
    }
    for (size_t class = 0; class < from->n_pages * n && n_bytes > 0; class++) {
        mdm_code_set(to, column, class, mdm_code(from, column, class));
    }
}

/* The same codes in other pages: `laid` says how they look. Takes the place of the old ones. */
static bool move(const mdm_allocator *memory, mdm_columns *columns, const mdm_columns *laid)
{
    mdm_columns made = *laid;
    made.page_bytes = lay_out(made.at, made.n_columns, made.page_len);
    made.capacity = columns->n_pages == 0 ? 1 : columns->n_pages;
    made.pages = mdm_resize(memory, NULL, 0, made.capacity, sizeof *made.pages);
    if (made.pages == NULL) {
        return false;
    }
    while (made.n_pages < columns->n_pages) {
        if (!add_page(memory, &made)) {
            free_pages(memory, &made);
            return false;
        }
    }
    for (size_t i = 0; i < made.n_columns; i++) {
        copy_column(columns, &made, i);
    }
    mdm_columns_free(memory, columns);
    *columns = made;
    return true;
}

static mdm_column *copy_layout(const mdm_allocator *memory, const mdm_columns *columns)
{
    mdm_column *at = mdm_resize(memory, NULL, 0, columns->n_columns, sizeof *at);
    if (at != NULL) {
        memcpy(at, columns->at, columns->n_columns * sizeof *at);
    }
    return at;
}

static bool relay(const mdm_allocator *memory, mdm_columns *columns, size_t page_len,
                  size_t column, uint32_t n_bytes)
{
    mdm_columns laid = {.page_len = page_len, .n_columns = columns->n_columns};
    laid.at = copy_layout(memory, columns);
    if (laid.at == NULL) {
        return false;
    }
    laid.at[column].n_bytes = n_bytes;
    if (!move(memory, columns, &laid)) {
        mdm_resize(memory, laid.at, laid.n_columns, 0, sizeof *laid.at);
        return false;
    }
    return true;
}

bool mdm_columns_widen(const mdm_allocator *memory, mdm_columns *columns, size_t column,
                       uint32_t code)
{
    return mdm_column_holds(columns, column, code) ||
           relay(memory, columns, columns->page_len, column, n_bytes_of(code));
}

bool mdm_columns_reserve(const mdm_allocator *memory, mdm_columns *columns, size_t n)
{
    size_t page_len = columns->page_len;
    while (page_len < n && page_len < MDM_PAGE) {
        page_len *= 4;
    }
    if (page_len != columns->page_len &&
        !relay(memory, columns, page_len, 0, columns->at[0].n_bytes)) {
        return false;
    }
    while (columns->n_pages * columns->page_len < n) {
        if (!mdm_reserve(memory, &columns->pages, &columns->capacity, columns->n_pages, 1,
                         sizeof *columns->pages)) {
            return false;
        }
        if (columns->n_pages == 0) {
            columns->page_bytes = lay_out(columns->at, columns->n_columns, columns->page_len);
        }
        if (!add_page(memory, columns)) {
            return false;
        }
    }
    return true;
}

/* ---- Many codes ---- */

static uint8_t *place_of(const mdm_columns *columns, size_t column, size_t class)
{
    return columns->pages[class >> MDM_PAGE_BITS] + columns->at[column].begin +
           (class & (MDM_PAGE - 1)) * columns->at[column].n_bytes;
}

void mdm_codes_read(const mdm_columns *columns, size_t column, size_t class, size_t n,
                    uint32_t *codes)
{
    const uint8_t *at = place_of(columns, column, class);
    switch (columns->at[column].n_bytes) {
    case 0:
        memset(codes, 0, n * sizeof *codes);
        break;
    case 1:
        for (size_t i = 0; i < n; i++) {
            codes[i] = at[i];
        }
        break;
    case 2:
        for (size_t i = 0; i < n; i++) {
            uint16_t code = 0;
            memcpy(&code, at + i * sizeof code, sizeof code);
            codes[i] = code;
        }
        break;
    default:
        memcpy(codes, at, n * sizeof *codes);
        break;
    }
}

void mdm_codes_write(const mdm_columns *columns, size_t column, size_t class, size_t n,
                     const uint32_t *codes)
{
    uint8_t *at = place_of(columns, column, class);
    switch (columns->at[column].n_bytes) {
    case 0:
        break;
    case 1:
        for (size_t i = 0; i < n; i++) {
            at[i] = (uint8_t)codes[i];
        }
        break;
    case 2:
        for (size_t i = 0; i < n; i++) {
            const uint16_t code = (uint16_t)codes[i];
            memcpy(at + i * sizeof code, &code, sizeof code);
        }
        break;
    default:
        memcpy(at, codes, n * sizeof *codes);
        break;
    }
}

void mdm_codes_clear(const mdm_columns *columns, size_t first, size_t end)
{
    while (first < end) {
        const size_t room = MDM_PAGE - (first & (MDM_PAGE - 1));
        const size_t n = end - first < room ? end - first : room;
        for (size_t i = 0; i < columns->n_columns; i++) {
            memset(place_of(columns, i, first), 0, n * columns->at[i].n_bytes);
        }
        first += n;
    }
}
