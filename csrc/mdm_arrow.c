/*
 * A stream of record batches into a reader. What was taken over is released once, whatever
 * happens.
 */
#include <string.h>

#include "mdm_arrow.h"
#include "mdm_reader.h"

/* ---- Flaws ---- */

static mdm_status refuse_producer(mdm_arrow *arrow, mdm_flaw *flaw, const char *what)
{
    const char *said = arrow->stream.get_last_error == NULL
                           ? NULL
                           : arrow->stream.get_last_error(&arrow->stream);
    mdm_flaw_note(flaw, what, arrow->n_rows, said);
    return MDM_BAD_DATA;
}

/* ---- Columns ---- */

static size_t find_column(const mdm_fleet *fleet, const char *name)
{
    const size_t n = fleet->scheme.n_attributes;
    const size_t found = mdm_fleet_find(fleet, (mdm_text){name, strlen(name)}, 0);
    if (found < n) {
        return found;
    }
    if (strcmp(name, "compatible") == 0) {
        return n;
    }
    return strcmp(name, "name") == 0 ? COLUMN_NAME
           : strcmp(name, "row") == 0 ? COLUMN_ROW
                                      : SIZE_MAX;
}

static bool take_memory(mdm_arrow *arrow, const mdm_fleet *fleet)
{
    const size_t n = arrow->n_coders;
    arrow->columns = mdm_resize(arrow->memory, NULL, 0, arrow->n_columns + 1, 1);
    arrow->coders = mdm_resize(arrow->memory, NULL, 0, n, sizeof *arrow->coders);
    arrow->codes = mdm_resize(arrow->memory, NULL, 0, (n + 1) * MDM_BLOCK, sizeof *arrow->codes);
    if (arrow->coders != NULL) {
        memset(arrow->coders, 0, n * sizeof *arrow->coders);
    }
    for (size_t i = 0; i < n && arrow->coders != NULL; i++) {
        mdm_coder *coder = &arrow->coders[i];
        coder->attribute = i;
        if (i == fleet->scheme.n_attributes || (fleet->scheme.attributes[i].kind != MDM_INT &&
                                                fleet->scheme.attributes[i].kind != MDM_RATIO)) {
            continue;
        }
        coder->memo = mdm_resize(arrow->memory, NULL, 0, MDM_MEMO, sizeof *coder->memo);
        if (coder->memo == NULL) {
            return false;
        }
        memset(coder->memo, 0, MDM_MEMO * sizeof *coder->memo);
    }
    return arrow->columns != NULL && arrow->coders != NULL && arrow->codes != NULL;
}

static mdm_status map_columns(mdm_arrow *arrow, const mdm_fleet *fleet, mdm_flaw *flaw)
{
    const struct ArrowSchema *schema = &arrow->schema;
    bool is_taken[COLUMN_ROW + 1] = {false};
    if (schema->format == NULL || strcmp(schema->format, "+s") != 0) {
        return mdm_arrow_refuse(arrow, flaw, "no record batches", 0, SIZE_MAX);
    }
    if (schema->n_children < 0 || schema->n_children > UINT16_MAX ||
        (schema->n_children > 0 && schema->children == NULL)) {
        return mdm_arrow_refuse(arrow, flaw, "a number of columns that cannot be", 0, SIZE_MAX);
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i] == NULL || schema->children[i]->name == NULL) {
            return mdm_arrow_refuse(arrow, flaw, "a column without a name", 0, SIZE_MAX);
        }
    }
    arrow->n_columns = (size_t)schema->n_children;
    if (!take_memory(arrow, fleet)) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < arrow->n_columns; i++) {
        const size_t column = find_column(fleet, schema->children[i]->name);
        if (column == SIZE_MAX) {
            return mdm_arrow_refuse(arrow, flaw, "a column that is no attribute", 0, i);
        }
        if (is_taken[column]) {
            return mdm_arrow_refuse(arrow, flaw, "a column for the second time", 0, i);
        }
        is_taken[column] = true;
        arrow->columns[i] = (uint8_t)column;
    }
    return MDM_OK;
}

/* ---- Opened ---- */

static mdm_status open_schema(mdm_arrow *arrow, mdm_flaw *flaw)
{
    if (arrow->stream.release != NULL &&
        arrow->stream.get_schema(&arrow->stream, &arrow->schema) != 0) {
        arrow->schema.release = NULL;
        return refuse_producer(arrow, flaw, "the stream gives no schema");
    }
    if (arrow->schema.release == NULL) {
        return mdm_arrow_refuse(arrow, flaw, "a stream that was released", 0, SIZE_MAX);
    }
    return map_columns(arrow, mdm_reader_fleet(arrow->reader), flaw);
}

