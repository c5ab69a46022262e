/*
 * A fleet as a stream of record batches: one row a device, attributes as dictionaries that all
 * batches share, integers as they are.
 */
#include <errno.h>
#include <string.h>

#include "mdm_export.h"

#define BATCH ((size_t)1 << 16)

typedef enum column_kind { COLUMN_ROWS, COLUMN_NAMES, COLUMN_INTS, COLUMN_CODES } column_kind;

typedef struct column {
    column_kind kind;
    size_t attribute;
    mdm_text name;
    mdm_shared *values;
} column;

typedef struct exporter {
    mdm_fleet *fleet;
    mdm_allocator memory;
    uint64_t generation;
    const char *error;
    column columns[MDM_MAX_ATTRIBUTES + 3];
    size_t n_columns;
    size_t row; /* that comes next */
    size_t n;   /* rows of the batch */
    uint32_t rows[BATCH];
} exporter;

/* ---- Columns ---- */

static void bit_set(uint8_t *bits, size_t i)
{
    MDM_HOLDS(bits != NULL); /* made for as many rows */
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1U << i % 8);
}

static uint32_t code_of(const exporter *from, size_t attribute, size_t i)
{
    const mdm_fleet *fleet = from->fleet;
    return mdm_code(&fleet->classes.columns, attribute, mdm_row_class(fleet, from->rows[i]));
}

static mdm_array_form form_of(const exporter *from, const column *at)
{
    static const size_t widths[] = {sizeof(uint32_t), sizeof(int64_t), sizeof(int64_t),
                                    sizeof(int32_t)};
    const bool is_name = at->kind == COLUMN_NAMES;
    mdm_array_form form = {.n = from->n,
                           .bitmap_bytes = at->kind == COLUMN_ROWS ? 0 : (from->n + 7) / 8,
                           .number_bytes = (from->n + is_name) * widths[at->kind],
                           .has_texts = is_name,
                           .values = at->values};
    for (size_t i = 0; i < from->n && is_name; i++) {
        form.text_bytes += mdm_names_len(from->fleet->rows.name.at[from->rows[i]]);
    }
    return form;
}

static size_t fill_names(const exporter *from, uint8_t *bits, int64_t *offsets, char *text)
{
    const mdm_fleet *fleet = from->fleet;
    size_t n_nulls = 0;
    offsets[0] = 0;
    for (size_t i = 0; i < from->n; i++) {
        const uint64_t word = fleet->rows.name.at[from->rows[i]];
        const mdm_text name = mdm_names_get(fleet, word);
        if (word == MDM_NO_NAME) {
            n_nulls++;
        } else {
            bit_set(bits, i);
        }
        memcpy(text + offsets[i], name.at, name.len);
        offsets[i + 1] = offsets[i] + (int64_t)name.len;
    }
    return n_nulls;
}

static size_t fill_codes(const exporter *from, const column *at, uint8_t *bits, void *numbers)
{
    size_t n_nulls = 0;
    for (size_t i = 0; i < from->n; i++) {
        const uint32_t code = code_of(from, at->attribute, i);
        if (code == 0) {
            n_nulls++;
        } else {
            bit_set(bits, i);
        }
        if (at->kind == COLUMN_INTS) {
            ((int64_t *)numbers)[i] =
                code == 0 ? 0 : from->fleet->dictionaries[at->attribute].at[code - 1].number;
        } else {
            ((int32_t *)numbers)[i] = code == 0 ? 0 : (int32_t)(code - 1);
        }
    }
    return n_nulls;
}

static bool fill(const exporter *from, const column *at, struct ArrowArray *array)
{
    const mdm_array_form form = form_of(from, at);
    uint8_t *bits = NULL;
    void *numbers = NULL;
    char *text = NULL;
    if (!mdm_array_new(&from->memory, &form, array)) {
        return false;
    }
    memcpy(&bits, &array->buffers[0], sizeof bits);
    memcpy(&numbers, &array->buffers[1], sizeof numbers);
    memcpy(&text, &array->buffers[2], sizeof text);
    if (bits != NULL) {
        memset(bits, 0, form.bitmap_bytes);
    }
    if (at->kind == COLUMN_ROWS) {
        memcpy(numbers, from->rows, form.number_bytes);
    } else {
        array->null_count =
            (int64_t)(at->kind == COLUMN_NAMES ? fill_names(from, bits, numbers, text)
                                               : fill_codes(from, at, bits, numbers));
    }
    return true;
}

/* ---- The stream ---- */

