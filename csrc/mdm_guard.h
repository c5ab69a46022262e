/*
 * An allocator that several threads may call, which calls another one by one thread at a time.
 */
#ifndef MDM_GUARD_H
#define MDM_GUARD_H

#include <pthread.h>

#include "mdm_memory.h"

typedef struct mdm_guard {
    mdm_allocator shared; /* to call, as long as the guard stays where it is */
    const mdm_allocator *memory;
    pthread_mutex_t mutex;
} mdm_guard;

bool mdm_guard_begin(mdm_guard *guard, const mdm_allocator *memory); /* false: there is none */
void mdm_guard_end(mdm_guard *guard);

#endif
