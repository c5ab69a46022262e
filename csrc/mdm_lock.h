/*
 * Readers beside a writer: calls that ask hold a fleet together, one that changes it holds it
 * alone. A call holds it from where it says so to its end, once; who holds it calls nothing that
 * does. A writer that waits goes before readers that come later.
 */
#ifndef MDM_LOCK_H
#define MDM_LOCK_H

#include "mdm_memory.h"

typedef struct mdm_lock mdm_lock;

mdm_lock *mdm_lock_new(const mdm_allocator *memory); /* NULL: there is none to be had */
void mdm_lock_free(const mdm_allocator *memory, mdm_lock *lock);
mdm_lock *mdm_lock_shared(mdm_lock *lock);
mdm_lock *mdm_lock_alone(mdm_lock *lock);
void mdm_lock_end(mdm_lock *const *held);

/* Declarations; what they hold ends with their block. */
#define MDM_READS(fleet) \
    mdm_lock *const held __attribute__((cleanup(mdm_lock_end), unused)) = \
        mdm_lock_shared((fleet)->lock)
#define MDM_CHANGES(fleet) \
    mdm_lock *const held __attribute__((cleanup(mdm_lock_end), unused)) = \
        mdm_lock_alone((fleet)->lock)

#endif
