/*
 * The rows of classes: each class knows its rows, and each row its class.
 */
#include <string.h>

#include "mdm_fleet.h"

static size_t number_bytes(const mdm_fleet *fleet)
{
    return fleet->rows.class_of.is_wide ? sizeof(uint32_t) : sizeof(uint16_t);
}

void mdm_row_classes_set(mdm_fleet *fleet, size_t first, const uint32_t *classes, size_t n)
{
    const mdm_class_of *class_of = &fleet->rows.class_of;
    uint16_t *narrow = class_of->at;
    if (class_of->is_wide) {
        memcpy((uint32_t *)class_of->at + first, classes, n * sizeof *classes);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        narrow[first + i] = (uint16_t)classes[i];
    }
}

bool mdm_row_classes_reserve(mdm_fleet *fleet, size_t n, size_t more)
{
    mdm_class_of *class_of = &fleet->rows.class_of;
    return mdm_reserve(&fleet->memory, &class_of->at, &class_of->capacity, n, more,
                       number_bytes(fleet));
}

bool mdm_row_classes_widen(mdm_fleet *fleet)
{
    mdm_class_of *class_of = &fleet->rows.class_of;
    mdm_class_of wide = {NULL, class_of->capacity, true};
    if (class_of->is_wide) {
        return true;
    }
    wide.at = mdm_resize(&fleet->memory, NULL, 0, wide.capacity, sizeof(uint32_t));
    if (wide.at == NULL && wide.capacity > 0) {
        return false;
    }
    for (size_t row = 0; row < wide.capacity; row++) {
        ((uint32_t *)wide.at)[row] = ((const uint16_t *)class_of->at)[row];
    }
    mdm_resize(&fleet->memory, class_of->at, class_of->capacity, 0, sizeof(uint16_t));
    *class_of = wide;
    return true;
}

void mdm_row_classes_trim(mdm_fleet *fleet, size_t n)
{
    mdm_class_of *class_of = &fleet->rows.class_of;
    mdm_trim(&fleet->memory, &class_of->at, &class_of->capacity, n, number_bytes(fleet));
}

mdm_status mdm_class_reserve(mdm_fleet *fleet, uint32_t class, size_t more, bool is_packed)
{
    mdm_class *at = NULL;
    if (fleet->classes.is_flat) {
        return MDM_OK;
    }
    at = &fleet->classes.at[class];
    return mdm_leaves_reserve(&fleet->memory, at, at->n_rows + more, is_packed);
}

/* By row and not by class: few rows are of few classes. */
static mdm_status reserve_counted(mdm_fleet *fleet, size_t first, size_t n, bool is_packed,
                                  uint32_t *counts)
{
    mdm_status status = MDM_OK;
    memset(counts, 0, fleet->classes.n * sizeof *counts);
    for (size_t row = first; row < first + n; row++) {
        counts[mdm_row_class(fleet, row)]++;
    }
    for (size_t row = first; row < first + n && status == MDM_OK; row++) {
        const uint32_t class = mdm_row_class(fleet, row);
        if (counts[class] > 0) {
            status = mdm_class_reserve(fleet, class, counts[class], is_packed);
            counts[class] = 0;
        }
    }
    return status;
}

mdm_status mdm_class_reserve_rows(mdm_fleet *fleet, size_t first, size_t n, bool is_packed)
{
    const size_t n_classes = fleet->classes.n;
    uint32_t *counts = NULL;
    mdm_status status = MDM_NO_MEMORY;
    if (fleet->classes.is_flat) {
        return MDM_OK;
    }
    counts = mdm_resize(&fleet->memory, NULL, 0, n_classes, sizeof *counts);
    if (counts != NULL) {
        status = reserve_counted(fleet, first, n, is_packed, counts);
        mdm_resize(&fleet->memory, counts, n_classes, 0, sizeof *counts);
    }
    return status;
}

static void note_live(mdm_fleet *fleet, uint32_t class, bool is_live)
{
    mdm_class_table *classes = &fleet->classes;
    const uint32_t list = mdm_code(&classes->columns, classes->columns.n_columns - 1, class);
    classes->n_live += is_live ? 1 : SIZE_MAX;
    classes->live.at[class / 64] ^= (uint64_t)1 << class % 64;
    if (list != 0) {
        fleet->lists.at[list - 1].n_classes += is_live ? 1U : UINT32_MAX;
    }
}

void mdm_class_push(mdm_fleet *fleet, uint32_t class, uint32_t row)
{
    mdm_class *at = NULL;
    mdm_row_class_set(fleet, row, class);
    if (fleet->classes.is_flat) {
        note_live(fleet, class, true);
        fleet->classes.row_of.at[class] = row;
        return;
    }
    at = &fleet->classes.at[class];
    if (at->n_rows == 0) {
        note_live(fleet, class, true);
    }
    mdm_leaves_insert(at, row);
}

/* To each class what a step says: classes that are in use only. */
static void each_class(mdm_fleet *fleet, void (*step)(mdm_class *class))
{
    for (size_t class = 1; class < fleet->classes.n; class++) {
        if (fleet->classes.at[class].capacity != MDM_FREE_CLASS) {
            step(&fleet->classes.at[class]);
        }
    }
}

static void append_rows(mdm_fleet *fleet, size_t first, size_t n)
{
    /* A copy stays what it is, whatever rows are written to. */
    const mdm_class_of class_of = fleet->rows.class_of;
    mdm_class *classes = fleet->classes.at;
    for (size_t row = first; row < first + n; row++) {
        const uint32_t class = mdm_class_at(&class_of, row);
        if (class != 0) {
            mdm_leaves_append(&classes[class], (uint32_t)row);
        }
    }
}

