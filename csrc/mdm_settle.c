/*
 * When a question is judged: at once, or when an answer needs it; and the memory of its answers, which
 * is taken before.
 */
#include <sched.h>
#include <string.h>

#include "mdm_query.h"

/* ---- Memory ---- */

/* The rows of bits, and the sums behind them. */
static size_t words_of(size_t n_words)
{
    const size_t n_pages = n_words / MDM_PAGE_WORDS;
    return MDM_BIT_ROWS * n_words +
           (n_pages * sizeof(mdm_page_sum) + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

void mdm_query_free_bits(mdm_query *query)
{
    const mdm_allocator *memory = &query->fleet->memory;
    if (query->bits.possible != NULL) {
        mdm_resize(memory, query->bits.possible, words_of(query->n_words), 0, sizeof(uint64_t));
    }
    MDM_TRIM(memory, &query->marks, 0);
    query->bits = (mdm_bits){NULL, NULL};
    query->sums = NULL;
}

static void clear_bits(mdm_query *query)
{
    memset(query->bits.possible, 0, MDM_BIT_ROWS * query->n_words * sizeof(uint64_t));
    memset(query->sums, 0, query->n_words / MDM_PAGE_WORDS * sizeof *query->sums);
}

static bool new_bits(mdm_query *query, size_t n_words)
{
    mdm_query_free_bits(query);
    query->n_words = n_words;
    query->bits.possible = mdm_resize(&query->fleet->memory, NULL, 0, words_of(n_words),
                                      sizeof(uint64_t));
    if (query->bits.possible == NULL) {
        return false;
    }
    query->sums = (void *)(query->bits.possible + MDM_BIT_ROWS * n_words);
    clear_bits(query);
    return true;
}

/* Rows of a large flat fleet are sorted by marking them; those of another have no marks. */
static bool take_marks(mdm_query *query)
{
    const mdm_fleet *fleet = query->fleet;
    const size_t before = query->marks.capacity;
    const size_t n_blocks = (fleet->rows.n + 64 * MDM_MARKS_AT_ONCE - 1) / (64 * MDM_MARKS_AT_ONCE);
    const size_t n_words = n_blocks * MDM_MARKS_AT_ONCE;
    if (fleet->classes.zones.n_keys == 0) {
        MDM_TRIM(&fleet->memory, &query->marks, 0);
        return true;
    }
    if (n_words <= before) {
        return true;
    }
    if (!MDM_FIT(&fleet->memory, &query->marks, n_words)) {
        return false;
    }
    memset(query->marks.at + before, 0, (n_words - before) * sizeof *query->marks.at);
    return true;
}

static bool take_bits(mdm_query *query)
{
    const mdm_fleet *fleet = query->fleet;
    const size_t n_words = fleet->classes.columns.n_pages * MDM_PAGE_WORDS;
    const size_t n_used = (fleet->classes.n + 63) / 64;
    const bool is_there = query->bits.possible != NULL && n_words == query->n_words;
    const bool is_less = n_used < query->n_used;
    query->n_used = n_used;
    if (is_there && is_less) {
        clear_bits(query);
    }
    if (!is_there && !new_bits(query, n_words)) {
        return false;
    }
    query->bits.accepted = query->bits.possible + (query->has_undecided ? n_words : 0);
    return take_marks(query);
}

/* ---- Judging ---- */

size_t mdm_count_devices(const mdm_fleet *fleet, const uint64_t *bits, size_t n_words)
{
    size_t n = 0;
    if (fleet->classes.is_flat) {
        return fleet->kernels->count(bits, n_words);
    }
    for (size_t i = 0; i < n_words; i++) {
        for (uint64_t left = bits[i]; left != 0; left &= left - 1) {
            n += fleet->classes.at[i * 64 + (size_t)__builtin_ctzll(left)].n_rows;
        }
    }
    return n;
}

static void sort_by_verdict(mdm_query *query)
{
    const mdm_bits *bits = &query->bits;
    uint64_t *undecided = bits->possible + 3 * query->n_words;
    /* Else the row is empty, as it was taken. */
    for (size_t i = 0; i < query->n_used && query->has_undecided; i++) {
        undecided[i] = bits->possible[i] & ~bits->accepted[i];
    }
    query->by_verdict[MDM_NO] = bits->possible + 2 * query->n_words;
    query->by_verdict[MDM_UNDECIDED] = undecided;
    query->by_verdict[MDM_YES] = bits->accepted;
}

static void count_flat(mdm_query *query)
{
    size_t n_possible = 0;
    size_t n_accepted = 0;
    for (size_t page = 0; page < query->n_words / MDM_PAGE_WORDS; page++) {
        n_possible += query->sums[page].n_possible;
        n_accepted += query->sums[page].n_accepted;
    }
    query->n_devices[MDM_UNDECIDED] = n_possible - n_accepted;
    query->n_devices[MDM_YES] = n_accepted;
}

static mdm_status judge(mdm_query *query)
{
    const mdm_fleet *fleet = query->fleet;
    const mdm_status status = mdm_judge(query);
    size_t *n_devices = query->n_devices;
    if (status != MDM_OK) {
        return status;
    }
    sort_by_verdict(query);
    if (fleet->classes.is_flat && mdm_query_is_plain(query)) {
        count_flat(query);
    } else {
        n_devices[MDM_YES] = mdm_count_devices(fleet, query->bits.accepted, query->n_used);
        n_devices[MDM_UNDECIDED] =
            query->has_undecided
                ? mdm_count_devices(fleet, query->by_verdict[MDM_UNDECIDED], query->n_used)
                : 0;
    }
    n_devices[MDM_NO] = fleet->rows.n_devices - n_devices[MDM_YES] - n_devices[MDM_UNDECIDED];
    atomic_store_explicit(&query->stage, MDM_JUDGED, memory_order_release);
    return MDM_OK;
}

static void refuse(mdm_query *query)
{
    const uint64_t *live = query->fleet->classes.live.at;
    uint64_t *refused = query->bits.possible + 2 * query->n_words;
    for (size_t i = 0; i < query->n_used; i++) {
        refused[i] = live[i] & ~query->bits.possible[i];
    }
    atomic_store_explicit(&query->refused, MDM_JUDGED, memory_order_release);
}

/* ---- When ---- */

static bool is_judged(const atomic_int *stage)
{
    return atomic_load_explicit(stage, memory_order_acquire) == MDM_JUDGED;
}

/* Whether this thread is the one that judges. */
static bool takes(atomic_int *stage)
{
    int asked = MDM_ASKED;
    if (atomic_compare_exchange_strong(stage, &asked, MDM_IN_JUDGEMENT)) {
        return true;
    }
    sched_yield();
    return false;
}

void mdm_query_settle(const mdm_query *given, mdm_verdict verdict)
{
    mdm_query *query = mdm_query_own(given);
    while (!is_judged(&query->stage)) {
        if (takes(&query->stage)) {
            judge(query); /* which does not fail: see mdm_query_ask */
        }
    }
    while (verdict == MDM_NO && !is_judged(&query->refused)) {
        if (takes(&query->refused)) {
            refuse(query);
        }
    }
}

mdm_status mdm_query_ask(mdm_query *query)
{
    const mdm_fleet *fleet = query->fleet;
    mdm_status status = MDM_OK;
    query->vocabulary.n_classes = fleet->classes.n;
    if (!take_bits(query)) {
        return MDM_NO_MEMORY;
    }
    mdm_tables_find_keys(fleet, &query->tables);
    for (size_t i = 0; i < query->n_any; i++) {
        mdm_tables_find_keys(fleet, &query->any[i].tables);
    }
    atomic_store_explicit(&query->refused, MDM_ASKED, memory_order_relaxed);
    if (fleet->classes.zones.n_keys == 0 || !mdm_query_is_plain(query)) {
        status = judge(query);
    } else {
        atomic_store_explicit(&query->stage, MDM_ASKED, memory_order_relaxed);
    }
    if (status == MDM_OK) {
        query->generation = fleet->generation;
    }
    return status;
}
