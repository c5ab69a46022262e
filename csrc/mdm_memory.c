/*
 * The allocator's door, growing arrays and the arena.
 */
#define _DEFAULT_SOURCE /* for madvise */

#include "mdm_memory.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#define ALIGNMENT (_Alignof(max_align_t))
#if defined(MDM_LONE_CHUNKS) /* all that an arena gives is a block, which an allocator may refuse */
#define FIRST_CHUNK ((size_t)0)
#define LARGEST_CHUNK ((size_t)0)
#else
#define FIRST_CHUNK ((size_t)4096)
#define LARGEST_CHUNK ((size_t)1 << 20)
#endif
#define LARGE_PAGE ((size_t)1 << 21)

struct mdm_chunk {
    mdm_chunk *before;
    size_t size; /* of storage, this header included */
    size_t used;
    max_align_t begin[];
};

/* Looking up where the small pages of the system are takes longer than reading them in order. */
static void *in_large_pages(void *block, size_t size)
{
#if defined(MADV_HUGEPAGE)
    const size_t before = (LARGE_PAGE - (uintptr_t)block % LARGE_PAGE) % LARGE_PAGE;
    if (block != NULL && size >= before + LARGE_PAGE) {
        /* A wish. */
        (void)madvise((char *)block + before, (size - before) / LARGE_PAGE * LARGE_PAGE,
                      MADV_HUGEPAGE);
    }
#else
    (void)size;
#endif
    return block;
}

static void *libc_resize(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return in_large_pages(realloc(block, new_size), new_size);
}

mdm_allocator mdm_allocator_or_default(const mdm_allocator *allocator)
{
    const mdm_allocator libc = {libc_resize, NULL};
    return allocator == NULL ? libc : *allocator;
}

/* Whether the product is more than this. Factors of so many bits need no division, which takes
   longer than all the rest. */
static bool is_more(size_t n, size_t element_size, size_t most)
{
    const size_t small = (size_t)1 << (sizeof(size_t) * 4 - 1);
    return (n >= small || element_size >= small) && n > most / element_size;
}

void *mdm_resize(const mdm_allocator *memory, void *block, size_t n_old, size_t n_new,
                 size_t element_size)
{
    if (is_more(n_new, element_size, SIZE_MAX / 2) || (n_new == 0 && block == NULL)) {
        return NULL;
    }
    return memory->resize(memory->context, block, n_old * element_size, n_new * element_size);
}

bool mdm_fit(const mdm_allocator *memory, void *pointer, size_t *capacity, size_t needed,
             size_t element_size)
{
    void *block = NULL;
    if (*capacity >= needed) {
        return true;
    }
    /* By memcpy, since a pointer to T* may not be read as a void **. */
    memcpy(&block, pointer, sizeof block);
    block = mdm_resize(memory, block, *capacity, needed, element_size);
    if (block == NULL) {
        return false;
    }
    memcpy(pointer, &block, sizeof block);
    *capacity = needed;
    return true;
}

bool mdm_reserve(const mdm_allocator *memory, void *pointer, size_t *capacity, size_t n,
                 size_t more, size_t element_size)
{
    size_t needed = 0;
    size_t grown = *capacity < SIZE_MAX / 2 ? *capacity + *capacity / 2 : SIZE_MAX / 2;
    if (mdm_has_room(*capacity, n, more)) {
        return true;
    }
    if (more > SIZE_MAX - n) {
        return false;
    }
    needed = n + more;
    if (grown < 8) {
        grown = 8;
    }
    return mdm_fit(memory, pointer, capacity, grown < needed ? needed : grown, element_size);
}

void mdm_trim(const mdm_allocator *memory, void *pointer, size_t *capacity, size_t n,
              size_t element_size)
{
    void *block = NULL;
    if (*capacity <= n) {
        return;
    }
    memcpy(&block, pointer, sizeof block);
    block = mdm_resize(memory, block, *capacity, n, element_size);
    if (block != NULL || n == 0) {
        memcpy(pointer, &block, sizeof block);
        *capacity = n;
    }
}

/* ---- The arena ---- */

