/*
 * Every class asked: page by page, each table takes away the classes that it refuses. Pages are
 * shared among the threads of a question.
 */
#include <string.h>

#include "mdm_query.h"
#include "mdm_threads.h"

/* Busy pages that are worth a thread: 16 take as long as starting one. */
#define PAGES_A_THREAD 16

/* One sweep over all pages. Bits come from `from`, and what is left goes to `to`. */
typedef struct sweep {
    const mdm_query *query;
    const mdm_tables *tables;
    const mdm_object *joined; /* an object whose variables tie columns together; or NULL */
    const uint64_t *from;
    mdm_bits to;
} sweep;

/* Of a page, those that have classes. */
static size_t page_words(const mdm_fleet *fleet, size_t page)
{
    const size_t n_words = (fleet->classes.n + 63) / 64 - page * MDM_PAGE_WORDS;
    return n_words < MDM_PAGE_WORDS ? n_words : MDM_PAGE_WORDS;
}

/* Whether the zones have answered a table. */
static bool is_done(uint64_t done, size_t table)
{
    return table < 64 && (done >> table & 1) != 0;
}

static bool any_bit(const uint64_t *words, size_t n_words)
{
    uint64_t any = 0;
    for (size_t i = 0; i < n_words; i++) {
        any |= words[i];
    }
    return any != 0;
}

static void keep(const mdm_fleet *fleet, size_t column, const mdm_filter *filter, size_t page,
                 uint64_t *words)
{
    const mdm_columns *columns = &fleet->classes.columns;
    const uint32_t n_bytes = columns->at[column].n_bytes;
    const size_t n_words = page_words(fleet, page);
    if (n_bytes > 0) {
        fleet->kernels->keep[n_bytes / 2](mdm_column_page(columns, column, page), filter, words,
                                          n_words);
    } else if (mdm_filter_bit(filter, 0) == 0) {
        memset(words, 0, n_words * sizeof *words);
    }
}

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

static void keep_joined(const sweep *at, size_t page, uint64_t *words)
{
    for (size_t i = 0; i < page_words(at->query->fleet, page); i++) {
        for (uint64_t left = words[i]; left != 0; left &= left - 1) {
            const size_t bit = (size_t)__builtin_ctzll(left);
            if (!mdm_class_joins(at->query->fleet, at->joined, page * MDM_PAGE + i * 64 + bit)) {
                words[i] &= ~((uint64_t)1 << bit);
            }
        }
    }
}

/* Passes over the blocks whose zones have no code of the set, the whole page where it has none.
   Says whether some block has codes of both sorts, so that each must be looked up. */
static bool keep_zones(const mdm_zones *zones, size_t key, const mdm_filter *filter, size_t page,
                       uint64_t *words)
{
    const mdm_zone *at = zones->at + page * MDM_ZONES(zones->n_keys) + key;
    bool is_mixed = false;
    if (!mdm_filter_meets(filter, at->low, at->high)) {
        memset(words, 0, MDM_PAGE_WORDS * sizeof *words);
        return false;
    }
    for (size_t i = 0; i < MDM_PAGE_WORDS; i++) {
        at += zones->n_keys;
        if (words[i] != 0 && !mdm_filter_meets(filter, at->low, at->high)) {
            words[i] = 0;
        }
        is_mixed = is_mixed || (words[i] != 0 && at->low != at->high);
    }
    return is_mixed;
}

/* The keys first, as they need no code. A key that is not mixed is done. */
static uint64_t sweep_zones(const sweep *at, size_t page, uint64_t *possible)
{
    const mdm_zones *zones = &at->query->fleet->classes.zones;
    uint64_t done = 0;
    for (size_t k = 0; k < zones->n_keys; k++) {
        for (size_t i = 0; i < at->tables->n; i++) {
            if (at->tables->at[i].column == zones->columns[k] &&
                !keep_zones(zones, k, &at->tables->possible[i], page, possible)) {
                done |= (uint64_t)1 << i;
            }
        }
        if (!any_bit(possible, MDM_PAGE_WORDS)) {
            break;
        }
    }
    return done;
}

/* The bits of a page, by place. */
static size_t list_bits(const uint64_t *words, size_t n_words, uint16_t *places)
{
    size_t n = 0;
    for (size_t i = 0; i < n_words; i++) {
        for (uint64_t left = words[i]; left != 0; left &= left - 1) {
            places[n++] = (uint16_t)(i * 64 + (size_t)__builtin_ctzll(left));
        }
    }
    return n;
}

