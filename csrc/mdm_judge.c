/*
 * Every class asked: page by page, each table takes away the classes that it refuses. Pages are
 * shared among the threads of a question.
 */
#include <string.h>

#include "mdm_query.h"
#include "mdm_threads.h"

/* Pages that are worth a thread. */
#define PAGES_A_THREAD 16

/* One sweep over all pages. Bits come from `from`, and what is left goes to `to`. */
typedef struct sweep {
    const mdm_query *query;
    const mdm_tables *tables;
    const mdm_object *joined; /* an object whose variables tie columns together; or NULL */
    const uint64_t *from;
    mdm_bits to;
    const mdm_table *order[MDM_MAX_TABLES];
    mdm_filter possible[MDM_MAX_TABLES];
    mdm_filter accepted[MDM_MAX_TABLES];
} sweep;

static size_t page_words(const mdm_fleet *fleet)
{
    return fleet->classes.columns.page_len / 64;
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
    const size_t n_words = page_words(fleet);
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
    for (size_t i = 0; i < page_words(at->query->fleet); i++) {
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
            if (at->order[i]->column == zones->columns[k] &&
                !keep_zones(zones, k, &at->possible[i], page, possible)) {
                done |= (uint64_t)1 << i;
            }
        }
        if (!any_bit(possible, MDM_PAGE_WORDS)) {
            break;
        }
    }
    return done;
}

static void sweep_page(const void *context, size_t page)
{
    const sweep *at = context;
    const mdm_fleet *fleet = at->query->fleet;
    const size_t n_words = page_words(fleet);
    uint64_t *possible = at->to.possible + page * MDM_PAGE_WORDS;
    uint64_t *accepted = at->to.accepted + page * MDM_PAGE_WORDS;
    uint64_t done = 0;
    memcpy(possible, at->from + page * MDM_PAGE_WORDS, n_words * sizeof *possible);
    done = sweep_zones(at, page, possible);
    for (size_t i = 0; i < at->tables->n && any_bit(possible, n_words); i++) {
        if (i >= 64 || (done >> i & 1) == 0) {
            keep(fleet, at->order[i]->column, &at->possible[i], page, possible);
        }
    }
    if (at->joined != NULL) {
        keep_joined(at, page, possible);
    }
    memcpy(accepted, possible, n_words * sizeof *accepted);
    for (size_t i = 0; i < at->tables->n; i++) {
        const mdm_table *table = at->order[i];
        if (table->accepted != table->possible && any_bit(accepted, n_words)) {
            keep(fleet, table->column, &at->accepted[i], page, accepted);
        }
    }
}

/* What a lookup costs, in that of one byte. */
static double cost_of(const mdm_fleet *fleet, const mdm_table *table, const mdm_filter *filter)
{
    const uint32_t n_bytes = fleet->classes.columns.at[table->column].n_bytes;
    const size_t n_blocks = table->n_codes / 1024;
    if (n_bytes <= 1 || filter->is_interval) {
        return n_bytes == 0 ? 0.1 : n_bytes;
    }
    return (double)n_bytes + (double)(n_blocks < 8 ? n_blocks : 8);
}

/* Those first that refuse most for what they cost. */
static void order_tables(sweep *at)
{
    double worth[MDM_MAX_TABLES];
    size_t n = 0;
    for (size_t i = 0; i < at->tables->n; i++) {
        const mdm_table *table = &at->tables->at[i];
        const mdm_filter filter = mdm_filter_of(table->possible, table->n_codes);
        const double made = (double)table->n_refused / (double)table->n_codes /
                            cost_of(at->query->fleet, table, &filter);
        size_t place = n++;
        for (; place > 0 && worth[place - 1] < made; place--) {
            worth[place] = worth[place - 1];
            at->order[place] = at->order[place - 1];
            at->possible[place] = at->possible[place - 1];
        }
        worth[place] = made;
        at->order[place] = table;
        at->possible[place] = filter;
    }
    for (size_t i = 0; i < n; i++) {
        at->accepted[i] = mdm_filter_of(at->order[i]->accepted, at->order[i]->n_codes);
    }
}