static bool add_chunk(mdm_arena *arena, size_t needed)
{
    const size_t header = offsetof(mdm_chunk, begin);
    size_t size = arena->last == NULL ? FIRST_CHUNK : arena->last->size * 2;
    mdm_chunk *chunk = NULL;
    if (size > LARGEST_CHUNK) {
        size = LARGEST_CHUNK;
    }
    if (needed > SIZE_MAX / 4) {
        return false;
    }
    if (size < needed + header) {
        size = needed + header;
    }
    chunk = mdm_resize(arena->memory, NULL, 0, size, 1);
    if (chunk == NULL) {
        return false;
    }
    chunk->before = arena->last;
    chunk->size = size;
    chunk->used = header;
    arena->last = chunk;
    arena->bytes += size;
    return true;
}

bool mdm_arena_begin(mdm_arena *arena, size_t n)
{
    return arena->last != NULL || add_chunk(arena, n);
}

/* alignment: a power of two. */
static void *take(mdm_arena *arena, size_t size, size_t alignment)
{
    void *taken = NULL;
    size_t begin = 0;
    if (arena->last != NULL) {
        begin = (arena->last->used + alignment - 1) & ~(alignment - 1);
    }
    if (arena->last == NULL || begin > arena->last->size || arena->last->size - begin < size) {
        if (!add_chunk(arena, size)) {
            return NULL;
        }
        begin = arena->last->used;
    }
    taken = (char *)arena->last + begin;
    arena->last->used = begin + size;
    return taken;
}

void *mdm_take(mdm_arena *arena, size_t n, size_t element_size)
{
    if (is_more(n, element_size, SIZE_MAX / 4)) {
        return NULL;
    }
    return take(arena, n * element_size, element_size < ALIGNMENT ? sizeof(void *) : ALIGNMENT);
}

char *mdm_take_bytes(mdm_arena *arena, size_t n)
{
    return take(arena, n, 1);
}

bool mdm_take_text(mdm_arena *arena, mdm_text text, mdm_text *copy)
{
    char *at = mdm_take_bytes(arena, text.len);
    if (at == NULL) {
        return false;
    }
    if (text.len > 0) {
        memcpy(at, text.at, text.len);
    }
    *copy = (mdm_text){at, text.len};
    return true;
}

bool mdm_regrow(mdm_arena *arena, void *pointer, size_t *capacity, size_t n, size_t element_size)
{
    const size_t grown = *capacity == 0 ? 4 : *capacity * 2;
    void *old = NULL;
    void *block = NULL;
    block = mdm_take(arena, grown, element_size);
    if (block == NULL) {
        return false;
    }
    memcpy(&old, pointer, sizeof old);
    if (n > 0) {
        memcpy(block, old, n * element_size);
    }
    memcpy(pointer, &block, sizeof block);
    *capacity = grown;
    return true;
}

mdm_arena_mark mdm_arena_here(const mdm_arena *arena)
{
    return (mdm_arena_mark){arena->last, arena->last == NULL ? 0 : arena->last->used};
}

static void drop_chunk(mdm_arena *arena, mdm_chunk *chunk)
{
    arena->bytes -= chunk->size;
    mdm_resize(arena->memory, chunk, chunk->size, 0, 1);
}

void mdm_arena_back(mdm_arena *arena, mdm_arena_mark mark)
{
    while (arena->last != mark.last) {
        mdm_chunk *chunk = arena->last;
        arena->last = chunk->before;
        drop_chunk(arena, chunk);
    }
    if (arena->last != NULL) {
        arena->last->used = mark.used;
    }
}

void mdm_arena_reset(mdm_arena *arena)
{
    if (arena->last == NULL) {
        return;
    }
    while (arena->last->before != NULL) {
        mdm_chunk *chunk = arena->last->before;
        arena->last->before = chunk->before;
        drop_chunk(arena, chunk);
    }
    if (arena->last->size > LARGEST_CHUNK) {
        mdm_arena_free(arena);
    } else {
        arena->last->used = offsetof(mdm_chunk, begin);
    }
}

void mdm_arena_give(mdm_arena *arena, mdm_arena *to)
{
    mdm_chunk **oldest = &to->last;
    while (*oldest != NULL) {
        oldest = &(*oldest)->before;
    }
    *oldest = arena->last;
    to->bytes += arena->bytes;
    arena->last = NULL;
    arena->bytes = 0;
}

void mdm_arena_free(mdm_arena *arena)
{
    mdm_arena_back(arena, (mdm_arena_mark){NULL, 0});
}
