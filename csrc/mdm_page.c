/*
 * A page of classes asked: its zones first, which need no code; then each table takes away the classes
 * that it refuses, until few are left, which are looked up one by one.
 */
#include <string.h>

#include "mdm_query.h"

size_t mdm_page_words(const mdm_fleet *fleet, size_t page)
{
    const size_t n_words = (fleet->classes.n + 63) / 64 - page * MDM_PAGE_WORDS;
    return n_words < MDM_PAGE_WORDS ? n_words : MDM_PAGE_WORDS;
}

static bool any_bit(const uint64_t *words, size_t n_words)
{
    uint64_t any = 0;
    for (size_t i = 0; i < n_words; i++) {
        any |= words[i];
    }
    return any != 0;
}

/* The next page is fetched meanwhile: what is asked of this one is most often asked of that too. */
static void keep(const mdm_fleet *fleet, size_t column, const mdm_filter *filter, size_t page,
                 uint64_t *words)
{
    const mdm_columns *columns = &fleet->classes.columns;
    const uint32_t n_bytes = columns->at[column].n_bytes;
    const size_t n_words = mdm_page_words(fleet, page);
    if (n_bytes > 0) {
        mdm_filter with = *filter;
        with.soon = page + 1 < columns->n_pages ? mdm_column_page(columns, column, page + 1) : NULL;
        fleet->kernels->keep[n_bytes / 2](mdm_column_page(columns, column, page), &with, words,
                                          n_words);
    } else if (mdm_filter_bit(filter, 0) == 0) {
        memset(words, 0, n_words * sizeof *words);
    }
}

/* ---- Variables ---- */

bool mdm_class_joins(const mdm_fleet *fleet, const mdm_object *object, size_t class)
{
    const mdm_test test = {&fleet->scheme, true};
    const mdm_value *values[MDM_MAX_ATTRIBUTES];
    for (size_t i = 0; i < object->n_clauses; i++) {
        const uint8_t a = object->clauses[i].attribute;
        const uint32_t code = mdm_code(&fleet->classes.columns, a, class);
        values[a] = code == 0 ? NULL : &fleet->dictionaries[a].at[code - 1];
    }
    return mdm_object_joins(&test, object, values);
}

static void keep_joined(const mdm_fleet *fleet, const mdm_object *joined, size_t page,
                        uint64_t *words)
{
    for (size_t i = 0; i < mdm_page_words(fleet, page); i++) {
        for (uint64_t left = words[i]; left != 0; left &= left - 1) {
            const size_t bit = (size_t)__builtin_ctzll(left);
            if (!mdm_class_joins(fleet, joined, page * MDM_PAGE + i * 64 + bit)) {
                words[i] &= ~((uint64_t)1 << bit);
            }
        }
    }
}

/* ---- Zones ---- */

bool mdm_page_is_in_zones(const mdm_zones *zones, const mdm_tables *tables, size_t page)
{
    for (size_t k = 0; k < zones->n_keys; k++) {
        const size_t table = tables->of_key[k];
        const mdm_zone *zone = mdm_zone_of_page(zones, page, k);
        if (table < tables->n &&
            !mdm_filter_meets(&tables->possible[table], zone->low, zone->high)) {
            return false;
        }
    }
    return true;
}

/* Passes over the blocks whose zones have no code of the set. Only where a block has codes of both
   sorts, each is looked up. */
static void keep_blocks(const mdm_fleet *fleet, size_t key, const mdm_filter *filter, size_t page,
                        uint64_t *words)
{
    const mdm_zones *zones = &fleet->classes.zones;
    const mdm_zone *at = mdm_zones_of_blocks(zones, page, key);
    uint64_t mixed[MDM_PAGE_WORDS];
    for (size_t i = 0; i < MDM_PAGE_WORDS; i++) {
        const bool is_met = mdm_filter_meets(filter, at[i].low, at[i].high);
        const bool is_mixed = is_met && at[i].low != at[i].high;
        mixed[i] = is_mixed ? words[i] : 0;
        words[i] = is_met && !is_mixed ? words[i] : 0;
    }
    if (any_bit(mixed, MDM_PAGE_WORDS)) {
        keep(fleet, zones->columns[key], filter, page, mixed);
        for (size_t i = 0; i < MDM_PAGE_WORDS; i++) {
            words[i] |= mixed[i];
        }
    }
}

/* The keys of a page that is in the zones. Returns the tables that are answered by that. */
static uint64_t keep_zones(const mdm_fleet *fleet, const mdm_tables *tables, size_t page,
                           uint64_t *words)
{
    const mdm_zones *zones = &fleet->classes.zones;
    uint64_t done = 0;
    for (size_t k = 0; k < zones->n_keys && any_bit(words, MDM_PAGE_WORDS); k++) {
        const size_t table = tables->of_key[k];
        const mdm_zone *zone = mdm_zone_of_page(zones, page, k);
        if (table < 64 && table < tables->n) {
            done |= (uint64_t)1 << table;
            if (zone->low != zone->high) {
                keep_blocks(fleet, k, &tables->possible[table], page, words);
            }
        }
    }
    return done;
}