void mdm_class_push_rows(mdm_fleet *fleet, size_t first, size_t n)
{
    each_class(fleet, mdm_leaves_open);
    append_rows(fleet, first, n);
    each_class(fleet, mdm_leaves_close);
    for (size_t class = 1; class < fleet->classes.n; class++) {
        const mdm_class *at = &fleet->classes.at[class];
        if (at->capacity != MDM_FREE_CLASS &&
            mdm_class_is_live(fleet, class) != (at->n_rows > 0)) {
            note_live(fleet, (uint32_t)class, true);
        }
    }
}

void mdm_row_sizes(const mdm_fleet *fleet, uint32_t *sizes)
{
    memset(sizes, 0, fleet->classes.n * sizeof *sizes);
    for (size_t row = 0; row < fleet->rows.n; row++) {
        sizes[mdm_row_class(fleet, row)]++;
    }
}

void mdm_class_push_all(mdm_fleet *fleet, const uint32_t *sizes)
{
    for (size_t class = 1; class < fleet->classes.n; class++) {
        if (mdm_class_is_live(fleet, class) != (sizes[class] > 0)) {
            note_live(fleet, (uint32_t)class, sizes[class] > 0);
        }
    }
    each_class(fleet, mdm_leaves_clear);
    append_rows(fleet, 0, fleet->rows.n);
    each_class(fleet, mdm_leaves_close);
    for (size_t class = 1; class < fleet->classes.n; class++) {
        mdm_class_settle(fleet, (uint32_t)class);
    }
}

static void note_zones(mdm_class_table *classes, uint32_t class, uint32_t from)
{
    for (size_t k = 0; k < classes->zones.n_keys; k++) {
        mdm_zones_note(&classes->zones, class, k,
                       mdm_code(&classes->columns, classes->zones.columns[k], from));
    }
}

/* Bit by bit to a whole word, then words. */
static void set_bits(uint64_t *words, size_t first, size_t n)
{
    size_t i = first;
    for (; i < first + n && i % 64 != 0; i++) {
        words[i / 64] |= (uint64_t)1 << i % 64;
    }
    for (; first + n - i >= 64; i += 64) {
        words[i / 64] = UINT64_MAX;
    }
    for (; i < first + n; i++) {
        words[i / 64] |= (uint64_t)1 << i % 64;
    }
}

void mdm_class_push_run(mdm_fleet *fleet, size_t class, size_t n)
{
    mdm_class_table *classes = &fleet->classes;
    const size_t lists = classes->columns.n_columns - 1;
    set_bits(classes->live.at, class, n);
    classes->n_live += n;
    for (size_t i = 0; i < n && classes->columns.at[lists].n_bytes > 0; i++) {
        const uint32_t list = mdm_code(&classes->columns, lists, class + i);
        if (list != 0) {
            fleet->lists.at[list - 1].n_classes++;
        }
    }
}

void mdm_class_take(mdm_fleet *fleet, uint32_t class, uint32_t row)
{
    mdm_class *at = &fleet->classes.at[class];
    mdm_leaves_remove(at, row);
    if (at->n_rows == 0) {
        note_live(fleet, class, false);
    }
}

void mdm_class_settle(mdm_fleet *fleet, uint32_t class)
{
    mdm_class *at = &fleet->classes.at[class];
    if (at->capacity != MDM_FREE_CLASS) {
        mdm_leaves_shrink(&fleet->memory, at);
        mdm_class_drop_empty(fleet, class);
    }
}

void mdm_class_pull(mdm_fleet *fleet, uint32_t class, uint32_t row)
{
    if (fleet->classes.is_flat) {
        note_live(fleet, class, false);
        mdm_class_drop_empty(fleet, class);
        return;
    }
    mdm_class_take(fleet, class, row);
    mdm_class_settle(fleet, class);
}

void mdm_class_succeed(mdm_fleet *fleet, uint32_t class, uint32_t row)
{
    mdm_class_table *classes = &fleet->classes;
    const uint32_t old = mdm_row_class(fleet, row);
    note_live(fleet, old, false);
    classes->row_of.at[old] = classes->free;
    classes->free = old;
    mdm_class_push(fleet, class, row);
}

static void copy_codes(const mdm_fleet *fleet, uint32_t class, uint32_t from)
{
    const mdm_columns *columns = &fleet->classes.columns;
    for (size_t i = 0; i < columns->n_columns; i++) {
        mdm_code_set(columns, i, class, mdm_code(columns, i, from));
    }
}

size_t mdm_class_recode(mdm_fleet *fleet, uint32_t row, uint32_t from, size_t end)
{
    mdm_class_table *classes = &fleet->classes;
    const uint32_t run = mdm_class_run_of(classes, from);
    const uint32_t old = mdm_row_class(fleet, row);
    const bool stays = run == mdm_class_run_of(classes, old);
    uint32_t class = stays ? old : mdm_free_take(classes, run);
    if (class == 0) {
        class = (uint32_t)end++;
    } else if (run != MDM_NO_RUN) {
        classes->n_unsorted--; /* as which `from` was counted */
    }
    note_zones(classes, class, from);
    note_live(fleet, old, false);
    if (!stays) {
        mdm_class_drop_empty(fleet, old);
    }
    copy_codes(fleet, class, from);
    mdm_class_push(fleet, class, row);
    return end;
}
