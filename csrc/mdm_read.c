/*
 * The bulk reader. New rows stand behind those of the fleet, where no question sees them, until
 * they are committed.
 */
#include <string.h>

#include "mdm_batch.h"

struct mdm_reader {
    mdm_fleet *fleet;
    mdm_mark mark;
    size_t names_before;
    size_t n; /* rows read */
    size_t n_lines;
    bool is_broken;
    mdm_habits habits;
};

mdm_status mdm_reader_new(mdm_fleet *fleet, mdm_reader **made)
{
    mdm_reader *reader = NULL;
    if (fleet == NULL || made == NULL || fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    reader = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *reader);
    if (reader == NULL) {
        return MDM_NO_MEMORY;
    }
    *reader = (mdm_reader){.fleet = fleet,
                           .mark = mdm_fleet_mark(fleet),
                           .names_before = fleet->names.n,
                           .habits = {.seen = mdm_seen_new(&fleet->memory)}};
    fleet->read_from = &reader->mark;
    *made = reader;
    return MDM_OK;
}

size_t mdm_reader_count(const mdm_reader *reader)
{
    return reader == NULL ? 0 : reader->n;
}

/* ---- Lines ---- */

static mdm_status add_row(mdm_reader *reader, uint32_t class, const mdm_text *name)
{
    mdm_fleet *fleet = reader->fleet;
    const size_t row = fleet->rows.n + reader->n;
    uint64_t word = MDM_NO_NAME;
    if (row >= UINT32_MAX - 1) {
        return MDM_TOO_MANY;
    }
    if (!MDM_RESERVE(&fleet->memory, &fleet->rows.class_of, row, 1)) {
        return MDM_NO_MEMORY;
    }
    if (fleet->keeps_names) {
        mdm_status status = MDM_OK;
        if (!MDM_RESERVE(&fleet->memory, &fleet->rows.name, row, 1)) {
            return MDM_NO_MEMORY;
        }
        if (name != NULL) {
            status = mdm_names_add(fleet, *name, &word);
        }
        if (status != MDM_OK) {
            return status;
        }
        fleet->rows.name.at[row] = word;
    }
    fleet->rows.class_of.at[row] = class;
    reader->n++;
    return MDM_OK;
}

typedef struct fault_list {
    mdm_fault *at;
    size_t capacity;
    size_t n;
} fault_list;

static mdm_status parse_batch(mdm_reader *reader, mdm_batch *batch, const char *begin,
                              fault_list *faults)
{
    mdm_status result = MDM_OK;
    mdm_arena_reset(&reader->fleet->scratch);
    for (size_t i = 0; i < batch->n; i++) {
        const char *fault = NULL;
        mdm_status status = MDM_OK;
        if (batch->lines[i].class != 0) {
            continue;
        }
        status = mdm_batch_parse(batch, i, reader->fleet, &reader->habits, &fault);
        if (status == MDM_BAD_TEXT) {
            result = MDM_BAD_TEXT;
            if (faults->n < faults->capacity) {
                faults->at[faults->n++] =
                    (mdm_fault){(size_t)(fault - begin), reader->n_lines + i};
            }
        } else if (status != MDM_OK) {
            return status;
        }
    }
    return result;
}

static mdm_status add_batch(mdm_reader *reader, mdm_batch *batch)
{
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < batch->n && status == MDM_OK; i++) {
        mdm_batch_line *line = &batch->lines[i];
        const bool is_new = line->class == 0;
        if (line->is_blank) {
            continue;
        }
        if (is_new) {
            status = mdm_class_intern(reader->fleet, line->codes, &line->class);
        }
        if (status == MDM_OK) {
            status = add_row(reader, line->class, line->has_name ? &line->name : NULL);
        }
        if (status == MDM_OK && is_new && !line->is_sole && !reader->habits.seen.is_off) {
            mdm_seen_add(&reader->habits.seen, line->raw.rest, line->raw.hash, line->class);
        }
    }
    return status;
}

static mdm_status read_lines(mdm_reader *reader, mdm_text given, fault_list *faults)
{
    mdm_text left = given;
    mdm_status result = MDM_OK;
    while (left.len > 0) {
        mdm_batch batch;
        mdm_status status = MDM_OK;
        mdm_batch_cut(&batch, reader->fleet, &reader->habits, &left);
        status = parse_batch(reader, &batch, given.at, faults);
        if (status == MDM_BAD_TEXT) {
            result = MDM_BAD_TEXT;
            reader->is_broken = true;
        } else if (status == MDM_OK && !reader->is_broken) {
            status = add_batch(reader, &batch);
        }
        if (status != MDM_OK && status != MDM_BAD_TEXT) {
            return status;
        }
        reader->n_lines += batch.n;
    }
    return result;
}

