/*
 * Every class asked. Pages are shared among the threads of a question; one that its zones pass over
 * is not touched, unless it has bits of an earlier answer.
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
    const mdm_alternative *any; /* of which one has to accept, where there are any */
    size_t n_any;
    const uint64_t *from;
    mdm_bits to;
    mdm_page_sum *sums;
} sweep;

static bool is_busy(const sweep *at, size_t page)
{
    const mdm_zones *zones = &at->query->fleet->classes.zones;
    bool is_met = at->n_any == 0;
    for (size_t i = 0; i < at->n_any && !is_met; i++) {
        is_met = mdm_page_is_in_zones(zones, &at->any[i].tables, page);
    }
    return is_met && mdm_page_is_in_zones(zones, at->tables, page);
}

/* Of those that passed the tables for all, what some alternative accepts. */
static void ask_any(const sweep *at, size_t page, uint64_t *possible, uint64_t *accepted)
{
    const mdm_fleet *fleet = at->query->fleet;
    const size_t n_words = mdm_page_words(fleet, page);
    uint64_t any[2][MDM_PAGE_WORDS] = {{0}};
    for (size_t o = 0; o < at->n_any; o++) {
        const mdm_alternative *one = &at->any[o];
        uint64_t tried[2][MDM_PAGE_WORDS] = {{0}};
        if (!mdm_page_is_in_zones(&fleet->classes.zones, &one->tables, page)) {
            continue;
        }
        for (size_t i = 0; i < n_words; i++) {
            tried[0][i] = possible[i] & ~any[1][i];
        }
        mdm_page_ask(fleet, &one->tables, one->joined, page, tried[0], tried[1]);
        for (size_t i = 0; i < n_words; i++) {
            any[0][i] |= tried[0][i];
            any[1][i] |= tried[1][i];
        }
    }
    for (size_t i = 0; i < n_words; i++) {
        possible[i] &= any[0][i];
        accepted[i] &= any[1][i];
    }
}

static void clear_page(const sweep *at, size_t page)
{
    const size_t n_bytes = mdm_page_words(at->query->fleet, page) * sizeof(uint64_t);
    if (at->sums == NULL || at->sums[page].n_possible != 0) {
        memset(at->to.possible + page * MDM_PAGE_WORDS, 0, n_bytes);
        memset(at->to.accepted + page * MDM_PAGE_WORDS, 0, n_bytes);
    }
    if (at->sums != NULL) {
        at->sums[page] = (mdm_page_sum){0, 0};
    }
}

static void sweep_page(const void *context, size_t page)
{
    const sweep *at = context;
    const mdm_fleet *fleet = at->query->fleet;
    const size_t n_words = mdm_page_words(fleet, page);
    uint64_t *possible = at->to.possible + page * MDM_PAGE_WORDS;
    uint64_t *accepted = at->to.accepted + page * MDM_PAGE_WORDS;
    if (!is_busy(at, page)) {
        clear_page(at, page);
        return;
    }
    memcpy(possible, at->from + page * MDM_PAGE_WORDS, n_words * sizeof *possible);
    mdm_page_ask(fleet, at->tables, at->joined, page, possible, accepted);
    if (at->n_any > 0) {
        ask_any(at, page, possible, accepted);
    }
    if (at->sums != NULL) {
        const size_t n_possible = fleet->kernels->count(possible, n_words);
        at->sums[page].n_possible = (uint16_t)n_possible;
        at->sums[page].n_accepted = (uint16_t)(
            accepted == possible ? n_possible : fleet->kernels->count(accepted, n_words));
    }
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

static void run(const sweep *at)
{
    const size_t n_pages = at->query->fleet->classes.columns.n_pages;
    const unsigned n_threads = at->query->n_threads;
    const size_t most = n_threads > 1 ? count_busy(at, n_pages) / PAGES_A_THREAD : 1;
    mdm_run(most < n_threads ? (unsigned)most : n_threads, sweep_page, at, n_pages);
}

void mdm_sweep(mdm_query *query)
{
    const sweep at = {query, &query->tables, mdm_query_joined(query), query->any, query->n_any,
                      query->fleet->classes.live.at, query->bits, query->sums};
    run(&at);
}

void mdm_sweep_object(const mdm_query *query, const mdm_alternative *object, const uint64_t *from,
                      mdm_bits to)
{
    const sweep at = {query, &object->tables, object->joined, NULL, 0, from, to, NULL};
    run(&at);
}