static bool is_done(uint64_t done, size_t table)
{
    return table < 64 && (done >> table & 1) != 0;
}

/* ---- Few classes ---- */

/* The bits of a page, by place; there are n. Most words have none, and no branch could be guessed
   right. */
static void list_bits(const uint64_t *words, size_t n_words, size_t n, uint16_t *places)
{
    uint8_t some[MDM_PAGE_WORDS + 1]; /* words that have bits, and one behind them */
    size_t n_some = 0;
    size_t at = 0;
    uint64_t left = 0;
    for (size_t i = 0; i < n_words; i++) {
        some[n_some] = (uint8_t)i;
        n_some += words[i] != 0;
    }
    some[n_some] = 0;
    left = words[some[0]];
    for (size_t p = 0; p < n; p++) {
        uint64_t next = 0;
        places[p] = (uint16_t)(some[at] * 64 + __builtin_ctzll(left));
        left &= left - 1;
        at += left == 0;
        MDM_HOLDS(at <= n_some); /* there are n bits */
        next = words[some[at]];
        left = left == 0 ? next : left;
    }
}

/* Keeps the places whose code is in the set, without a branch. */
#define KEEP_PLACES(name, type)                                                               \
    static size_t name(const void *given, const mdm_filter *filter, uint16_t *places, size_t n) \
    {                                                                                         \
        const type *codes = given;                                                            \
        size_t n_kept = 0;                                                                    \
        for (size_t i = 0; i < n; i++) {                                                      \
            const uint16_t place = places[i];                                                 \
            places[n_kept] = place;                                                           \
            n_kept += mdm_filter_bit(filter, codes[place]);                                   \
        }                                                                                     \
        MDM_HOLDS(n_kept <= n); /* a bit is 0 or 1 */                                         \
        return n_kept;                                                                        \
    }

KEEP_PLACES(keep_bytes, uint8_t)
KEEP_PLACES(keep_halves, uint16_t)
KEEP_PLACES(keep_words, uint32_t)

static size_t keep_places(const mdm_columns *columns, size_t column, const mdm_filter *filter,
                          size_t page, uint16_t *places, size_t n)
{
    const void *codes = mdm_column_page(columns, column, page);
    switch (columns->at[column].n_bytes) {
    case 0:
        return mdm_filter_bit(filter, 0) == 0 ? 0 : n;
    case 1:
        return keep_bytes(codes, filter, places, n);
    case 2:
        return keep_halves(codes, filter, places, n);
    default:
        return keep_words(codes, filter, places, n);
    }
}

/* The rest of the tables, where few classes are left: each by itself. */
static void keep_few(const mdm_fleet *fleet, const mdm_tables *tables, size_t first, uint64_t done,
                     size_t page, uint64_t *words, size_t n)
{
    const size_t n_words = mdm_page_words(fleet, page);
    uint16_t places[MDM_FEW];
    list_bits(words, n_words, n, places);
    for (size_t i = first; i < tables->n && n > 0; i++) {
        if (!is_done(done, i)) {
            n = keep_places(&fleet->classes.columns, tables->at[i].column, &tables->possible[i],
                            page, places, n);
        }
    }
    memset(words, 0, n_words * sizeof *words);
    for (size_t p = 0; p < n; p++) {
        words[places[p] / 64] |= (uint64_t)1 << places[p] % 64;
    }
}

/* ---- A page ---- */

static void keep_possible(const mdm_fleet *fleet, const mdm_tables *tables, uint64_t done,
                          size_t page, uint64_t *words)
{
    const size_t n_words = mdm_page_words(fleet, page);
    /* Without zones nearly all are left. */
    double expected = fleet->classes.zones.n_keys == 0
                          ? (double)(n_words * 64)
                          : (double)fleet->kernels->count(words, n_words);
    for (size_t i = 0; i < tables->n; i++) {
        if (is_done(done, i)) {
            continue;
        }
        if (expected <= MDM_FEW) {
            const size_t n = fleet->kernels->count(words, n_words);
            if (n <= MDM_FEW) {
                keep_few(fleet, tables, i, done, page, words, n);
                return;
            }
            expected = (double)n;
        }
        keep(fleet, tables->at[i].column, &tables->possible[i], page, words);
        expected *= tables->share[i];
    }
}

void mdm_page_ask(const mdm_fleet *fleet, const mdm_tables *tables, const mdm_object *joined,
                  size_t page, uint64_t *possible, uint64_t *accepted)
{
    const size_t n_words = mdm_page_words(fleet, page);
    keep_possible(fleet, tables, keep_zones(fleet, tables, page, possible), page, possible);
    if (joined != NULL) {
        keep_joined(fleet, joined, page, possible);
    }
    if (accepted == possible) {
        return;
    }
    memcpy(accepted, possible, n_words * sizeof *accepted);
    for (size_t i = 0; i < tables->n && tables->has_undecided; i++) {
        const mdm_table *table = &tables->at[i];
        if (table->accepted != table->possible && any_bit(accepted, n_words)) {
            keep(fleet, table->column, &tables->accepted[i], page, accepted);
        }
    }
}
