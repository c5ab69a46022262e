/*
 * Rows of codes to classes. The codes of a row are packed into a key, column by column, and
 * that key is looked up; only keys that were never seen are interned. A flat table takes the
 * codes as they are.
 */
#include <string.h>

#include "mdm_arrow.h"

/* After so many rows the keys must have paid off. */
#define TRIAL ((size_t)16384)
#define LEAST_HIT_SHARE 16
#define MOST_KEYS ((size_t)1 << 20)

void mdm_keys_free(mdm_keys *keys, const mdm_allocator *memory)
{
    if (keys->at != NULL) {
        mdm_resize(memory, keys->at, keys->n_slots, 0, sizeof *keys->at);
    }
    if (keys->classes != NULL) {
        mdm_resize(memory, keys->classes, keys->n_slots, 0, sizeof *keys->classes);
    }
    keys->at = NULL;
    keys->classes = NULL;
    keys->n_slots = keys->n = 0;
}

/* ---- Packing ---- */

static uint8_t bits_of(uint32_t code)
{
    uint8_t bits = 0;
    while (bits < 32 && code >> bits != 0) {
        bits++;
    }
    return bits;
}

/* Makes room for the codes of a block; keys that were packed otherwise are forgotten. */
static bool fit(mdm_keys *keys, const mdm_allocator *memory, const uint32_t *all, size_t n_columns)
{
    bool is_wider = false;
    size_t shift = 0;
    size_t word = 0;
    for (size_t c = 0; c < n_columns; c++) {
        const uint8_t bits = bits_of(all[c]);
        if (bits > keys->bits[c]) {
            keys->bits[c] = bits;
            is_wider = true;
        }
    }
    if (!is_wider) {
        return true;
    }
    mdm_keys_free(keys, memory);
    for (size_t c = 0; c < n_columns; c++) {
        if (shift + keys->bits[c] > 64) {
            shift = 0;
            word++;
        }
        if (word == MDM_KEY_WORDS) {
            return false;
        }
        keys->word[c] = (uint8_t)word;
        /* A column of no bits is not shifted beyond the word. */
        keys->shift[c] = keys->bits[c] == 0 ? 0 : (uint8_t)shift;
        shift += keys->bits[c];
    }
    return true;
}

static void pack(const mdm_keys *keys, const uint32_t *codes, size_t n, size_t n_columns,
                 uint64_t packed[MDM_KEY_WORDS][MDM_BLOCK])
{
    memset(packed, 0, MDM_KEY_WORDS * sizeof *packed);
    for (size_t c = 0; c < n_columns; c++) {
        const uint32_t *column = codes + c * MDM_BLOCK;
        uint64_t *words = packed[keys->word[c]];
        const unsigned shift = keys->shift[c];
        for (size_t i = 0; i < n && keys->bits[c] > 0; i++) {
            words[i] |= (uint64_t)column[i] << shift;
        }
    }
}

/* ---- Looking up ---- */

static size_t slot_of(const mdm_keys *keys, mdm_key key)
{
    uint64_t mixed = (key.words[0] ^ key.words[1] >> 32 ^ key.words[1] << 32) * 0x9e3779b97f4a7c15U;
    mixed ^= mixed >> 32;
    return (size_t)(mixed * 0xd6e8feb86659fd93U >> 32) & (keys->n_slots - 1);
}

static bool is_same(mdm_key one, mdm_key other)
{
    return ((one.words[0] ^ other.words[0]) | (one.words[1] ^ other.words[1])) == 0;
}

static size_t find(const mdm_keys *keys, mdm_key key)
{
    size_t slot = slot_of(keys, key);
    while (keys->classes[slot] != 0 && !is_same(keys->at[slot], key)) {
        slot = (slot + 1) & (keys->n_slots - 1);
    }
    return slot;
}

static bool widen(mdm_keys *keys, const mdm_allocator *memory)
{
    const mdm_keys old = *keys;
    const size_t n_slots = old.n_slots == 0 ? 1024 : old.n_slots * 2;
    if (old.n < old.n_slots / 2) {
        return true;
    }
    keys->n_slots = n_slots;
    keys->at = mdm_resize(memory, NULL, 0, n_slots, sizeof *keys->at);
    keys->classes = mdm_resize(memory, NULL, 0, n_slots, sizeof *keys->classes);
    if (keys->at == NULL || keys->classes == NULL) {
        mdm_keys_free(keys, memory);
        *keys = old;
        return false;
    }
    memset(keys->classes, 0, n_slots * sizeof *keys->classes);
    for (size_t i = 0; i < old.n_slots; i++) {
        if (old.classes[i] != 0) {
            const size_t slot = find(keys, old.at[i]);
            keys->at[slot] = old.at[i];
            keys->classes[slot] = old.classes[i];
        }
    }
    mdm_resize(memory, old.at, old.n_slots, 0, sizeof *old.at);
    mdm_resize(memory, old.classes, old.n_slots, 0, sizeof *old.classes);
    return true;
}