mdm_status mdm_reader_feed(mdm_reader *reader, const char *text, size_t text_len,
                           mdm_fault *faults, size_t faults_len, size_t *n_faults)
{
    const size_t n_before = mdm_reader_count(reader);
    const size_t n_lines = reader == NULL ? 0 : reader->n_lines;
    fault_list found = {faults, faults_len, 0};
    size_t n_names = 0;
    mdm_status status = MDM_OK;
    if (reader == NULL || (text == NULL && text_len > 0) || (faults == NULL && faults_len > 0) ||
        n_faults == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    n_names = reader->fleet->names.n;
    status = read_lines(reader, mdm_given(text, text_len), &found);
    if (status != MDM_OK && status != MDM_BAD_TEXT) {
        reader->n = n_before;
        reader->n_lines = n_lines;
        reader->fleet->names.n = n_names;
        return status;
    }
    *n_faults = found.n;
    return status;
}

/* ---- The end ---- */

static mdm_status reserve_rows(mdm_reader *reader)
{
    mdm_fleet *fleet = reader->fleet;
    const uint32_t *class_of = fleet->rows.class_of.at + fleet->rows.n;
    const size_t n_classes = fleet->classes.n;
    uint32_t *counts = mdm_resize(&fleet->memory, NULL, 0, n_classes, sizeof *counts);
    mdm_status status = counts == NULL ? MDM_NO_MEMORY : MDM_OK;
    if (status == MDM_OK) {
        memset(counts, 0, n_classes * sizeof *counts);
        for (size_t i = 0; i < reader->n; i++) {
            counts[class_of[i]]++;
        }
    }
    for (size_t class = 1; class < n_classes && status == MDM_OK; class++) {
        if (counts[class] > 0) {
            status = mdm_class_reserve(fleet, (uint32_t)class, counts[class], true);
        }
    }
    if (counts != NULL) {
        mdm_resize(&fleet->memory, counts, n_classes, 0, sizeof *counts);
    }
    if (status == MDM_OK &&
        !MDM_FIT(&fleet->memory, &fleet->rows.place, fleet->rows.n + reader->n)) {
        status = MDM_NO_MEMORY;
    }
    return status;
}

/* The classes that only rows which were never committed had. */
static void drop_classes(mdm_fleet *fleet)
{
    for (size_t class = 1; class < fleet->classes.n; class++) {
        mdm_class_drop_empty(fleet, (uint32_t)class);
    }
}

/* Gives back what growing by half has left, where that is much. */
static void trim(mdm_fleet *fleet)
{
    mdm_row_table *rows = &fleet->rows;
    if (rows->class_of.capacity - rows->n > rows->n / 16) {
        MDM_TRIM(&fleet->memory, &rows->class_of, rows->n);
    }
    if (fleet->keeps_names && rows->name.capacity - rows->n > rows->n / 16) {
        MDM_TRIM(&fleet->memory, &rows->name, rows->n);
    }
    if (fleet->names.capacity - fleet->names.n > fleet->names.n / 16) {
        MDM_TRIM(&fleet->memory, &fleet->names, fleet->names.n);
    }
}

mdm_status mdm_reader_commit(mdm_reader *reader, uint32_t *first_row)
{
    mdm_fleet *fleet = NULL;
    mdm_status status = MDM_OK;
    if (reader == NULL || first_row == NULL || reader->is_broken ||
        reader->fleet->read_from != &reader->mark) {
        return MDM_BAD_ARGUMENT;
    }
    fleet = reader->fleet;
    status = reserve_rows(reader);
    if (status != MDM_OK) {
        return status;
    }
    *first_row = (uint32_t)fleet->rows.n;
    for (size_t i = 0; i < reader->n; i++) {
        const uint32_t row = (uint32_t)fleet->rows.n++;
        mdm_class_push(fleet, fleet->rows.class_of.at[row], row);
    }
    fleet->rows.n_devices += reader->n;
    fleet->generation++;
    fleet->read_from = NULL;
    reader->n = 0;
    mdm_habits_end(&reader->habits, &fleet->memory);
    drop_classes(fleet);
    trim(fleet);
    return MDM_OK;
}

void mdm_reader_free(mdm_reader *reader)
{
    mdm_fleet *fleet = NULL;
    if (reader == NULL) {
        return;
    }
    fleet = reader->fleet;
    mdm_habits_end(&reader->habits, &fleet->memory);
    if (fleet->read_from == &reader->mark) {
        fleet->names.n = reader->names_before;
        drop_classes(fleet);
        mdm_fleet_cut(fleet, &reader->mark);
        fleet->read_from = NULL;
        trim(fleet);
    }
    mdm_resize(&fleet->memory, reader, 1, 0, sizeof *reader);
}
