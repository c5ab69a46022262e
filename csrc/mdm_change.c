/*
 * One device added, replaced, removed.
 */
#include <string.h>

#include "mdm_parse.h"

/* Reads a line up to its class. Where it fails, the fleet is as it was at the mark. */
static mdm_status intern_line(mdm_fleet *fleet, const mdm_mark *mark, mdm_text text,
                              mdm_line *line, uint32_t *class, mdm_fault *fault)
{
    mdm_parser parser = mdm_parser_growing(fleet);
    mdm_status status = MDM_OK;
    mdm_arena_reset(&fleet->scratch);
    status = mdm_line_parse(&parser, text, line);
    if (status == MDM_BAD_TEXT && fault != NULL) {
        *fault = (mdm_fault){(size_t)(parser.fault - text.at), 0};
    }
    if (status == MDM_OK) {
        status = mdm_class_intern(fleet, line->codes, class);
    }
    if (status == MDM_OK) {
        status = mdm_class_reserve(fleet, *class, 1, false);
        if (status != MDM_OK) {
            mdm_class_drop_empty(fleet, *class);
        }
    }
    if (status != MDM_OK) {
        mdm_fleet_cut(fleet, mark);
    }
    return status;
}

static mdm_status intern_name(mdm_fleet *fleet, const mdm_line *line, uint64_t *word)
{
    *word = MDM_NO_NAME;
    if (!fleet->keeps_names || !line->has_name) {
        return MDM_OK;
    }
    return mdm_names_add(fleet, line->name, word);
}

static mdm_status reserve_row(mdm_fleet *fleet)
{
    mdm_row_table *rows = &fleet->rows;
    if (rows->free != MDM_NONE) {
        return MDM_OK;
    }
    if (rows->n >= UINT32_MAX - 1) {
        return MDM_TOO_MANY;
    }
    return mdm_row_classes_reserve(fleet, rows->n, 1) &&
                   (!fleet->keeps_names || MDM_RESERVE(&fleet->memory, &rows->name, rows->n, 1))
               ? MDM_OK
               : MDM_NO_MEMORY;
}

/* A row that was reserved, for a device of *class* by the name of *word*. */
static uint32_t take_row(mdm_fleet *fleet, uint32_t class, uint64_t word)
{
    mdm_row_table *rows = &fleet->rows;
    uint32_t row = rows->free;
    if (row == MDM_NONE) {
        row = (uint32_t)rows->n++;
    } else {
        rows->free = rows->next.at[row];
    }
    mdm_class_push(fleet, class, row);
    if (fleet->keeps_names) {
        rows->name.at[row] = word;
    }
    rows->n_devices++;
    return row;
}