static void take_over(mdm_arrow *arrow, struct ArrowArrayStream *stream,
                      struct ArrowSchema *schema, struct ArrowArray *batch)
{
    if (stream != NULL) {
        arrow->stream = *stream;
        stream->release = NULL;
        return;
    }
    arrow->schema = *schema;
    schema->release = NULL;
    arrow->batch = *batch;
    batch->release = NULL;
}

static void release_batch(struct ArrowArray *batch)
{
    if (batch->release != NULL) {
        batch->release(batch);
    }
    batch->release = NULL;
}

static void release_all(mdm_arrow *arrow)
{
    release_batch(&arrow->last);
    release_batch(&arrow->batch);
    if (arrow->schema.release != NULL) {
        arrow->schema.release(&arrow->schema);
    }
    if (arrow->stream.release != NULL) {
        arrow->stream.release(&arrow->stream);
    }
    arrow->schema.release = NULL;
    arrow->stream.release = NULL;
}

mdm_status mdm_arrow_new(mdm_reader *reader, struct ArrowArrayStream *stream,
                         struct ArrowSchema *schema, struct ArrowArray *batch, mdm_arrow **made,
                         mdm_flaw *flaw)
{
    mdm_arrow given = {.reader = reader};
    mdm_arrow *arrow = NULL;
    mdm_fleet *fleet = reader == NULL ? NULL : mdm_reader_fleet(reader);
    mdm_status status = MDM_OK;
    if (fleet == NULL || made == NULL ||
        (stream == NULL ? schema == NULL || batch == NULL : schema != NULL || batch != NULL)) {
        return MDM_BAD_ARGUMENT;
    }
    take_over(&given, stream, schema, batch);
    given.memory = &fleet->memory;
    given.n_coders = fleet->scheme.n_attributes + 1;
    arrow = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *arrow);
    if (arrow == NULL) {
        release_all(&given);
        return MDM_NO_MEMORY;
    }
    *arrow = given;
    status = open_schema(arrow, flaw);
    if (status != MDM_OK) {
        mdm_arrow_free(arrow);
        return status;
    }
    *made = arrow;
    return MDM_OK;
}

void mdm_arrow_free(mdm_arrow *arrow)
{
    if (arrow == NULL) {
        return;
    }
    release_all(arrow);
    for (size_t i = 0; i < arrow->n_coders && arrow->coders != NULL; i++) {
        MDM_TRIM(arrow->memory, &arrow->coders[i].table, 0);
        if (arrow->coders[i].memo != NULL) {
            mdm_resize(arrow->memory, arrow->coders[i].memo, MDM_MEMO, 0,
                       sizeof *arrow->coders[i].memo);
        }
    }
    if (arrow->columns != NULL) {
        mdm_resize(arrow->memory, arrow->columns, arrow->n_columns + 1, 0, 1);
    }
    if (arrow->coders != NULL) {
        mdm_resize(arrow->memory, arrow->coders, arrow->n_coders, 0, sizeof *arrow->coders);
    }
    if (arrow->codes != NULL) {
        mdm_resize(arrow->memory, arrow->codes, (arrow->n_coders + 1) * MDM_BLOCK, 0,
                   sizeof *arrow->codes);
    }
    mdm_keys_free(&arrow->keys, arrow->memory);
    mdm_resize(arrow->memory, arrow, 1, 0, sizeof *arrow);
}

/* ---- Batches ---- */

/* The batch that was given alone is there already. */
static mdm_status fetch(mdm_arrow *arrow, mdm_flaw *flaw)
{
    if (arrow->stream.release != NULL &&
        arrow->stream.get_next(&arrow->stream, &arrow->batch) != 0) {
        arrow->batch.release = NULL;
        return refuse_producer(arrow, flaw, "the stream failed");
    }
    return MDM_OK;
}

mdm_status mdm_arrow_next(mdm_arrow *arrow, size_t *n_rows, int *has_more, mdm_flaw *flaw)
{
    mdm_status status = MDM_OK;
    if (arrow == NULL || n_rows == NULL || has_more == NULL ||
        mdm_reader_fleet(arrow->reader) == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    status = fetch(arrow, flaw);
    *has_more = status == MDM_OK && arrow->batch.release != NULL;
    if (*has_more) {
        MDM_CHANGES(mdm_reader_fleet(arrow->reader));
        status = mdm_batch_read(arrow, flaw);
    }
    release_batch(&arrow->last);
    arrow->last = arrow->batch;
    arrow->batch.release = NULL;
    *n_rows = arrow->n_rows;
    if (status != MDM_OK) {
        mdm_reader_break(arrow->reader);
    }
    return status;
}