static int fail(exporter *from, int number, const char *error)
{
    from->error = error;
    return number;
}

static const char *format_of(const column *at)
{
    static const char *const formats[] = {"I", "U", "l", "i"};
    return formats[at->kind];
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    exporter *from = stream->private_data;
    if (!mdm_schema_new(&from->memory, "+s", (mdm_text){"", 0}, false, from->n_columns, out)) {
        out->release = NULL;
        return fail(from, ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < from->n_columns; i++) {
        const column *at = &from->columns[i];
        if (!mdm_schema_new(&from->memory, format_of(at), at->name, at->values != NULL, 0,
                            out->children[i])) {
            mdm_schema_end(out);
            return fail(from, ENOMEM, "out of memory");
        }
    }
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    exporter *from = stream->private_data;
    const mdm_array_form whole = {.n_children = from->n_columns};
    MDM_READS(from->fleet);
    out->release = NULL;
    if (from->generation != from->fleet->generation) {
        return fail(from, EINVAL, "the fleet changed; ask again");
    }
    for (from->n = 0; from->row < from->fleet->rows.n && from->n < BATCH; from->row++) {
        from->rows[from->n] = (uint32_t)from->row;
        from->n += mdm_row_class(from->fleet, from->row) != 0;
    }
    if (from->n == 0) {
        return 0;
    }
    if (!mdm_array_new(&from->memory, &whole, out)) {
        return fail(from, ENOMEM, "out of memory");
    }
    out->length = (int64_t)from->n;
    for (size_t i = 0; i < from->n_columns; i++) {
        if (!fill(from, &from->columns[i], out->children[i])) {
            mdm_array_end(out);
            return fail(from, ENOMEM, "out of memory");
        }
    }
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    return ((const exporter *)stream->private_data)->error;
}

static void end(exporter *from)
{
    const mdm_allocator memory = from->memory;
    for (size_t i = 0; i < from->n_columns; i++) {
        mdm_shared_leave(from->columns[i].values);
    }
    mdm_fleet_free(from->fleet);
    mdm_resize(&memory, from, 1, 0, sizeof *from);
}

static void release(struct ArrowArrayStream *stream)
{
    end(stream->private_data);
    stream->release = NULL;
}

/* ---- Made ---- */

static void add_column(exporter *from, column_kind kind, size_t attribute, const char *name)
{
    const mdm_text text = {name, strlen(name)};
    /* An attribute of this name goes first. */
    if (mdm_fleet_find(from->fleet, text, 0) == from->fleet->scheme.n_attributes) {
        from->columns[from->n_columns++] = (column){kind, attribute, text, NULL};
    }
}

static bool add_columns(exporter *from)
{
    const mdm_fleet *fleet = from->fleet;
    const size_t n = fleet->scheme.n_attributes;
    add_column(from, COLUMN_ROWS, 0, "row");
    if (fleet->keeps_names) {
        add_column(from, COLUMN_NAMES, 0, "name");
    }
    for (size_t i = 0; i < n; i++) {
        const mdm_attribute *at = &fleet->scheme.attributes[i];
        const column_kind kind = at->kind == MDM_INT ? COLUMN_INTS : COLUMN_CODES;
        from->columns[from->n_columns++] = (column){kind, i, {at->name, at->name_len}, NULL};
    }
    if (fleet->scheme.accepted_by != MDM_NOBODY || fleet->lists.texts.n > 0) {
        add_column(from, COLUMN_CODES, n, "compatible");
    }
    for (size_t i = 0; i < from->n_columns; i++) {
        column *at = &from->columns[i];
        if (at->kind == COLUMN_CODES) {
            at->values = mdm_shared_new(&from->memory,
                                        at->attribute == n ? &fleet->lists.texts
                                                           : &fleet->dictionaries[at->attribute].texts);
            if (at->values == NULL) {
                return false;
            }
        }
    }
    return true;
}

mdm_status mdm_fleet_export(mdm_fleet *fleet, struct ArrowArrayStream *stream)
{
    exporter *from = NULL;
    if (fleet == NULL || stream == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    from = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *from);
    if (from == NULL) {
        return MDM_NO_MEMORY;
    }
    memset(from, 0, sizeof *from);
    from->fleet = fleet;
    from->memory = fleet->memory;
    from->generation = fleet->generation;
    atomic_fetch_add(&fleet->n_holders, 1);
    if (!add_columns(from)) {
        end(from);
        return MDM_NO_MEMORY;
    }
    *stream = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release, from};
    return MDM_OK;
}
