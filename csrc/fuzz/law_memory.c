/*
 * The memory of what is fuzzed: counted, and refused where a law asks for it.
 *
 * LAW_BUMP: blocks are cut from one run of memory that is begun anew for each input. So nothing is
 * searched, merged or given back, and a fleet that is always the same is copied, not made. Without
 * it, blocks are those of the C library, for sanitizers to guard.
 */
#include "law.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT (_Alignof(max_align_t))

/* How many allocations go before the one that is refused. */
typedef struct refusal {
    size_t n_left;
    bool is_wanted;
    bool is_lasting; /* and all that follow */
    bool was_made;
} refusal;

static refusal refused;
static size_t n_live;
/* While a law has threads. */
static atomic_flag is_taken = ATOMIC_FLAG_INIT;
static bool is_shared;

static void lock(void)
{
    while (is_shared && atomic_flag_test_and_set_explicit(&is_taken, memory_order_acquire)) {
    }
}

static void unlock(void)
{
    if (is_shared) {
        atomic_flag_clear_explicit(&is_taken, memory_order_release);
    }
}

static bool refuses(void)
{
    if (!refused.is_wanted) {
        return false;
    }
    if (refused.n_left > 0) {
        refused.n_left--;
        return false;
    }
    refused.is_wanted = refused.is_lasting;
    refused.was_made = true;
    return true;
}

/* ---- Blocks ---- */

#ifdef LAW_BUMP

#define RUN ((size_t)1 << 27)
#define MOST_KEPT 4

typedef struct kept {
    mdm_fleet *fleet;
    size_t begin;
    size_t end;
    size_t n_live;
    char *copy;
} kept;

static _Alignas(max_align_t) char run[RUN];
static size_t n_kept_bytes;
static size_t used;
static kept all_kept[MOST_KEPT];

static size_t rounded(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void *cut(size_t size)
{
    char *block = run + used;
    LAW(rounded(size) <= RUN - used);
    used += rounded(size);
    return block;
}

static bool is_last(const char *block, size_t size)
{
    return block + rounded(size) == run + used;
}

static void *resize(void *block, size_t old_size, size_t new_size)
{
    void *moved = NULL;
    if (block != NULL && is_last(block, old_size)) {
        used = (size_t)((char *)block - run);
        return new_size == 0 ? NULL : cut(new_size);
    }
    if (new_size <= old_size) {
        return new_size == 0 ? NULL : block;
    }
    moved = cut(new_size);
    if (block != NULL) {
        memcpy(moved, block, old_size);
    }
    return moved;
}

char *law_block(const void *at, size_t len)
{
    char *block = NULL;
    lock();
    block = cut(len);
    unlock();
    if (len > 0) {
        memcpy(block, at, len);
    }
    return block;
}

void law_free(void *block)
{
    (void)block;
}

void law_memory_begin(void)
{
    n_live = 0;
    used = n_kept_bytes;
}

void law_memory_forget(void)
{
    for (size_t i = 0; i < MOST_KEPT; i++) {
        free(all_kept[i].copy);
        all_kept[i] = (kept){NULL, 0, 0, 0, NULL};
    }
    n_kept_bytes = 0;
}

/* Made behind what else this input has by now, which is left there as room that nobody uses. */
static void keep(kept *to, law_maker *make, size_t which)
{
    const size_t n_before = n_live;
    to->begin = used;
    to->fleet = make(which);
    to->end = used;
    to->n_live = n_live - n_before;
    to->copy = malloc(to->end - to->begin);
    LAW(to->copy != NULL);
    memcpy(to->copy, run + to->begin, to->end - to->begin);
    n_kept_bytes = used;
}

mdm_fleet *law_kept(law_maker *make, size_t which)
{
    kept *one = &all_kept[which];
    LAW(which < MOST_KEPT);
    if (one->copy == NULL) {
        keep(one, make, which);
    } else {
        memcpy(run + one->begin, one->copy, one->end - one->begin);
        n_live += one->n_live;
    }
    return one->fleet;
}

#else

static void *resize(void *block, size_t old_size, size_t new_size)
{
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, new_size);
    LAW(block != NULL);
    return block;
}

char *law_block(const void *at, size_t len)
{
    char *block = malloc(len + (len == 0));
    LAW(block != NULL);
    if (len > 0) {
        memcpy(block, at, len);
    }
    return block;
}

void law_free(void *block)
{
    free(block);
}

void law_memory_begin(void)
{
    n_live = 0;
}

void law_memory_forget(void)
{
}

mdm_fleet *law_kept(law_maker *make, size_t which)
{
    return make(which);
}

#endif

/* ---- The allocator ---- */

static void *give(void *context, void *block, size_t old_size, size_t new_size)
{
    void *given = NULL;
    (void)context;
    lock();
    if (new_size == 0 || !refuses()) {
        n_live += (block == NULL && new_size > 0) - (size_t)(block != NULL && new_size == 0);
        given = resize(block, old_size, new_size);
    }
    unlock();
    return given;
}

const mdm_allocator law_memory = {give, NULL};

void law_memory_end(void)
{
    LAW(n_live == 0);
}

void law_share(bool shared)
{
    is_shared = shared;
}

void law_refuse(size_t n_before, bool is_lasting)
{
    lock();
    refused = (refusal){n_before, true, is_lasting, false};
    unlock();
}

bool law_was_refused(void)
{
    bool was = false;
    lock();
    was = refused.was_made;
    refused = (refusal){0, false, false, false};
    unlock();
    return was;
}
