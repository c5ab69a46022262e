/*
 * Many devices replaced at once by what a reader has read. All memory is taken before the first
 * row changes.
 */
#include "mdm_reader.h"

static mdm_status check_rows(const mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i] >= fleet->rows.n || mdm_row_class(fleet, rows[i]) == 0) {
            return MDM_NO_ROW;
        }
    }
    return MDM_OK;
}

/* ---- Classes ---- */

/* The class that a row leaves stands where its new one stood, until all have moved: one that is
   empty in between may be another row's. */
static void move_rows(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    const size_t n = fleet->rows.n;
    for (size_t i = 0; i < n_rows; i++) {
        const uint32_t old = mdm_row_class(fleet, rows[i]);
        const uint32_t class = mdm_row_class(fleet, n + i);
        if (old != class) {
            mdm_class_take(fleet, old, rows[i]);
            mdm_class_push(fleet, class, rows[i]);
            mdm_row_class_set(fleet, n + i, old);
        }
    }
    for (size_t i = 0; i < n_rows; i++) {
        mdm_class_settle(fleet, mdm_row_class(fleet, n + i));
    }
}

/* ---- Many rows: lists of rows are written anew, in order ---- */

/* Rows are anywhere; those that come soon are asked for. */
#define AHEAD ((size_t)32)

static void exchange(mdm_fleet *fleet, uint32_t row, size_t other)
{
    const uint32_t class = mdm_row_class(fleet, row);
    mdm_row_class_set(fleet, row, mdm_row_class(fleet, other));
    mdm_row_class_set(fleet, other, class);
}

static mdm_status reserve_sizes(mdm_fleet *fleet, uint32_t *sizes)
{
    mdm_status status = MDM_OK;
    mdm_row_sizes(fleet, sizes);
    for (size_t class = 1; class < fleet->classes.n && status == MDM_OK; class++) {
        const uint32_t size = mdm_class_size(fleet, class);
        if (sizes[class] > size) {
            status = mdm_class_reserve(fleet, (uint32_t)class, sizes[class] - size, false);
        }
    }
    return status;
}

static mdm_status refill(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    const size_t n = fleet->classes.n;
    uint32_t *sizes = mdm_resize(&fleet->memory, NULL, 0, n, sizeof *sizes);
    mdm_status status = MDM_NO_MEMORY;
    if (sizes == NULL) {
        return status;
    }
    for (size_t i = 0; i < n_rows; i++) {
        exchange(fleet, rows[i], fleet->rows.n + i);
    }
    status = reserve_sizes(fleet, sizes);
    if (status == MDM_OK) {
        mdm_class_push_all(fleet, sizes);
    }
    /* A row that came twice gets back what it had before the first time. */
    for (size_t i = n_rows; i > 0 && status != MDM_OK; i--) {
        exchange(fleet, rows[i - 1], fleet->rows.n + i - 1);
    }
    mdm_resize(&fleet->memory, sizes, n, 0, sizeof *sizes);
    return status;
}

/* ---- A flat table ---- */

/* Where the order is made anew in the end, the new classes stay and the old ones go. */
static void succeed_rows(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        if (n_rows - i > AHEAD) {
            const uint32_t class = mdm_row_class(fleet, rows[i + AHEAD / 2]);
            __builtin_prefetch(mdm_row_class_at(fleet, rows[i + AHEAD]));
            __builtin_prefetch(&fleet->classes.row_of.at[class], 1);
        }
        mdm_class_succeed(fleet, mdm_row_class(fleet, fleet->rows.n + i), rows[i]);
    }
}

static void recode_rows(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    size_t end = fleet->read_from->n_classes;
    for (size_t i = 0; i < n_rows; i++) {
        end = mdm_class_recode(fleet, rows[i], mdm_row_class(fleet, fleet->rows.n + i), end);
    }
    mdm_class_cut(fleet, end);
}

static mdm_status change_classes(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    mdm_status status = MDM_OK;
    if (fleet->classes.is_flat) {
        if (mdm_classes_is_unsorted(fleet)) {
            succeed_rows(fleet, rows, n_rows);
        } else {
            recode_rows(fleet, rows, n_rows);
        }
        return MDM_OK;
    }
    if (n_rows > fleet->rows.n / MDM_MANY_SHARE) {
        return refill(fleet, rows, n_rows);
    }
    status = mdm_class_reserve_rows(fleet, fleet->rows.n, n_rows, false);
    if (status == MDM_OK) {
        move_rows(fleet, rows, n_rows);
    }
    return status;
}

/* ---- Names ---- */

static void rename_rows(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    uint64_t *words = fleet->rows.name.at;
    size_t wasted = 0;
    for (size_t i = 0; i < n_rows; i++) {
        wasted += mdm_names_len(words[rows[i]]);
        words[rows[i]] = words[fleet->rows.n + i];
    }
    mdm_names_waste(fleet, wasted);
}

mdm_status mdm_reader_replace(mdm_reader *reader, const uint32_t *rows, size_t n_rows)
{
    mdm_fleet *fleet = reader == NULL ? NULL : mdm_reader_fleet(reader);
    bool is_sorted_anew = false;
    mdm_status status = MDM_OK;
    if (fleet == NULL || (rows == NULL && n_rows > 0) || n_rows != mdm_reader_count(reader)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    is_sorted_anew = mdm_classes_is_unsorted(fleet);
    status = check_rows(fleet, rows, n_rows);
    if (status == MDM_OK) {
        status = change_classes(fleet, rows, n_rows);
    }
    if (status != MDM_OK) {
        return status;
    }
    if (fleet->keeps_names) {
        rename_rows(fleet, rows, n_rows);
    }
    mdm_reader_end(reader);
    if (is_sorted_anew) {
        mdm_class_clear_free(fleet);
    }
    return MDM_OK;
}
