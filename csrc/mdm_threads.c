/*
 * Threads that take the next few items until there are none.
 */
#include "mdm_threads.h"

#include <pthread.h>
#include <stdatomic.h>

#define MOST_THREADS 64
#define ITEMS_AT_ONCE 4 /* unless there are so few that each is much */

typedef struct share {
    mdm_work *work;
    const void *context;
    size_t n_items;
    size_t n_at_once;
    atomic_size_t next;
} share;

static void *take_part(void *given)
{
    share *at = given;
    for (;;) {
        const size_t begin = atomic_fetch_add(&at->next, at->n_at_once);
        for (size_t item = begin; item < begin + at->n_at_once && item < at->n_items; item++) {
            at->work(at->context, item);
        }
        if (begin >= at->n_items) {
            return NULL;
        }
    }
}

void mdm_run(unsigned n_threads, mdm_work *work, const void *context, size_t n_items)
{
    share shared = {.work = work,
                    .context = context,
                    .n_items = n_items,
                    .n_at_once = n_items <= n_threads ? 1 : ITEMS_AT_ONCE};
    pthread_t others[MOST_THREADS];
    size_t n_others = 0;
    atomic_init(&shared.next, 0);
    if (n_threads > MOST_THREADS) {
        n_threads = MOST_THREADS;
    }
    while (n_others + 1 < n_threads &&
           pthread_create(&others[n_others], NULL, take_part, &shared) == 0) {
        n_others++;
    }
    take_part(&shared);
    for (size_t i = 0; i < n_others; i++) {
        pthread_join(others[i], NULL);
    }
}
