/*
 * A mutex around an allocator.
 */
#include "mdm_guard.h"

static void *guarded_resize(void *context, void *block, size_t old_size, size_t new_size)
{
    mdm_guard *guard = context;
    pthread_mutex_lock(&guard->mutex);
    block = guard->memory->resize(guard->memory->context, block, old_size, new_size);
    pthread_mutex_unlock(&guard->mutex);
    return block;
}

bool mdm_guard_begin(mdm_guard *guard, const mdm_allocator *memory)
{
    guard->shared = (mdm_allocator){guarded_resize, guard};
    guard->memory = memory;
    return pthread_mutex_init(&guard->mutex, NULL) == 0;
}

void mdm_guard_end(mdm_guard *guard)
{
    pthread_mutex_destroy(&guard->mutex);
}
