/*
 * Memory: the one door to the allocator, growing arrays, an arena, and interned texts.
 *
 * An arena gives memory that is only ever taken back from its end. So all that a failed call
 * has added to a fleet is undone by going back to a mark.
 */
#ifndef MDM_MEMORY_H
#define MDM_MEMORY_H

#include <stdbool.h>

#include "mdm.h"
#include "mdm_holds.h"

typedef struct mdm_text {
    const char *at;
    size_t len;
} mdm_text;

/* What a caller gave; NULL and no bytes are an empty text. */
static inline mdm_text mdm_given(const char *text, size_t text_len)
{
    return (mdm_text){text == NULL ? "" : text, text_len};
}

typedef struct mdm_u32s {
    uint32_t *at;
    size_t capacity;
} mdm_u32s;

mdm_allocator mdm_allocator_or_default(const mdm_allocator *allocator);

/* Counts are of elements; a product that does not fit answers NULL as a lack of memory does. */
void *mdm_resize(const mdm_allocator *memory, void *block, size_t n_old, size_t n_new,
                 size_t element_size);

/* pointer is the address of the array's pointer. Growing is by half, MDM_FIT exact; MDM_TRIM is
   a wish and cannot fail. */
bool mdm_reserve(const mdm_allocator *memory, void *pointer, size_t *capacity, size_t n,
                 size_t more, size_t element_size);
bool mdm_fit(const mdm_allocator *memory, void *pointer, size_t *capacity, size_t needed,
             size_t element_size);
void mdm_trim(const mdm_allocator *memory, void *pointer, size_t *capacity, size_t n,
              size_t element_size);

/* Most often there is room, and no call. */
static inline bool mdm_has_room(size_t capacity, size_t n, size_t more)
{
    return capacity >= n && capacity - n >= more;
}

#define MDM_RESERVE(memory, array, n, more)              \
    (mdm_has_room((array)->capacity, (n), (more)) ||     \
     mdm_reserve((memory), &(array)->at, &(array)->capacity, (n), (more), sizeof *(array)->at))
#define MDM_FIT(memory, array, needed) \
    mdm_fit((memory), &(array)->at, &(array)->capacity, (needed), sizeof *(array)->at)
#define MDM_TRIM(memory, array, n) \
    mdm_trim((memory), &(array)->at, &(array)->capacity, (n), sizeof *(array)->at)

typedef struct mdm_chunk mdm_chunk;

typedef struct mdm_arena {
    const mdm_allocator *memory;
    mdm_chunk *last;
    size_t bytes; /* of storage, for the sizes that the fleet tells */
} mdm_arena;

typedef struct mdm_arena_mark {
    const mdm_chunk *last;
    size_t used;
} mdm_arena_mark;

/* Makes room for n bytes in an arena that is empty, so that they are taken at once. */
bool mdm_arena_begin(mdm_arena *arena, size_t n);
void *mdm_take(mdm_arena *arena, size_t n, size_t element_size); /* aligned for any value */
bool mdm_take_text(mdm_arena *arena, mdm_text text, mdm_text *copy);
char *mdm_take_bytes(mdm_arena *arena, size_t n);
/* Grows an array that lives in the arena; the old place is lost until the arena is freed. */
bool mdm_regrow(mdm_arena *arena, void *pointer, size_t *capacity, size_t n, size_t element_size);
mdm_arena_mark mdm_arena_here(const mdm_arena *arena);
void mdm_arena_back(mdm_arena *arena, mdm_arena_mark mark);
void mdm_arena_reset(mdm_arena *arena); /* empty, with a chunk kept for the next use */
/* What is in the one goes with the other, and the one is empty. */
void mdm_arena_give(mdm_arena *arena, mdm_arena *to);
void mdm_arena_free(mdm_arena *arena);

#define MDM_REGROW(arena, array, n)   \
    ((n) < (array)->capacity ||       \
     mdm_regrow((arena), &(array)->at, &(array)->capacity, (n), sizeof *(array)->at))

/* Interned texts: each text has one number, from 0 in the order of arrival. */
typedef struct mdm_entry {
    const char *at;
    uint32_t len;
    uint32_t hash;
} mdm_entry;

/* The hash is here too, so that only what is found is looked at. */
typedef struct mdm_slot {
    uint32_t place; /* the number + 1; 0 is empty */
    uint32_t hash;
} mdm_slot;

typedef struct mdm_texts {
    mdm_entry *at;
    size_t capacity;
    size_t n;
    mdm_slot *slots;
    size_t n_slots;  /* a power of two, or 0 */
} mdm_texts;

#define MDM_NONE UINT32_MAX

uint64_t mdm_hash(const char *at, size_t len);
uint32_t mdm_texts_find(const mdm_texts *texts, mdm_text text, uint64_t hash);
mdm_status mdm_texts_add(mdm_texts *texts, mdm_arena *arena, mdm_text text, uint64_t hash,
                         uint32_t *number);
/* A text that stays where it is. */
mdm_status mdm_texts_keep(mdm_texts *texts, const mdm_allocator *memory, mdm_text text,
                          uint64_t hash, uint32_t *number);
void mdm_texts_cut(mdm_texts *texts, size_t n); /* forgets the numbers from n on */
void mdm_texts_free(mdm_texts *texts, const mdm_allocator *memory);
size_t mdm_texts_bytes(const mdm_texts *texts);

/* In place and without memory, unlike qsort of the C library. */
typedef int mdm_order(const void *left, const void *right, const void *context);
void mdm_sort(void *at, size_t n, size_t element_size, mdm_order *order, const void *context);

#endif
