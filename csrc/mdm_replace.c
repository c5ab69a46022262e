/*
 * Many devices replaced at once by what a reader has read. All memory is taken before the first
 * row changes.
 */
#include <string.h>

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

static mdm_status reserve_counted(mdm_fleet *fleet, size_t n_rows, uint32_t *counts)
{
    mdm_status status = MDM_OK;
    memset(counts, 0, fleet->classes.n * sizeof *counts);
    for (size_t i = 0; i < n_rows; i++) {
        counts[mdm_row_class(fleet, fleet->rows.n + i)]++;
    }
    for (size_t class = 1; class < fleet->classes.n && status == MDM_OK; class++) {
        if (counts[class] > 0) {
            status = mdm_class_reserve(fleet, (uint32_t)class, counts[class], false);
        }
    }
    return status;
}

static mdm_status reserve(mdm_fleet *fleet, size_t n_rows)
{
    const size_t n = fleet->classes.n;
    uint32_t *counts = mdm_resize(&fleet->memory, NULL, 0, n, sizeof *counts);
    const mdm_status status = counts == NULL ? MDM_NO_MEMORY
                                             : reserve_counted(fleet, n_rows, counts);
    if (counts != NULL) {
        mdm_resize(&fleet->memory, counts, n, 0, sizeof *counts);
    }
    return status;
}

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

static void recode_rows(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        mdm_class_recode(fleet, mdm_row_class(fleet, rows[i]),
                         mdm_row_class(fleet, fleet->rows.n + i));
    }
    mdm_class_cut(fleet, fleet->read_from->n_classes);
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
    mdm_status status = MDM_OK;
    if (fleet == NULL || (rows == NULL && n_rows > 0) || n_rows != mdm_reader_count(reader)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    status = check_rows(fleet, rows, n_rows);
    if (status == MDM_OK && !fleet->classes.is_flat) {
        status = reserve(fleet, n_rows);
    }
    if (status != MDM_OK) {
        return status;
    }
    if (fleet->classes.is_flat) {
        recode_rows(fleet, rows, n_rows);
    } else {
        move_rows(fleet, rows, n_rows);
    }
    if (fleet->keeps_names) {
        rename_rows(fleet, rows, n_rows);
    }
    mdm_reader_end(reader);
    return MDM_OK;
}
