/*
 * The lock of a fleet.
 */
/* For locks, and for one that lets writers go first where there is one. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "mdm_lock.h"

#include <pthread.h>

struct mdm_lock {
    pthread_rwlock_t at;
};

static bool init(mdm_lock *lock)
{
    pthread_rwlockattr_t attributes;
    bool is_done = false;
    if (pthread_rwlockattr_init(&attributes) != 0) {
        return false;
    }
#ifdef __GLIBC__
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    is_done = pthread_rwlock_init(&lock->at, &attributes) == 0;
    pthread_rwlockattr_destroy(&attributes);
    return is_done;
}

mdm_lock *mdm_lock_new(const mdm_allocator *memory)
{
    mdm_lock *lock = mdm_resize(memory, NULL, 0, 1, sizeof *lock);
    if (lock != NULL && !init(lock)) {
        mdm_resize(memory, lock, 1, 0, sizeof *lock);
        return NULL;
    }
    return lock;
}

void mdm_lock_free(const mdm_allocator *memory, mdm_lock *lock)
{
    if (lock != NULL) {
        pthread_rwlock_destroy(&lock->at);
        mdm_resize(memory, lock, 1, 0, sizeof *lock);
    }
}

mdm_lock *mdm_lock_shared(mdm_lock *lock)
{
    pthread_rwlock_rdlock(&lock->at);
    return lock;
}

mdm_lock *mdm_lock_alone(mdm_lock *lock)
{
    pthread_rwlock_wrlock(&lock->at);
    return lock;
}

void mdm_lock_end(mdm_lock *const *held)
{
    pthread_rwlock_unlock(&(*held)->at);
}