mdm_status mdm_add(mdm_fleet *fleet, const char *text, size_t text_len, uint32_t *row,
                   mdm_fault *fault)
{
    mdm_mark mark;
    mdm_line line;
    uint32_t class = 0;
    uint64_t word = MDM_NO_NAME;
    mdm_status status = MDM_OK;
    if (fleet == NULL || row == NULL || (text == NULL && text_len > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    mark = mdm_fleet_mark(fleet);
    status = intern_line(fleet, &mark, mdm_given(text, text_len), &line, &class, fault);
    if (status != MDM_OK) {
        return status;
    }
    status = reserve_row(fleet);
    if (status == MDM_OK) {
        status = intern_name(fleet, &line, &word);
    }
    if (status != MDM_OK) {
        mdm_class_drop_empty(fleet, class);
        mdm_fleet_cut(fleet, &mark);
        return status;
    }
    *row = take_row(fleet, class, word);
    fleet->generation++;
    mdm_dictionaries_settle(fleet);
    mdm_classes_weigh(fleet, fleet->rows.n);
    mdm_classes_sort(fleet);
    return MDM_OK;
}

static bool is_used(const mdm_fleet *fleet, uint32_t row)
{
    return row < fleet->rows.n && mdm_row_class(fleet, row) != 0;
}

static void rename_row(mdm_fleet *fleet, uint32_t row, uint64_t word)
{
    if (fleet->keeps_names) {
        const uint64_t before = fleet->rows.name.at[row];
        fleet->rows.name.at[row] = word;
        mdm_names_drop(fleet, before);
    }
}

mdm_status mdm_replace(mdm_fleet *fleet, uint32_t row, const char *text, size_t text_len,
                       mdm_fault *fault)
{
    mdm_mark mark;
    mdm_line line;
    uint32_t class = 0;
    uint64_t word = MDM_NO_NAME;
    mdm_status status = MDM_OK;
    if (fleet == NULL || (text == NULL && text_len > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    if (!is_used(fleet, row)) {
        return MDM_NO_ROW;
    }
    mark = mdm_fleet_mark(fleet);
    status = intern_line(fleet, &mark, mdm_given(text, text_len), &line, &class, fault);
    if (status != MDM_OK) {
        return status;
    }
    status = intern_name(fleet, &line, &word);
    if (status != MDM_OK) {
        mdm_class_drop_empty(fleet, class);
        mdm_fleet_cut(fleet, &mark);
        return status;
    }
    if (mdm_row_class(fleet, row) != class) {
        mdm_class_pull(fleet, mdm_row_class(fleet, row), row);
        mdm_class_push(fleet, class, row);
    }
    rename_row(fleet, row, word);
    fleet->generation++;
    mdm_dictionaries_settle(fleet);
    mdm_classes_sort(fleet);
    return MDM_OK;
}

static void free_row(mdm_fleet *fleet, uint32_t row)
{
    rename_row(fleet, row, MDM_NO_NAME);
    mdm_row_class_set(fleet, row, 0);
    fleet->rows.next.at[row] = fleet->rows.free;
    fleet->rows.free = row;
    fleet->rows.n_devices--;
}

static void remove_row(mdm_fleet *fleet, uint32_t row)
{
    mdm_class_pull(fleet, mdm_row_class(fleet, row), row);
    free_row(fleet, row);
}

static bool reserve_chain(mdm_fleet *fleet)
{
    return MDM_FIT(&fleet->memory, &fleet->rows.next, fleet->rows.class_of.capacity);
}

mdm_status mdm_remove(mdm_fleet *fleet, uint32_t row)
{
    if (fleet == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    if (!is_used(fleet, row)) {
        return MDM_NO_ROW;
    }
    if (!reserve_chain(fleet)) {
        return MDM_NO_MEMORY;
    }
    remove_row(fleet, row);
    fleet->generation++;
    return MDM_OK;
}

/* Whether each row is in use, and none comes twice. */
static mdm_status check_rows(const mdm_fleet *fleet, const uint32_t *rows, size_t n_rows,
                             uint64_t *seen)
{
    for (size_t i = 0; i < n_rows; i++) {
        const uint64_t bit = (uint64_t)1 << rows[i] % 64;
        if (!is_used(fleet, rows[i]) || (seen[rows[i] / 64] & bit) != 0) {
            return MDM_NO_ROW;
        }
        seen[rows[i] / 64] |= bit;
    }
    return MDM_OK;
}

/* Lists of rows are written anew, which is less than a search a row. False: there is no memory for
   that, and nothing has changed. */
static bool remove_most(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    const size_t n = fleet->classes.n;
    uint32_t *sizes = mdm_resize(&fleet->memory, NULL, 0, n, sizeof *sizes);
    if (sizes == NULL) {
        return false;
    }
    for (size_t i = 0; i < n_rows; i++) {
        free_row(fleet, rows[i]);
    }
    mdm_row_sizes(fleet, sizes);
    mdm_class_push_all(fleet, sizes);
    mdm_resize(&fleet->memory, sizes, n, 0, sizeof *sizes);
    return true;
}

mdm_status mdm_remove_many(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows)
{
    mdm_status status = MDM_OK;
    uint64_t *seen = NULL;
    size_t n_words = 0;
    if (fleet == NULL || (rows == NULL && n_rows > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    n_words = fleet->rows.n / 64 + 1;
    seen = mdm_resize(&fleet->memory, NULL, 0, n_words, sizeof *seen);
    if (seen == NULL) {
        return MDM_NO_MEMORY;
    }
    memset(seen, 0, n_words * sizeof *seen);
    status = check_rows(fleet, rows, n_rows, seen);
    mdm_resize(&fleet->memory, seen, n_words, 0, sizeof *seen);
    if (status == MDM_OK && !reserve_chain(fleet)) {
        status = MDM_NO_MEMORY;
    }
    if (status == MDM_OK && (fleet->classes.is_flat || n_rows <= fleet->rows.n / MDM_MANY_SHARE ||
                             !remove_most(fleet, rows, n_rows))) {
        for (size_t i = 0; i < n_rows; i++) {
            remove_row(fleet, rows[i]);
        }
    }
    fleet->generation += status == MDM_OK;
    return status;
}
