/*
 * The store of lists, objects and clauses.
 */
#include "mdm_lists.h"

#include <string.h>

bool mdm_lists_new(const mdm_allocator *memory, mdm_lists *lists, size_t n_attributes)
{
    mdm_columns columns;
    memset(lists, 0, sizeof *lists);
    if (!mdm_columns_new(memory, &columns, n_attributes + 1)) {
        return false;
    }
    lists->clauses = mdm_resize(memory, NULL, 0, n_attributes + 1, sizeof *lists->clauses);
    if (lists->clauses == NULL) {
        mdm_columns_free(memory, &columns);
        return false;
    }
    memset(lists->clauses, 0, (n_attributes + 1) * sizeof *lists->clauses);
    lists->columns = columns;
    return true;
}

void mdm_lists_free(const mdm_allocator *memory, mdm_lists *lists)
{
    const size_t n_columns = lists->columns.n_columns;
    if (lists->clauses == NULL) {
        return;
    }
    for (size_t i = 0; i + 1 < n_columns; i++) {
        mdm_texts_free(&lists->clauses[i].texts, memory);
        MDM_TRIM(memory, &lists->clauses[i], 0);
    }
    mdm_resize(memory, lists->clauses, n_columns, 0, sizeof *lists->clauses);
    mdm_columns_free(memory, &lists->columns);
    mdm_texts_free(&lists->texts, memory);
    MDM_TRIM(memory, lists, 0);
    MDM_TRIM(memory, &lists->objects, 0);
    MDM_TRIM(memory, &lists->before, 0);
    MDM_TRIM(memory, &lists->last, 0);
    mdm_texts_free(&lists->rows, memory);
    mdm_texts_free(&lists->joints.texts, memory);
    MDM_TRIM(memory, &lists->joints, 0);
}

size_t mdm_lists_bytes(const mdm_lists *lists)
{
    size_t bytes = mdm_texts_bytes(&lists->texts) + lists->capacity * sizeof *lists->at +
                   (lists->objects.capacity + lists->before.capacity + lists->last.capacity) *
                       sizeof *lists->objects.at +
                   mdm_texts_bytes(&lists->rows) + mdm_columns_bytes(&lists->columns) +
                   mdm_texts_bytes(&lists->joints.texts) +
                   lists->joints.capacity * sizeof *lists->joints.at +
                   lists->columns.n_columns * sizeof *lists->clauses;
    for (size_t i = 0; i + 1 < lists->columns.n_columns; i++) {
        bytes += mdm_texts_bytes(&lists->clauses[i].texts) +
                 lists->clauses[i].capacity * sizeof *lists->clauses[i].at;
    }
    return bytes;
}

/* ---- Marks ---- */

void mdm_lists_here(const mdm_lists *lists, mdm_lists_mark *mark)
{
    mark->n = lists->texts.n;
    mark->n_objects = lists->n_objects;
    mark->n_rows = lists->rows.n;
    mark->n_joints = lists->joints.texts.n;
    for (size_t i = 0; i + 1 < lists->columns.n_columns; i++) {
        mark->n_clauses[i] = lists->clauses[i].texts.n;
    }
}

void mdm_lists_cut(mdm_lists *lists, const mdm_lists_mark *mark)
{
    for (size_t row = mark->n_rows; row < lists->rows.n; row++) {
        for (size_t i = 0; i < lists->columns.n_columns; i++) {
            mdm_code_set(&lists->columns, i, row, 0);
        }
    }
    while (lists->n_objects > mark->n_objects) {
        lists->n_objects--;
        lists->last.at[lists->objects.at[lists->n_objects]] = lists->before.at[lists->n_objects];
    }
    mdm_texts_cut(&lists->texts, mark->n);
    mdm_texts_cut(&lists->rows, mark->n_rows);
    mdm_texts_cut(&lists->joints.texts, mark->n_joints);
    for (size_t i = 0; i + 1 < lists->columns.n_columns; i++) {
        mdm_texts_cut(&lists->clauses[i].texts, mark->n_clauses[i]);
    }
}

/* ---- In ---- */

