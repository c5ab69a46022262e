/*
 * Lines for the bulk reader, a batch at a time: all of a batch is read before any of it is a row.
 */
#include "mdm_reader.h"

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
    if (row % MDM_WEIGHED == 0) {
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
