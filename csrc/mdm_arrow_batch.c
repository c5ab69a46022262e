/*
 * One record batch into a reader, a block of rows at a time.
 */
#include <string.h>

#include "mdm_arrow.h"
#include "mdm_reader.h"

/* ---- Flaws ---- */

void mdm_flaw_note(mdm_flaw *flaw, const char *what, size_t row, const char *detail)
{
    if (flaw != NULL) {
        const size_t len = detail == NULL ? 0 : strlen(detail);
        const size_t n = len < sizeof flaw->detail - 1 ? len : sizeof flaw->detail - 1;
        *flaw = (mdm_flaw){.what = what, .offset = row};
        memcpy(flaw->detail, detail == NULL ? "" : detail, n);
    }
}

mdm_status mdm_arrow_refuse(const mdm_arrow *arrow, mdm_flaw *flaw, const char *what, size_t row,
                            size_t column)
{
    static const char prefix[] = "column ";
    const size_t begin = sizeof prefix - 1;
    mdm_flaw_note(flaw, what, row, column < arrow->n_columns ? prefix : NULL);
    if (flaw != NULL && column < arrow->n_columns) {
        const char *name = arrow->schema.children[column]->name;
        const size_t len = strlen(name);
        const size_t room = sizeof flaw->detail - 1 - begin;
        memcpy(flaw->detail + begin, name, len < room ? len : room);
    }
    return MDM_BAD_DATA;
}

/* ---- Opened ---- */

/* The dictionary of the batch before keeps its codes; that batch is still there, so the same
   addresses hold the same values. Views are not compared, for their texts are anywhere. */
static bool is_same(const mdm_view *one, const mdm_view *other)
{
    return one->form == other->form && one->form != MDM_FORM_VIEW && one->n == other->n &&
           one->first == other->first && one->numbers == other->numbers &&
           one->validity == other->validity && one->width == other->width &&
           (one->n_texts == 0 || one->texts[0] == other->texts[0]);
}

static bool open_table(mdm_arrow *arrow, mdm_coder *coder, const mdm_source *source)
{
    const size_t n = source->values.n;
    const bool is_known = coder->source.is_coded && is_same(&coder->source.values, &source->values);
    coder->source = *source;
    if (!source->is_coded || is_known) {
        return true;
    }
    /* Whatever was known by the indexes of another dictionary is not known any more. */
    if (arrow->keys.n_slots > 0) {
        mdm_keys_by_code(&arrow->keys, arrow->memory);
    }
    if (!MDM_FIT(arrow->memory, &coder->table, n < MDM_BYTES ? MDM_BYTES : n)) {
        return false;
    }
    memset(coder->table.at, 0xff, coder->table.capacity * sizeof *coder->table.at);
    return true;
}

static mdm_status open_column(mdm_arrow *arrow, size_t i, mdm_flaw *flaw)
{
    const struct ArrowArray *batch = &arrow->batch;
    const size_t column = arrow->columns[i];
    const size_t first = (size_t)batch->offset;
    const size_t n = (size_t)batch->length;
    mdm_source source;
    const char *wrong = NULL;
    if (column == COLUMN_ROW) {
        return MDM_OK;
    }
    wrong = mdm_source_open(arrow->schema.children[i], batch->children[i], first, n, &source);
    if (wrong != NULL) {
        return mdm_arrow_refuse(arrow, flaw, wrong, arrow->n_rows, i);
    }
    if (column == COLUMN_NAME) {
        const mdm_form form = source.is_coded ? source.values.form : source.own.form;
        arrow->names = source;
        arrow->has_names = true;
        return form == MDM_FORM_INT || form == MDM_FORM_LIST || form == MDM_FORM_LARGE_LIST
                   ? mdm_arrow_refuse(arrow, flaw, "names that are no texts", arrow->n_rows, i)
                   : MDM_OK;
    }
    if (!mdm_coder_suits(&arrow->coders[column], mdm_reader_fleet(arrow->reader), &source)) {
        return mdm_arrow_refuse(arrow, flaw, "a type that does not suit the attribute",
                                arrow->n_rows, i);
    }
    return open_table(arrow, &arrow->coders[column], &source) ? MDM_OK : MDM_NO_MEMORY;
}

