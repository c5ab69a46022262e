/*
 * The bulk reader. New rows stand behind those of the fleet, where no question sees them, until
 * they are committed.
 */
#include <string.h>

#include "mdm_batch.h"
#include "mdm_reader.h"

/* Rows after which it is seen whether the table suits them. */
#define WEIGHED ((size_t)1 << 14)

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
    if (!mdm_row_classes_reserve(fleet, row, 1)) {
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
    mdm_row_class_set(fleet, row, class);
    reader->n++;
    if (row % WEIGHED == 0) {
        mdm_classes_weigh(fleet, row + 1);
    }
    return MDM_OK;
}

/* A row with the description of another. */
static mdm_status add_twin(mdm_reader *reader, size_t row, const mdm_text *name)
{
    uint32_t class = mdm_row_class(reader->fleet, row);
    const mdm_status status = mdm_class_twin(reader->fleet, &class);
    return status == MDM_OK ? add_row(reader, class, name) : status;
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
        if (batch->lines[i].twin != MDM_NONE) {
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
    mdm_fleet *fleet = reader->fleet;
    mdm_seen *seen = &reader->habits.seen;
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < batch->n && status == MDM_OK; i++) {
        const mdm_batch_line *line = &batch->lines[i];
        const mdm_text *name = NULL;
        uint32_t class = 0;
        if (line->is_blank) {
            continue;
        }
        name = line->has_name ? &line->name : NULL;
        if (line->twin != MDM_NONE) {
            status = add_twin(reader, line->twin, name);
            continue;
        }
        status = mdm_class_intern(fleet, line->codes, &class);
        if (status == MDM_OK) {
            status = add_row(reader, class, name);
        }
        if (status == MDM_OK && !line->is_sole && !seen->is_off) {
            const size_t row = fleet->rows.n + reader->n - 1;
            mdm_seen_add(seen, line->raw.rest, line->raw.hash, (uint32_t)row);
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

/* What a reader has besides codes, which stay until it is freed. */
typedef struct standing {
    size_t n;
    size_t n_lines;
    size_t n_names;
    size_t n_seen;
    size_t n_classes; /* where the table is flat */
} standing;

static standing stand(const mdm_reader *reader)
{
    const mdm_fleet *fleet = reader->fleet;
    return (standing){reader->n, reader->n_lines, fleet->names.n, reader->habits.seen.texts.n,
                      fleet->classes.is_flat ? fleet->classes.n
                                             : fleet->rows.n + reader->n + 1};
}

static void stand_back(mdm_reader *reader, const standing *before)
{
    reader->n = before->n;
    reader->n_lines = before->n_lines;
    reader->fleet->names.n = before->n_names;
    mdm_seen_cut(&reader->habits.seen, before->n_seen);
    if (reader->fleet->classes.is_flat) {
        mdm_class_cut(reader->fleet, before->n_classes);
    }
}

mdm_status mdm_reader_feed(mdm_reader *reader, const char *text, size_t text_len,
                           mdm_fault *faults, size_t faults_len, size_t *n_faults)
{
    fault_list found = {faults, faults_len, 0};
    standing before;
    mdm_status status = MDM_OK;
    if (reader == NULL || (text == NULL && text_len > 0) || (faults == NULL && faults_len > 0) ||
        n_faults == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(reader->fleet);
    if (reader->fleet->read_from != &reader->mark) {
        return MDM_BAD_ARGUMENT;
    }
    before = stand(reader);
    status = read_lines(reader, mdm_given(text, text_len), &found);
    if (status != MDM_OK && status != MDM_BAD_TEXT) {
        stand_back(reader, &before);
        return status;
    }
    *n_faults = found.n;
    return status;
}

/* ---- Rows that come otherwise than by lines ---- */

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
    if ((before + n) / WEIGHED != before / WEIGHED) {
        mdm_classes_weigh(reader->fleet, before + n);
    }
}

/* ---- The end ---- */

/* Few rows go where they belong; for many, the lists of rows are packed first. */
static bool are_many(const mdm_reader *reader)
{
    return reader->n > reader->fleet->rows.n / MDM_MANY_SHARE;
}

static mdm_status reserve_rows(mdm_reader *reader)
{
    mdm_fleet *fleet = reader->fleet;
    const size_t n_classes = fleet->classes.n;
    uint32_t *counts = NULL;
    mdm_status status = MDM_OK;
    if (fleet->classes.is_flat) {
        return MDM_OK;
    }
    counts = mdm_resize(&fleet->memory, NULL, 0, n_classes, sizeof *counts);
    status = counts == NULL ? MDM_NO_MEMORY : MDM_OK;
    if (status == MDM_OK) {
        memset(counts, 0, n_classes * sizeof *counts);
        for (size_t i = 0; i < reader->n; i++) {
            counts[mdm_row_class(fleet, fleet->rows.n + i)]++;
        }
    }
    for (size_t class = 1; class < n_classes && status == MDM_OK; class++) {
        if (counts[class] > 0) {
            status = mdm_class_reserve(fleet, (uint32_t)class, counts[class], are_many(reader));
        }
    }
    if (counts != NULL) {
        mdm_resize(&fleet->memory, counts, n_classes, 0, sizeof *counts);
    }
    return status;
}

/* The classes that only rows which were never committed had. */
static void drop_classes(mdm_fleet *fleet)
{
    if (fleet->classes.is_flat) {
        return;
    }
    for (size_t class = 1; class < fleet->classes.n; class++) {
        mdm_class_drop_empty(fleet, (uint32_t)class);
    }
}

/* Gives back what growing by half has left, where that is much. */
static void trim(mdm_fleet *fleet)
{
    mdm_row_table *rows = &fleet->rows;
    if (rows->class_of.capacity - rows->n > rows->n / 16) {
        mdm_row_classes_trim(fleet, rows->n);
    }
    if (fleet->classes.row_of.capacity - fleet->classes.n > fleet->classes.n / 16) {
        MDM_TRIM(&fleet->memory, &fleet->classes.row_of, fleet->classes.n);
    }
    if (rows->free == MDM_NONE) {
        MDM_TRIM(&fleet->memory, &rows->next, 0);
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
    if (reader == NULL || first_row == NULL || reader->is_broken) {
        return MDM_BAD_ARGUMENT;
    }
    fleet = reader->fleet;
    MDM_CHANGES(fleet);
    if (fleet->read_from != &reader->mark) {
        return MDM_BAD_ARGUMENT;
    }
    status = reserve_rows(reader);
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