/* The rest of the tables, where few classes are left: each by itself, without a branch. */
static void sweep_few(const sweep *at, size_t page, size_t first, uint64_t done, uint64_t *words)
{
    const mdm_columns *columns = &at->query->fleet->classes.columns;
    const size_t n_words = page_words(at->query->fleet, page);
    uint16_t places[MDM_FEW] = {0};
    size_t n = list_bits(words, n_words, places);
    for (size_t i = first; i < at->tables->n && n > 0; i++) {
        const mdm_filter *filter = &at->tables->possible[i];
        const size_t column = at->tables->at[i].column;
        size_t n_kept = 0;
        if (is_done(done, i)) {
            continue;
        }
        for (size_t p = 0; p < n; p++) {
            const uint32_t code = mdm_code(columns, column, page * MDM_PAGE + places[p]);
            const uint16_t place = places[p];
            places[n_kept] = place;
            n_kept += mdm_filter_bit(filter, code);
        }
        n = n_kept;
    }
    memset(words, 0, n_words * sizeof *words);
    for (size_t p = 0; p < n; p++) {
        words[places[p] / 64] |= (uint64_t)1 << places[p] % 64;
    }
}

static void sweep_possible(const sweep *at, size_t page, uint64_t done, uint64_t *words)
{
    const mdm_fleet *fleet = at->query->fleet;
    const size_t n_words = page_words(fleet, page);
    for (size_t i = 0; i < at->tables->n && any_bit(words, n_words); i++) {
        if (i >= at->tables->n_dense && fleet->kernels->count(words, n_words) <= MDM_FEW) {
            sweep_few(at, page, i, done, words);
            return;
        }
        if (!is_done(done, i)) {
            keep(fleet, at->tables->at[i].column, &at->tables->possible[i], page, words);
        }
    }
}

static void sweep_page(const void *context, size_t page)
{
    const sweep *at = context;
    const mdm_fleet *fleet = at->query->fleet;
    const size_t n_words = page_words(fleet, page);
    uint64_t *possible = at->to.possible + page * MDM_PAGE_WORDS;
    uint64_t *accepted = at->to.accepted + page * MDM_PAGE_WORDS;
    memcpy(possible, at->from + page * MDM_PAGE_WORDS, n_words * sizeof *possible);
    sweep_possible(at, page, sweep_zones(at, page, possible), possible);
    if (at->joined != NULL) {
        keep_joined(at, page, possible);
    }
    memcpy(accepted, possible, n_words * sizeof *accepted);
    for (size_t i = 0; i < at->tables->n && at->tables->has_undecided; i++) {
        const mdm_table *table = &at->tables->at[i];
        if (table->accepted != table->possible && any_bit(accepted, n_words)) {
            keep(fleet, table->column, &at->tables->accepted[i], page, accepted);
        }
    }
}

static bool is_busy(const sweep *at, size_t page)
{
    const mdm_zones *zones = &at->query->fleet->classes.zones;
    for (size_t k = 0; k < zones->n_keys; k++) {
        const mdm_zone *zone = &zones->at[page * MDM_ZONES(zones->n_keys) + k];
        for (size_t i = 0; i < at->tables->n; i++) {
            if (at->tables->at[i].column == zones->columns[k] &&
                !mdm_filter_meets(&at->tables->possible[i], zone->low, zone->high)) {
                return false;
            }
        }
    }
    return true;
}

/* The pages that their zones do not pass over. */
static size_t count_busy(const sweep *at, size_t n_pages)
{
    size_t n = 0;
    for (size_t page = 0; page < n_pages; page++) {
        n += is_busy(at, page);
    }
    return n;
}

void mdm_sweep(const mdm_query *query, const mdm_tables *tables, const mdm_object *joined,
               const uint64_t *from, mdm_bits to)
{
    const sweep at = {query, tables, joined, from, to};
    const size_t n_pages = query->fleet->classes.columns.n_pages;
    const size_t most = query->n_threads > 1 ? count_busy(&at, n_pages) / PAGES_A_THREAD : 1;
    const unsigned n_threads = query->n_threads;
    mdm_run(most < n_threads ? (unsigned)most : n_threads, sweep_page, &at, n_pages);
}
