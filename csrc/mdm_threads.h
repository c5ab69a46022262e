/*
 * Work shared among threads.
 */
#ifndef MDM_THREADS_H
#define MDM_THREADS_H

#include <stddef.h>

typedef void mdm_work(const void *context, size_t item);

/* Does every item once, in this thread and in up to n_threads - 1 others, and waits for them. What
   other threads could not be had for is done in this one. */
void mdm_run(unsigned n_threads, mdm_work *work, const void *context, size_t n_items);

#endif
