/*
 * The rows of one class, ascending, so that an answer is copied and not sorted. A single row stands
 * inline: where all descriptions differ, a block a class would cost more than all the rest. Some
 * rows are one run. More are cut into leaves, so that a row that comes or goes moves those of its
 * leaf and no others.
 */
#ifndef MDM_LEAVES_H
#define MDM_LEAVES_H

#include "mdm_memory.h"

/* Cells of a leaf; the first says how many rows it has. */
#define MDM_LEAF 512
#define MDM_LEAF_ROWS (MDM_LEAF - 1)

#define MDM_FREE_CLASS UINT32_MAX

typedef struct mdm_class {
    uint32_t n_rows;
    uint32_t capacity; /* cells; 0: inline; above MDM_LEAF: leaves; MDM_FREE_CLASS: not in use */
    union {
        uint32_t one; /* or the next free class */
        uint32_t *many;
    } rows;
} mdm_class;

typedef struct mdm_run_of_rows {
    const uint32_t *at;
    size_t n;
} mdm_run_of_rows;

/* Room for so many rows. is_packed: leaves are full from the first on, and as few as can be. */
mdm_status mdm_leaves_reserve(const mdm_allocator *memory, mdm_class *class, size_t n_rows,
                              bool is_packed);
/* There is room, and the row is not there. */
void mdm_leaves_insert(mdm_class *class, uint32_t row);
void mdm_leaves_remove(mdm_class *class, uint32_t row); /* which is there */
/* Many rows at once, above all others, are appended to one run, which then becomes full leaves. */
void mdm_leaves_open(mdm_class *class);
void mdm_leaves_clear(mdm_class *class); /* without a row, and open */
void mdm_leaves_close(mdm_class *class);
/* Gives memory back where three quarters of it lie idle; a wish, like MDM_TRIM. */
void mdm_leaves_shrink(const mdm_allocator *memory, mdm_class *class);

/* Open, with room. */
static inline void mdm_leaves_append(mdm_class *class, uint32_t row)
{
    if (class->capacity == 0) {
        class->rows.one = row;
    } else {
        class->rows.many[class->n_rows] = row;
    }
    class->n_rows++;
}

static inline size_t mdm_leaves_count(const mdm_class *class)
{
    return class->capacity <= MDM_LEAF ? 1 : ((size_t)class->capacity + MDM_LEAF - 1) / MDM_LEAF;
}

/* The rows of a leaf, which may be none. */
static inline mdm_run_of_rows mdm_leaves_run(const mdm_class *class, size_t leaf)
{
    const uint32_t *at = NULL;
    if (class->capacity == 0) {
        return (mdm_run_of_rows){&class->rows.one, class->n_rows};
    }
    if (class->capacity <= MDM_LEAF) {
        return (mdm_run_of_rows){class->rows.many, class->n_rows};
    }
    at = class->rows.many + leaf * MDM_LEAF;
    return (mdm_run_of_rows){at + 1, at[0]};
}

#endif