static void run(const mdm_query *query, const mdm_tables *tables, const mdm_object *joined,
                const uint64_t *from, mdm_bits to)
{
    sweep at; /* whose filters are as many as the tables */
    const size_t n_pages = query->fleet->classes.columns.n_pages;
    const size_t most = n_pages / PAGES_A_THREAD;
    const unsigned n_threads = query->n_threads;
    at.query = query;
    at.tables = tables;
    at.joined = joined;
    at.from = from;
    at.to = to;
    order_tables(&at);
    mdm_run(most < n_threads ? (unsigned)most : n_threads, sweep_page, &at, n_pages);
}

/* ---- Objects ---- */

static bool take_bits(mdm_query *query, mdm_bits *bits)
{
    bits->possible = mdm_take(&query->arena, 2 * query->n_words, sizeof *bits->possible);
    if (bits->possible == NULL) {
        return false;
    }
    bits->accepted = bits->possible + query->n_words;
    memset(bits->possible, 0, 2 * query->n_words * sizeof *bits->possible);
    return true;
}

/* What no object has accepted yet. */
static void leave_open(const mdm_query *query, const mdm_bits *any, uint64_t *open)
{
    for (size_t i = 0; i < query->n_words; i++) {
        open[i] = query->bits.possible[i] & ~any->accepted[i];
    }
}

static mdm_status judge_object(mdm_query *query, const mdm_object *object, uint64_t *open,
                               mdm_bits *tried, mdm_bits *any)
{
    const mdm_arena_mark mark = mdm_arena_here(&query->arena);
    mdm_tables tables = {.n = 0};
    const mdm_status status = mdm_plan_object(query, object, &tables);
    if (status != MDM_OK) {
        return status;
    }
    leave_open(query, any, open);
    run(query, &tables, object->has_shared ? object : NULL, open, *tried);
    for (size_t i = 0; i < query->n_words; i++) {
        any->possible[i] |= tried->possible[i];
        any->accepted[i] |= tried->accepted[i];
    }
    mdm_arena_back(&query->arena, mark);
    return MDM_OK;
}

static mdm_status judge_objects(mdm_query *query)
{
    const mdm_arena_mark mark = mdm_arena_here(&query->arena);
    const mdm_objects *objects = &query->line.objects;
    mdm_bits any = {NULL, NULL};
    mdm_bits tried = {NULL, NULL};
    uint64_t *open = mdm_take(&query->arena, query->n_words, sizeof *open);
    mdm_status status = MDM_OK;
    if (open == NULL || !take_bits(query, &any) || !take_bits(query, &tried)) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < objects->n && status == MDM_OK; i++) {
        status = judge_object(query, &objects->at[i], open, &tried, &any);
    }
    for (size_t i = 0; i < query->n_words && status == MDM_OK; i++) {
        query->bits.possible[i] &= any.possible[i];
        query->bits.accepted[i] &= any.accepted[i];
    }
    mdm_arena_back(&query->arena, mark);
    return status;
}

/* The source has no list: the scheme says what that means. */
static void judge_missing(mdm_query *query)
{
    const mdm_verdict missing = query->fleet->scheme.missing;
    if (missing != MDM_YES) {
        memset(query->bits.accepted, 0, query->n_words * sizeof *query->bits.accepted);
    }
    if (missing == MDM_NO) {
        memset(query->bits.possible, 0, query->n_words * sizeof *query->bits.possible);
    }
}

mdm_status mdm_judge(mdm_query *query)
{
    const bool asks_source = (query->accepted_by & MDM_SOURCE) != 0;
    const mdm_objects *objects = &query->line.objects;
    const bool is_single = asks_source && query->line.has_list && objects->n == 1;
    const mdm_object *joined = is_single && objects->at[0].has_shared ? &objects->at[0] : NULL;
    run(query, &query->tables, joined, query->fleet->classes.live.at, query->bits);
    if (!asks_source || is_single) {
        return MDM_OK;
    }
    if (!query->line.has_list) {
        judge_missing(query);
        return MDM_OK;
    }
    return judge_objects(query);
}