static mdm_status intern_row(mdm_fleet *fleet, const uint32_t *codes, size_t i, uint32_t *class)
{
    uint32_t row[MDM_MAX_ATTRIBUTES + 1];
    const size_t n_columns = fleet->classes.columns.n_columns;
    for (size_t c = 0; c < n_columns; c++) {
        row[c] = codes[c * MDM_BLOCK + i];
    }
    return mdm_class_intern(fleet, row, class);
}

static mdm_status intern_by_keys(mdm_fleet *fleet, mdm_keys *keys, const uint32_t *codes, size_t n,
                                 uint32_t *classes)
{
    uint64_t packed[MDM_KEY_WORDS][MDM_BLOCK];
    pack(keys, codes, n, fleet->classes.columns.n_columns, packed);
    for (size_t i = 0; i < n; i++) {
        const mdm_key key = {{packed[0][i], packed[1][i]}};
        size_t slot = 0;
        mdm_status status = MDM_OK;
        if (!widen(keys, &fleet->memory)) {
            return MDM_NO_MEMORY;
        }
        slot = find(keys, key);
        classes[i] = keys->classes[slot];
        if (classes[i] != 0) {
            keys->n_hits++;
            continue;
        }
        status = intern_row(fleet, codes, i, &classes[i]);
        if (status != MDM_OK) {
            return status;
        }
        keys->at[slot] = key;
        keys->classes[slot] = classes[i];
        keys->n++;
    }
    keys->n_rows += n;
    return MDM_OK;
}

/* ---- A flat table ---- */

static void store(mdm_columns *columns, size_t column, size_t class, const uint32_t *codes,
                  size_t n)
{
    const size_t width = columns->at[column].n_bytes;
    uint8_t *at = columns->pages[class >> MDM_PAGE_BITS] + columns->at[column].begin +
                  (class & (MDM_PAGE - 1)) * width;
    uint16_t *halves = (uint16_t *)(void *)at;
    switch (width) {
    case 0:
        break;
    case 1:
        for (size_t i = 0; i < n; i++) {
            at[i] = (uint8_t)codes[i];
        }
        break;
    case 2:
        for (size_t i = 0; i < n; i++) {
            halves[i] = (uint16_t)codes[i];
        }
        break;
    default:
        memcpy(at, codes, n * width);
        break;
    }
}

static mdm_status append(mdm_fleet *fleet, const uint32_t *codes, const uint32_t *all, size_t n,
                         uint32_t *classes)
{
    mdm_class_table *table = &fleet->classes;
    mdm_columns *columns = &table->columns;
    mdm_status status = MDM_OK;
    for (size_t c = 0; c < columns->n_columns; c++) {
        if (!mdm_columns_widen(&fleet->memory, columns, c, all[c])) {
            return MDM_NO_MEMORY;
        }
    }
    status = mdm_classes_reserve(fleet, n);
    if (status != MDM_OK) {
        return status;
    }
    for (size_t i = 0; i < n;) {
        const size_t class = table->n + i;
        const size_t room = MDM_PAGE - (class & (MDM_PAGE - 1));
        const size_t run = n - i < room ? n - i : room;
        for (size_t c = 0; c < columns->n_columns; c++) {
            store(columns, c, class, codes + c * MDM_BLOCK + i, run);
        }
        i += run;
    }
    for (size_t i = 0; i < n; i++) {
        classes[i] = (uint32_t)(table->n + i);
        table->row_of.at[classes[i]] = MDM_NONE;
    }
    for (size_t k = 0; k < table->zones.n_keys; k++) {
        const uint32_t *keys = codes + table->zones.columns[k] * MDM_BLOCK;
        for (size_t i = 0; i < n; i++) {
            mdm_zones_note(&table->zones, classes[i], k, keys[i]);
        }
    }
    table->n_unsorted += n;
    table->n += n;
    return MDM_OK;
}

mdm_status mdm_rows_intern(mdm_fleet *fleet, mdm_keys *keys, const uint32_t *codes,
                           const uint32_t *all, size_t n, uint32_t *classes)
{
    mdm_status status = MDM_OK;
    if (fleet->classes.is_flat) {
        return append(fleet, codes, all, n, classes);
    }
    if (!keys->is_off &&
        (!fit(keys, &fleet->memory, all, fleet->classes.columns.n_columns) ||
         keys->n > MOST_KEYS ||
         (keys->n_rows >= TRIAL && keys->n_hits < keys->n_rows / LEAST_HIT_SHARE))) {
        mdm_keys_free(keys, &fleet->memory);
        keys->is_off = true;
    }
    if (!keys->is_off) {
        return intern_by_keys(fleet, keys, codes, n, classes);
    }
    for (size_t i = 0; i < n && status == MDM_OK; i++) {
        status = intern_row(fleet, codes, i, &classes[i]);
    }
    return status;
}