mdm_status mdm_lists_add_clause(mdm_lists *lists, mdm_arena *arena, mdm_text text, uint64_t hash,
                                const mdm_lone_clause *clause, uint32_t *number)
{
    mdm_clauses *clauses = &lists->clauses[clause->clause.attribute];
    mdm_status status = MDM_NO_MEMORY;
    if (MDM_RESERVE(arena->memory, clauses, clauses->texts.n, 1)) {
        status = mdm_texts_keep(&clauses->texts, arena->memory, text, hash, number);
    }
    if (status == MDM_OK) {
        clauses->at[(*number)++] = *clause;
    }
    return status;
}

mdm_status mdm_lists_add_joint(mdm_lists *lists, mdm_arena *arena, mdm_text text, uint64_t hash,
                               const mdm_joint *joint, uint32_t *number)
{
    mdm_joints *joints = &lists->joints;
    mdm_status status = MDM_NO_MEMORY;
    if (MDM_RESERVE(arena->memory, joints, joints->texts.n, 1)) {
        status = mdm_texts_add(&joints->texts, arena, text, hash, number);
    }
    if (status == MDM_OK) {
        joints->at[(*number)++] = *joint;
    }
    return status;
}

/* Seven bits a byte, the lowest first; the last byte of a number has the top bit clear. */
static size_t pack(const uint32_t *numbers, size_t n, char *packed)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t left = numbers[i];
        for (; left >= 0x80; left >>= 7) {
            packed[len++] = (char)(left | 0x80);
        }
        packed[len++] = (char)left;
    }
    return len;
}

mdm_status mdm_lists_intern_row(mdm_lists *lists, mdm_arena *arena, const uint32_t *numbers,
                                uint32_t *row)
{
    const size_t n_columns = lists->columns.n_columns;
    char packed[5 * (MDM_MAX_ATTRIBUTES + 1)] = {0};
    const size_t len = pack(numbers, n_columns, packed);
    const mdm_text text = {packed, len};
    const uint64_t hash = mdm_hash(text.at, text.len);
    mdm_status status = MDM_OK;
    *row = mdm_texts_find(&lists->rows, text, hash);
    if (*row != MDM_NONE) {
        return MDM_OK;
    }
    for (size_t i = 0; i < n_columns; i++) {
        if (!mdm_column_holds(&lists->columns, i, numbers[i]) &&
            !mdm_columns_widen(arena->memory, &lists->columns, i, numbers[i])) {
            return MDM_NO_MEMORY;
        }
    }
    if (!mdm_columns_reserve(arena->memory, &lists->columns, lists->rows.n + 1) ||
        !MDM_RESERVE(arena->memory, &lists->last, lists->rows.n, 1)) {
        return MDM_NO_MEMORY;
    }
    status = mdm_texts_add(&lists->rows, arena, text, hash, row);
    if (status != MDM_OK) {
        return status;
    }
    lists->last.at[*row] = MDM_NONE;
    for (size_t i = 0; i < n_columns; i++) {
        mdm_code_set(&lists->columns, i, *row, numbers[i]);
    }
    return MDM_OK;
}

mdm_status mdm_lists_add(mdm_lists *lists, const mdm_allocator *memory, mdm_text text,
                         uint64_t hash, const uint32_t *rows, size_t n_rows, uint32_t *number)
{
    mdm_status status = MDM_NO_MEMORY;
    if (n_rows > UINT32_MAX - lists->n_objects) {
        return MDM_TOO_MANY;
    }
    if (MDM_RESERVE(memory, lists, lists->texts.n, 1) &&
        MDM_RESERVE(memory, &lists->objects, lists->n_objects, n_rows) &&
        MDM_RESERVE(memory, &lists->before, lists->n_objects, n_rows)) {
        status = mdm_texts_keep(&lists->texts, memory, text, hash, number);
    }
    if (status != MDM_OK) {
        return status;
    }
    lists->at[*number] = (mdm_list){(uint32_t)lists->n_objects, (uint32_t)n_rows, 0};
    for (size_t i = 0; i < n_rows; i++, lists->n_objects++) {
        lists->objects.at[lists->n_objects] = rows[i];
        lists->before.at[lists->n_objects] = lists->last.at[rows[i]];
        lists->last.at[rows[i]] = (uint32_t)lists->n_objects;
    }
    return MDM_OK;
}

/* The last list that begins at or before it: empty ones after that begin behind it. */
size_t mdm_lists_find(const mdm_lists *lists, uint32_t object)
{
    size_t low = 0;
    size_t high = lists->texts.n;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (lists->at[middle].first <= object) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}
