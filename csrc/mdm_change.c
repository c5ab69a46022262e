/*
 * One device added, replaced, removed.
 */
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
                   (fleet->classes.is_flat ||
                    MDM_RESERVE(&fleet->memory, &rows->place, rows->n, 1)) &&
                   (!fleet->keeps_names || MDM_RESERVE(&fleet->memory, &rows->name, rows->n, 1))
               ? MDM_OK
               : MDM_NO_MEMORY;
}

mdm_status mdm_add(mdm_fleet *fleet, const char *text, size_t text_len, uint32_t *row,
                   mdm_fault *fault)
{
    mdm_mark mark;
    mdm_line line;
    uint32_t class = 0;
    uint64_t word = MDM_NO_NAME;
    mdm_status status = MDM_OK;
    if (fleet == NULL || row == NULL || (text == NULL && text_len > 0) ||
        fleet->read_from != NULL) {
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
    *row = fleet->rows.free;
    if (*row == MDM_NONE) {
        *row = (uint32_t)fleet->rows.n++;
    } else {
        fleet->rows.free = fleet->rows.place.at[*row];
    }
    mdm_class_push(fleet, class, *row);
    if (fleet->keeps_names) {
        fleet->rows.name.at[*row] = word;
    }
    fleet->rows.n_devices++;
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
    if (fleet == NULL || (text == NULL && text_len > 0) || fleet->read_from != NULL) {
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

mdm_status mdm_remove(mdm_fleet *fleet, uint32_t row)
{
    if (fleet == NULL || fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    if (!is_used(fleet, row)) {
        return MDM_NO_ROW;
    }
    /* A flat table has no places; the chain of free rows needs them. */
    if (fleet->classes.is_flat &&
        !MDM_FIT(&fleet->memory, &fleet->rows.place, fleet->rows.class_of.capacity)) {
        return MDM_NO_MEMORY;
    }
    mdm_class_pull(fleet, mdm_row_class(fleet, row), row);
    rename_row(fleet, row, MDM_NO_NAME);
    mdm_row_class_set(fleet, row, 0);
    fleet->rows.place.at[row] = fleet->rows.free;
    fleet->rows.free = row;
    fleet->rows.n_devices--;
    fleet->generation++;
    return MDM_OK;
}