static mdm_status open_batch(mdm_arrow *arrow, mdm_flaw *flaw)
{
    const char *wrong = mdm_batch_check(&arrow->schema, &arrow->batch);
    mdm_status status = MDM_OK;
    if (wrong != NULL) {
        return mdm_arrow_refuse(arrow, flaw, wrong, arrow->n_rows, SIZE_MAX);
    }
    for (size_t i = 0; i < arrow->n_columns && status == MDM_OK; i++) {
        status = open_column(arrow, i, flaw);
    }
    return status;
}

static size_t column_of(const mdm_arrow *arrow, size_t number)
{
    size_t i = 0;
    while (i < arrow->n_columns && arrow->columns[i] != number) {
        i++;
    }
    return i;
}

/* ---- Names ---- */

static const char *name_at(const mdm_arrow *arrow, size_t i, mdm_text *name)
{
    const mdm_source *source = &arrow->names;
    const mdm_view *view = &source->own;
    const char *wrong = NULL;
    *name = (mdm_text){NULL, 0};
    if (view->form == MDM_FORM_NONE || !mdm_view_has(view, i)) {
        return NULL;
    }
    if (source->is_coded) {
        i = mdm_source_index(source, i);
        view = &source->values;
        if (i == view->n) {
            return "an index beyond its dictionary";
        }
        if (view->form == MDM_FORM_NONE || !mdm_view_has(view, i)) {
            return NULL;
        }
    }
    wrong = mdm_source_text(source, view, i, NULL, name);
    if (wrong != NULL) {
        return wrong;
    }
    return mdm_is_name(*name) ? NULL : "a name that cannot be";
}

static mdm_status add_names(mdm_arrow *arrow, mdm_fleet *fleet, mdm_span span, size_t row,
                            mdm_complaint *complaint)
{
    if (!arrow->has_names) {
        for (size_t i = 0; i < span.n && fleet->keeps_names; i++) {
            fleet->rows.name.at[row + i] = MDM_NO_NAME;
        }
        return MDM_OK;
    }
    for (size_t i = 0; i < span.n; i++) {
        mdm_text name = {NULL, 0};
        uint64_t word = MDM_NO_NAME;
        const char *wrong = name_at(arrow, span.first + i, &name);
        mdm_status status = MDM_OK;
        if (wrong != NULL) {
            complaint->what = wrong;
            complaint->row = span.first + i;
            return MDM_BAD_DATA;
        }
        if (!fleet->keeps_names) {
            continue;
        }
        if (name.at != NULL) {
            status = mdm_names_add(fleet, name, &word);
        }
        if (status != MDM_OK) {
            return status;
        }
        fleet->rows.name.at[row + i] = word;
    }
    return MDM_OK;
}

/* ---- Rows ---- */

static mdm_status read_block(mdm_arrow *arrow, mdm_parser *parser, mdm_span span, size_t row,
                             mdm_flaw *flaw)
{
    mdm_fleet *fleet = parser->grown;
    uint32_t *classes = arrow->codes + arrow->n_coders * MDM_BLOCK;
    mdm_complaint complaint = {NULL, 0, 0};
    mdm_status status = mdm_rows_read(arrow, parser, span, classes, &complaint);
    if (status == MDM_OK) {
        complaint.column = COLUMN_NAME;
        status = add_names(arrow, fleet, span, row, &complaint);
    }
    if (status == MDM_BAD_DATA) {
        return mdm_arrow_refuse(arrow, flaw, complaint.what, arrow->n_rows + complaint.row,
                                column_of(arrow, complaint.column));
    }
    if (status == MDM_OK) {
        mdm_row_classes_set(fleet, row, classes, span.n);
    }
    return status;
}

mdm_status mdm_batch_read(mdm_arrow *arrow, mdm_flaw *flaw)
{
    mdm_fleet *fleet = mdm_reader_fleet(arrow->reader);
    const size_t n = (size_t)arrow->batch.length;
    mdm_parser parser = mdm_parser_growing(fleet);
    size_t row = 0;
    mdm_status status = open_batch(arrow, flaw);
    if (status == MDM_OK) {
        status = mdm_reader_reserve(arrow->reader, n, &row);
    }
    for (size_t first = 0; first < n && status == MDM_OK; first += MDM_BLOCK) {
        const mdm_span span = {first, n - first < MDM_BLOCK ? n - first : MDM_BLOCK};
        status = read_block(arrow, &parser, span, row + first, flaw);
        if (status == MDM_OK) {
            mdm_reader_push(arrow->reader, span.n);
        }
    }
    arrow->n_rows += status == MDM_OK ? n : 0;
    return status;
}
