/*
 * Changes while threads ask. What they see is the fleet before or after a change.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "program.h"

#define N_THREADS 2
#define MOST_CHANGES 6
#define MOST_SEEN 64

typedef struct asking {
    const mdm_fleet *fleet;
    const drawn *source;
    mdm_direction direction;
    atomic_bool *is_over;
    size_t n_seen;
    size_t seen[MOST_SEEN]; /* how many devices said yes */
} asking;

/* A change may come between a question and its answer. */
static void *ask(void *context)
{
    asking *at = context;
    char text[sizeof at->source->text];
    do {
        mdm_query *query = NULL;
        size_t n = 0;
        size_t len = 0;
        mdm_status status = mdm_query_new(at->fleet, at->source->text, at->source->len,
                                          at->direction, 1, &query, NULL);
        LAW(status == MDM_OK);
        status = mdm_count(query, MDM_YES, &n);
        LAW(status == MDM_OK || status == MDM_STALE);
        if (status == MDM_OK) {
            at->seen[at->n_seen++] = n;
        }
        mdm_query_free(query);
        status = mdm_description(at->fleet, 0, text, sizeof text, &len);
        LAW(status == MDM_OK || status == MDM_NO_ROW);
    } while (!atomic_load(at->is_over) && at->n_seen < MOST_SEEN);
    return NULL;
}

static size_t count(program *at, size_t source)
{
    size_t n = 0;
    program_expect(at, source, at->direction);
    for (size_t row = 0; row < at->n_rows; row++) {
        n += at->verdicts[row] == MDM_YES;
    }
    return n;
}

static void check(const asking *asked, const size_t *counts, size_t n_counts)
{
    size_t place = 0;
    /* Time goes on for a thread, too. */
    for (size_t i = 0; i < asked->n_seen; i++) {
        while (place < n_counts && counts[place] != asked->seen[i]) {
            place++;
        }
        LAW(place < n_counts);
    }
}

void program_beside(program *at)
{
    static void (*const changes[])(program *) = {program_add, program_remove, program_replace,
                                                 program_read};
    asking asked[N_THREADS];
    pthread_t threads[N_THREADS];
    atomic_bool is_over = false;
    size_t counts[MOST_CHANGES + 1];
    const size_t source = program_pick(at);
    const size_t n = law_below(&at->bytes, MOST_CHANGES + 1);
    if (!at->is_long) {
        return;
    }
    at->refusal = 0;
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    counts[0] = count(at, source);
    for (size_t i = 0; i < N_THREADS; i++) {
        asked[i] = (asking){.fleet = at->fleet,
                            .source = &program_known[source],
                            .direction = at->direction,
                            .is_over = &is_over};
        LAW(pthread_create(&threads[i], NULL, ask, &asked[i]) == 0);
    }
    for (size_t i = 0; i < n; i++) {
        changes[law_below(&at->bytes, 4)](at);
        counts[i + 1] = count(at, source);
    }
    atomic_store(&is_over, true);
    for (size_t i = 0; i < N_THREADS; i++) {
        LAW(pthread_join(threads[i], NULL) == 0);
        check(&asked[i], counts, n + 1);
    }
    mdm_query_free(at->query);
    at->query = NULL;
}
