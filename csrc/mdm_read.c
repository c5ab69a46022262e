/*
 * The bulk reader. New rows stand behind those of the fleet, where no question sees them, until
 * they are committed.
 */
#include "mdm_reader.h"

mdm_status mdm_reader_new(mdm_fleet *fleet, mdm_reader **made)
{
    mdm_reader *reader = NULL;
    if (fleet == NULL || made == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    reader = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *reader);
    if (reader == NULL) {
        return MDM_NO_MEMORY;
    }
    reader->fleet = fleet;
    reader->mark = mdm_fleet_mark(fleet);
    reader->names_before = fleet->names.n;
    reader->n = reader->n_lines = 0;
    reader->is_broken = false;
    mdm_habits_begin(&reader->habits, &fleet->memory, fleet->scheme.n_attributes);
    fleet->read_from = &reader->mark;
    *made = reader;
    return MDM_OK;
}

size_t mdm_reader_count(const mdm_reader *reader)
{
    return reader == NULL ? 0 : reader->n;
}

/* ---- Rows ---- */

mdm_fleet *mdm_reader_fleet(const mdm_reader *reader)
{
    return reader->is_broken || reader->fleet->read_from != &reader->mark ? NULL : reader->fleet;
}

void mdm_reader_break(mdm_reader *reader)
{
    reader->is_broken = true;
}

mdm_status mdm_reader_reserve(mdm_reader *reader, size_t n, size_t *row)
{
    mdm_fleet *fleet = reader->fleet;
    *row = fleet->rows.n + reader->n;
    if (*row >= UINT32_MAX - 1 || n > UINT32_MAX - 1 - *row) {
        return MDM_TOO_MANY;
    }
    return mdm_row_classes_reserve(fleet, *row, n) &&
                   (!fleet->keeps_names ||
                    MDM_RESERVE(&fleet->memory, &fleet->rows.name, *row, n))
               ? MDM_OK
               : MDM_NO_MEMORY;
}

void mdm_reader_push(mdm_reader *reader, size_t n)
{
    const size_t before = reader->fleet->rows.n + reader->n;
    reader->n += n;
    if ((before + n) / MDM_WEIGHED != before / MDM_WEIGHED) {
        mdm_classes_weigh(reader->fleet, before + n);
    }
}

/* ---- The end ---- */

/* Few rows go where they belong; for many, the lists of rows are packed first. */
static bool are_many(const mdm_reader *reader)
{
    return reader->n > reader->fleet->rows.n / MDM_MANY_SHARE;
}

/* The classes that only rows which were never committed had; as a rule there are none. */
static void drop_classes(mdm_fleet *fleet)
{
    if (fleet->classes.is_flat || fleet->classes.n_used == fleet->classes.n_live) {
        return;
    }
    for (size_t class = 1; class < fleet->classes.n; class++) {
        mdm_class_drop_empty(fleet, (uint32_t)class);
    }
}

static bool is_idle(size_t capacity, size_t n)
{
    return capacity - n > n / 16;
}

/* So much stays that the next small batches have room: else each would move the whole array twice. */
static size_t with_room(size_t n)
{
    return n + n / 64;
}

/* Gives back what growing by half has left, where that is much. */
static void trim(mdm_fleet *fleet)
{
    mdm_row_table *rows = &fleet->rows;
    if (is_idle(rows->class_of.capacity, rows->n)) {
        mdm_row_classes_trim(fleet, with_room(rows->n));
    }
    if (is_idle(fleet->classes.row_of.capacity, fleet->classes.n)) {
        MDM_TRIM(&fleet->memory, &fleet->classes.row_of, with_room(fleet->classes.n));
    }
    if (rows->free == MDM_NONE) {
        MDM_TRIM(&fleet->memory, &rows->next, 0);
    }
    if (fleet->keeps_names && is_idle(rows->name.capacity, rows->n)) {
        MDM_TRIM(&fleet->memory, &rows->name, with_room(rows->n));
    }
    if (is_idle(fleet->names.capacity, fleet->names.n)) {
        MDM_TRIM(&fleet->memory, &fleet->names, with_room(fleet->names.n));
    }
}

mdm_status mdm_reader_commit(mdm_reader *reader, uint32_t *first_row)
{
    mdm_fleet *fleet = NULL;
    mdm_status status = MDM_OK;
    if (reader == NULL || first_row == NULL || reader->is_broken) {
        return MDM_BAD_ARGUMENT;
    }
    fleet = reader->fleet;
    MDM_CHANGES(fleet);
    if (fleet->read_from != &reader->mark) {
        return MDM_BAD_ARGUMENT;
    }
    status = mdm_class_reserve_rows(fleet, fleet->rows.n, reader->n, are_many(reader));
    if (status != MDM_OK) {
        return status;
    }
    *first_row = (uint32_t)fleet->rows.n;
    /* In a flat table they stand in their order from where the reader began. */
    if (fleet->classes.is_flat) {
        for (size_t i = 0; i < reader->n; i++) {
            fleet->classes.row_of.at[reader->mark.n_classes + i] = *first_row + (uint32_t)i;
        }
        mdm_class_push_run(fleet, reader->mark.n_classes, reader->n);
    } else if (are_many(reader)) {
        mdm_class_push_rows(fleet, fleet->rows.n, reader->n);
    } else {
        for (size_t row = fleet->rows.n; row < fleet->rows.n + reader->n; row++) {
            mdm_class_push(fleet, mdm_row_class(fleet, row), (uint32_t)row);
        }
    }
    fleet->rows.n += reader->n;
    fleet->rows.n_devices += reader->n;
    mdm_reader_end(reader);
    return MDM_OK;
}

void mdm_reader_end(mdm_reader *reader)
{
    mdm_fleet *fleet = reader->fleet;
    fleet->generation++;
    fleet->read_from = NULL;
    reader->n = 0;
    mdm_habits_end(&reader->habits, &fleet->memory);
    drop_classes(fleet);
    mdm_dictionaries_settle(fleet);
    mdm_classes_weigh(fleet, fleet->rows.n);
    mdm_classes_sort(fleet);
    trim(fleet);
}

void mdm_reader_free(mdm_reader *reader)
{
    mdm_fleet *fleet = NULL;
    if (reader == NULL) {
        return;
    }
    fleet = reader->fleet;
    MDM_CHANGES(fleet);
    mdm_habits_end(&reader->habits, &fleet->memory);
    if (fleet->read_from == &reader->mark) {
        fleet->names.n = reader->names_before;
        drop_classes(fleet);
        if (fleet->classes.is_flat) {
            mdm_class_cut(fleet, reader->mark.n_classes);
        }
        mdm_fleet_cut(fleet, &reader->mark);
        fleet->read_from = NULL;
        trim(fleet);
    }
    mdm_resize(&fleet->memory, reader, 1, 0, sizeof *reader);
}
