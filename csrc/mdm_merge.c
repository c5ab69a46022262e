/*
 * Numbers of the other compiler go on where those of the first end: nothing is looked up again, so
 * that what both have is there twice.
 */
#include "mdm_merge.h"

#include <string.h>

#define MOST (UINT32_MAX / 2) /* of anything that is numbered, as of mdm_texts_keep */

/* ---- Pieces ---- */

/* Texts are only counted and read from here on, so that they have no slots. */
static bool add_texts(const mdm_allocator *memory, mdm_texts *texts, const mdm_texts *others)
{
    if (!MDM_RESERVE(memory, texts, texts->n, others->n)) {
        return false;
    }
    if (others->n > 0) {
        memcpy(texts->at + texts->n, others->at, others->n * sizeof *others->at);
    }
    texts->n += others->n;
    return true;
}

/* What stands beside texts, before these are added. */
#define ADD_BESIDE(memory, to, from)                                                           \
    (MDM_RESERVE((memory), (to), (to)->texts.n, (from)->texts.n) &&                            \
     (copy((to)->at + (to)->texts.n, (from)->at, (from)->texts.n * sizeof *(from)->at), true) && \
     add_texts((memory), &(to)->texts, &(from)->texts))

static void copy(void *to, const void *from, size_t n_bytes)
{
    if (n_bytes > 0) {
        memcpy(to, from, n_bytes);
    }
}

static bool add_u32s(const mdm_allocator *memory, mdm_u32s *to, size_t n, const mdm_u32s *from,
                     size_t more, uint32_t moved)
{
    if (!MDM_RESERVE(memory, to, n, more)) {
        return false;
    }
    for (size_t i = 0; i < more; i++) {
        to->at[n + i] = from->at[i] == MDM_NONE ? MDM_NONE : from->at[i] + moved;
    }
    return true;
}

/* ---- Objects ---- */

/* Rows of clauses, of which each column begins behind those that are there. */
static bool add_rows(const mdm_allocator *memory, mdm_lists *lists, const mdm_lists *others,
                     const uint32_t *moved)
{
    const size_t n_columns = lists->columns.n_columns;
    const size_t n = lists->rows.n;
    for (size_t c = 0; c < n_columns; c++) {
        const size_t most = c + 1 < n_columns ? others->clauses[c].texts.n : others->joints.texts.n;
        if (most > 0 &&
            !mdm_columns_widen(memory, &lists->columns, c, moved[c] + (uint32_t)most)) {
            return false;
        }
    }
    if (!mdm_columns_reserve(memory, &lists->columns, n + others->rows.n) ||
        !add_u32s(memory, &lists->last, n, &others->last, others->rows.n,
                  (uint32_t)lists->n_objects)) {
        return false;
    }
    for (size_t c = 0; c < n_columns; c++) {
        for (size_t row = 0; row < others->rows.n; row++) {
            const uint32_t number = mdm_code(&others->columns, c, row);
            if (number != 0) {
                mdm_code_set(&lists->columns, c, n + row, moved[c] + number);
            }
        }
    }
    return add_texts(memory, &lists->rows, &others->rows);
}

static bool add_lists(const mdm_allocator *memory, mdm_lists *lists, const mdm_lists *others,
                      uint32_t first_row)
{
    const size_t n = lists->texts.n;
    const uint32_t n_objects = (uint32_t)lists->n_objects;
    if (!add_u32s(memory, &lists->objects, n_objects, &others->objects, others->n_objects,
                  first_row) ||
        !add_u32s(memory, &lists->before, n_objects, &others->before, others->n_objects,
                  n_objects) ||
        !ADD_BESIDE(memory, lists, others)) {
        return false;
    }
    for (size_t i = n; i < lists->texts.n; i++) {
        lists->at[i].first += n_objects;
    }
    lists->n_objects += others->n_objects;
    return true;
}

/* ---- Whole ---- */

static bool is_too_much(const mdm_lists *lists, const mdm_lists *others)
{
    /* There are no more joints than rows, and no more clauses of an attribute. */
    return lists->n_objects + others->n_objects > MOST || lists->rows.n + others->rows.n > MOST ||
           lists->texts.n + others->texts.n > MOST;
}

static bool merge_lists(const mdm_allocator *memory, mdm_lists *lists, const mdm_lists *others)
{
    const size_t n = lists->columns.n_columns - 1;
    const uint32_t first_row = (uint32_t)lists->rows.n;
    uint32_t moved[MDM_MAX_ATTRIBUTES + 1];
    for (size_t a = 0; a < n; a++) {
        moved[a] = (uint32_t)lists->clauses[a].texts.n;
        if (!ADD_BESIDE(memory, &lists->clauses[a], &others->clauses[a])) {
            return false;
        }
    }
    moved[n] = (uint32_t)lists->joints.texts.n;
    return ADD_BESIDE(memory, &lists->joints, &others->joints) &&
           add_rows(memory, lists, others, moved) && add_lists(memory, lists, others, first_row);
}

static uint32_t moved_value(const mdm_compiler *compiler, const mdm_moved *moved, size_t attribute,
                            uint32_t number)
{
    const size_t n = compiler->fleet->dictionaries[attribute].texts.n;
    return number > n ? number + moved->values[attribute] : number;
}

static bool merge_values(mdm_compiler *compiler, const mdm_compiler *other, mdm_moved *moved)
{
    const mdm_scheme *scheme = &compiler->fleet->scheme;
    for (size_t a = 0; a < scheme->n_attributes; a++) {
        moved->values[a] = (uint32_t)compiler->values[a].texts.n;
        moved->has_values = moved->has_values || other->values[a].texts.n > 0;
        if (!ADD_BESIDE(compiler->memory, &compiler->values[a], &other->values[a])) {
            return false;
        }
    }
    for (size_t i = 0; i < other->needs.n; i++) {
        const mdm_needed *needed = &other->needs.at[i];
        const size_t of = scheme->attributes[needed->attribute].of;
        if (!mdm_need_relation(compiler, needed->attribute,
                               moved_value(compiler, moved, of, needed->number))) {
            return false;
        }
    }
    return true;
}

mdm_status mdm_compiler_merge(mdm_compiler *compiler, mdm_compiler *other, mdm_moved *moved)
{
    *moved = (mdm_moved){.lists = (uint32_t)compiler->own.texts.n};
    if (is_too_much(&compiler->own, &other->own)) {
        return MDM_TOO_MANY;
    }
    mdm_arena_give(&other->arena, &compiler->arena);
    return merge_lists(compiler->memory, &compiler->own, &other->own) &&
                   merge_values(compiler, other, moved)
               ? MDM_OK
               : MDM_NO_MEMORY;
}

mdm_status mdm_compiled_move(mdm_compiler *compiler, const mdm_moved *moved, mdm_compiled *source)
{
    const size_t n = compiler->fleet->scheme.n_attributes;
    uint32_t *values = NULL;
    source->list += source->list == MDM_NONE ? 0 : moved->lists;
    if (!moved->has_values) {
        return MDM_OK;
    }
    /* Sources that say the same share their numbers. */
    values = mdm_take(&compiler->arena, n, sizeof *values);
    if (values == NULL) {
        return MDM_NO_MEMORY;
    }
    for (size_t a = 0; a < n; a++) {
        values[a] = moved_value(compiler, moved, a, source->values[a]);
    }
    source->values = values;
    return MDM_OK;
}
