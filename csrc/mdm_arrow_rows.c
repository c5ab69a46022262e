/*
 * Rows of columns to classes. In a flat table each row gets one of its own, and the table takes
 * the codes as they are; else a row like one before is known by what it has in each column, and
 * only others are understood.
 */
#include <string.h>

#include "mdm_arrow.h"

/* ---- Codes ---- */

static mdm_status read_codes(mdm_arrow *arrow, mdm_parser *parser, mdm_span span,
                             mdm_complaint *complaint)
{
    mdm_status status = MDM_OK;
    for (size_t c = 0; c < arrow->n_coders && status == MDM_OK; c++) {
        complaint->column = c;
        status = mdm_coder_block(&arrow->coders[c], parser, span.first, span.n,
                                 arrow->codes + c * MDM_BLOCK, &arrow->all[c], complaint);
    }
    return status;
}

/* The codes of columns that are no dictionaries. Which mistake comes first in the order of columns
   is seen when all are read. */
static mdm_status read_others(mdm_arrow *arrow, mdm_parser *parser, mdm_span span,
                              mdm_complaint *complaint, bool *is_read)
{
    mdm_status status = MDM_OK;
    for (size_t c = 0; c < arrow->n_coders && status == MDM_OK; c++) {
        if (!arrow->coders[c].source.is_coded) {
            status = mdm_coder_block(&arrow->coders[c], parser, span.first, span.n,
                                     arrow->codes + c * MDM_BLOCK, &arrow->all[c], complaint);
        }
    }
    *is_read = status == MDM_BAD_DATA;
    return *is_read ? read_codes(arrow, parser, span, complaint) : status;
}

/* The codes of row i of a block, of which only columns that are no dictionaries were read. */
static mdm_status read_row(mdm_arrow *arrow, mdm_parser *parser, mdm_span span, size_t i,
                           mdm_complaint *complaint, uint32_t *row)
{
    mdm_status status = MDM_OK;
    for (size_t c = 0; c < arrow->n_coders && status == MDM_OK; c++) {
        uint32_t all = 0;
        row[c] = arrow->codes[c * MDM_BLOCK + i];
        if (arrow->coders[c].source.is_coded) {
            status = mdm_coder_block(&arrow->coders[c], parser, span.first + i, 1, &row[c], &all,
                                     complaint);
        }
    }
    if (status == MDM_BAD_DATA) {
        const mdm_status first = read_codes(arrow, parser, span, complaint);
        return first == MDM_OK ? status : first;
    }
    return status;
}

/* ---- Classes ---- */

static mdm_status understand(mdm_arrow *arrow, mdm_parser *parser, mdm_span span, size_t i,
                             bool is_read, mdm_complaint *complaint, uint32_t *class)
{
    uint32_t row[MDM_MAX_ATTRIBUTES + 1];
    mdm_status status = MDM_OK;
    for (size_t c = 0; c < arrow->n_coders && is_read; c++) {
        row[c] = arrow->codes[c * MDM_BLOCK + i];
    }
    if (!is_read) {
        status = read_row(arrow, parser, span, i, complaint, row);
    }
    return status == MDM_OK ? mdm_class_intern(parser->grown, row, class) : status;
}

static mdm_status intern(mdm_arrow *arrow, mdm_parser *parser, mdm_span span, bool is_read,
                         uint32_t *classes, mdm_complaint *complaint)
{
    mdm_packed packed;
    size_t n_unknown = 0;
    const bool is_keyed = mdm_keys_find(arrow, span, &packed, classes, &n_unknown);
    for (size_t i = 0; i < span.n && n_unknown > 0; i++) {
        mdm_key_slot *slot = NULL;
        mdm_status status = MDM_OK;
        if (classes[i] != 0) {
            continue;
        }
        if (is_keyed) {
            slot = mdm_keys_slot(&arrow->keys, arrow->memory, &packed, i);
            if (slot == NULL) {
                return MDM_NO_MEMORY;
            }
            classes[i] = slot->class;
        }
        if (classes[i] == 0) {
            status = understand(arrow, parser, span, i, is_read, complaint, &classes[i]);
        }
        if (status != MDM_OK) {
            return status;
        }
        if (slot != NULL) {
            slot->class = classes[i];
        }
    }
    return MDM_OK;
}

/* ---- A flat table ---- */

static mdm_status append(mdm_fleet *fleet, const uint32_t *codes, const uint32_t *all, size_t n,
                         uint32_t *classes)
{
    mdm_class_table *table = &fleet->classes;
    mdm_columns *columns = &table->columns;
    mdm_status status = MDM_OK;
    for (size_t c = 0; c < columns->n_columns; c++) {
        if (!mdm_columns_widen(&fleet->memory, columns, c, all[c])) {
            return MDM_NO_MEMORY;
        }
    }
    status = mdm_classes_reserve(fleet, n);
    if (status != MDM_OK) {
        return status;
    }
    for (size_t i = 0; i < n;) {
        const size_t class = table->n + i;
        const size_t room = MDM_PAGE - (class & (MDM_PAGE - 1));
        const size_t run = n - i < room ? n - i : room;
        for (size_t c = 0; c < columns->n_columns; c++) {
            mdm_codes_write(columns, c, class, run, codes + c * MDM_BLOCK + i);
        }
        i += run;
    }
    for (size_t i = 0; i < n; i++) {
        classes[i] = (uint32_t)(table->n + i);
        table->row_of.at[classes[i]] = MDM_NONE;
    }
    for (size_t k = 0; k < table->zones.n_keys; k++) {
        mdm_zones_note_run(&table->zones, table->n, k,
                           codes + table->zones.columns[k] * MDM_BLOCK, n);
    }
    table->n_unsorted += n;
    table->n += n;
    return MDM_OK;
}

mdm_status mdm_rows_read(mdm_arrow *arrow, mdm_parser *parser, mdm_span span, uint32_t *classes,
                         mdm_complaint *complaint)
{
    const bool is_flat = parser->grown->classes.is_flat;
    bool is_read = is_flat || arrow->keys.is_off || arrow->keys.is_by_code;
    const mdm_status status = is_read
                                  ? read_codes(arrow, parser, span, complaint)
                                  : read_others(arrow, parser, span, complaint, &is_read);
    if (status != MDM_OK) {
        return status;
    }
    return is_flat ? append(parser->grown, arrow->codes, arrow->all, span.n, classes)
                   : intern(arrow, parser, span, is_read, classes, complaint);
}
