/*
 * The rows of a saved fleet: their classes or codes, those that are free, their names.
 */
#include "mdm_loader.h"

/* What follows a free row before its turn in the chain; no row has this number. */
#define UNCHAINED (UINT32_MAX - 1)

static bool is_flat(const mdm_loader *loader)
{
    return (loader->head.flags & MDM_SAVED_FLAT) != 0;
}

/* ---- The class of each row, or the row of each class ---- */

static mdm_status reserve_rows(mdm_loader *loader)
{
    mdm_fleet *fleet = loader->fleet;
    const size_t n = (size_t)loader->head.n_rows;
    const bool is_wide = is_flat(loader) || loader->head.n_classes > UINT16_MAX;
    if ((is_wide && !mdm_row_classes_widen(fleet)) || !mdm_row_classes_reserve(fleet, 0, n) ||
        (is_flat(loader) &&
         mdm_classes_reserve(fleet, (size_t)loader->head.n_classes) != MDM_OK)) {
        return MDM_NO_MEMORY;
    }
    fleet->rows.n = n;
    return MDM_OK;
}

static mdm_status load_classes(mdm_loader *loader)
{
    mdm_fleet *fleet = loader->fleet;
    for (size_t row = 0; row < fleet->rows.n; row++) {
        const uint32_t class = mdm_load_number(loader, row);
        if (class > loader->head.n_classes) {
            return mdm_load_refuse_number(loader, row, "a class that is not there");
        }
        mdm_row_class_set(fleet, row, class);
        fleet->rows.n_devices += class != 0;
    }
    return MDM_OK;
}

static mdm_status load_flat_classes(mdm_loader *loader)
{
    mdm_fleet *fleet = loader->fleet;
    const size_t n = (size_t)loader->head.n_classes;
    for (size_t row = 0; row < fleet->rows.n; row++) {
        mdm_row_class_set(fleet, row, 0);
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t row = mdm_load_number(loader, i);
        if (row >= fleet->rows.n || mdm_row_class(fleet, row) != 0) {
            return mdm_load_refuse_number(loader, i, "a row that is not there, or twice");
        }
        mdm_row_class_set(fleet, row, (uint32_t)i + 1);
        fleet->classes.row_of.at[i + 1] = row;
    }
    fleet->rows.n_devices = n;
    fleet->classes.n = n + 1;
    return MDM_OK;
}

static mdm_status load_row_classes(mdm_loader *loader)
{
    const size_t number = MDM_SECTION_CLASSES(loader->head.n_attributes);
    const size_t n = (size_t)(is_flat(loader) ? loader->head.n_classes : loader->head.n_rows);
    const uint32_t width = is_flat(loader) ? 4 : mdm_width_of(loader->head.n_classes);
    mdm_status status = mdm_load_numbers(loader, number, width, n);
    if (status == MDM_OK) {
        status = reserve_rows(loader);
    }
    if (status != MDM_OK) {
        return status;
    }
    return is_flat(loader) ? load_flat_classes(loader) : load_classes(loader);
}

/* ---- Classes ---- */

static mdm_status count_rows(mdm_loader *loader, uint32_t *counts)
{
    mdm_fleet *fleet = loader->fleet;
    const size_t n_classes = (size_t)loader->head.n_classes;
    mdm_status status = MDM_OK;
    memset(counts, 0, (n_classes + 1) * sizeof *counts);
    for (size_t row = 0; row < fleet->rows.n; row++) {
        counts[mdm_row_class(fleet, row)]++;
    }
    for (size_t class = 1; class <= n_classes && status == MDM_OK; class++) {
        status = counts[class] == 0
                     ? mdm_load_refuse(loader, loader->numbers, "a class without a device")
                     : mdm_class_reserve(fleet, (uint32_t)class, counts[class], true);
    }
    return status;
}

static mdm_status reserve_classes(mdm_loader *loader)
{
    mdm_fleet *fleet = loader->fleet;
    const size_t n = (size_t)loader->head.n_classes + 1;
    uint32_t *counts = mdm_resize(&fleet->memory, NULL, 0, n, sizeof *counts);
    mdm_status status = counts == NULL ? MDM_NO_MEMORY : count_rows(loader, counts);
    if (counts != NULL) {
        mdm_resize(&fleet->memory, counts, n, 0, sizeof *counts);
    }
    return status;
}

/* The codes stand in their places already; now they are found by them. */
static mdm_status intern_classes(mdm_loader *loader)
{
    mdm_fleet *fleet = loader->fleet;
    mdm_columns *columns = &fleet->classes.columns;
    for (size_t class = 1; class <= loader->head.n_classes; class++) {
        uint32_t codes[MDM_MAX_ATTRIBUTES + 1];
        uint32_t number = 0;
        mdm_status status = MDM_OK;
        for (size_t i = 0; i < columns->n_columns; i++) {
            codes[i] = mdm_code(columns, i, class);
        }
        status = mdm_class_intern(fleet, codes, &number);
        if (status != MDM_OK) {
            return status;
        }
        if (number != class) {
            return mdm_load_refuse(loader, loader->numbers, "a class for the second time");
        }
    }
    return reserve_classes(loader);
}

mdm_status mdm_load_rows(mdm_loader *loader)
{
    mdm_fleet *fleet = loader->fleet;
    mdm_status status = is_flat(loader) ? mdm_fleet_lay_out(fleet, MDM_LAYOUT_FLAT) : MDM_OK;
    if (status == MDM_OK) {
        status = load_row_classes(loader);
    }
    if (status == MDM_OK) {
        status = mdm_load_columns(loader);
    }
    if (status == MDM_OK && is_flat(loader)) {
        mdm_class_push_run(fleet, 1, (size_t)loader->head.n_classes);
    } else if (status == MDM_OK) {
        status = intern_classes(loader);
        if (status == MDM_OK) {
            mdm_class_push_rows(fleet, 0, fleet->rows.n);
        }
    }
    return status;
}

/* ---- Free rows ---- */

mdm_status mdm_load_free_rows(mdm_loader *loader)
{
    mdm_row_table *rows = &loader->fleet->rows;
    const size_t n = rows->n - rows->n_devices;
    uint32_t *next = &rows->free;
    const mdm_status status =
        mdm_load_numbers(loader, MDM_SECTION_FREE(loader->head.n_attributes), 4, n);
    if (status != MDM_OK) {
        return status;
    }
    if (n > 0 && !MDM_FIT(&loader->fleet->memory, &rows->next, rows->n)) {
        return MDM_NO_MEMORY;
    }
    for (size_t row = 0; row < rows->n && n > 0; row++) {
        if (mdm_row_class(loader->fleet, row) == 0) {
            rows->next.at[row] = UNCHAINED;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t row = mdm_load_number(loader, i);
        if (row >= rows->n || mdm_row_class(loader->fleet, row) != 0 ||
            rows->next.at[row] != UNCHAINED) {
            return mdm_load_refuse_number(loader, i, "a row that is not free, or twice");
        }
        *next = row;
        next = &rows->next.at[row];
        *next = MDM_NONE;
    }
    return MDM_OK;
}

/* ---- Names ---- */

static mdm_status check_names(mdm_loader *loader)
{
    const size_t n_text = (size_t)loader->section.n_text;
    /* Then no name needs a look of its own. */
    const bool are_plain = mdm_is_printed(loader->text, n_text);
    size_t begin = 0;
    for (size_t row = 0; row < loader->section.n; row++) {
        const size_t len = mdm_load_number(loader, row);
        if (len == MDM_SAVED_NO_NAME) {
            continue;
        }
        if (len > MDM_MAX_VALUE || len > n_text - begin ||
            mdm_row_class(loader->fleet, row) == 0) {
            return mdm_load_refuse_number(loader, row, "a name that cannot be");
        }
        if (!are_plain && !mdm_is_name((mdm_text){loader->text + begin, len})) {
            return mdm_load_refuse(loader, loader->text + begin, "a name that cannot be");
        }
        begin += len;
    }
    return begin == n_text
               ? MDM_OK
               : mdm_load_refuse(loader, loader->text + begin, "a text that no length counts");
}

static mdm_status keep_names(mdm_loader *loader)
{
    mdm_fleet *fleet = loader->fleet;
    mdm_names *names = &fleet->names;
    const size_t n_text = (size_t)loader->section.n_text;
    if (!MDM_FIT(&fleet->memory, &fleet->rows.name, fleet->rows.n) ||
        !MDM_FIT(&fleet->memory, names, n_text)) {
        return MDM_NO_MEMORY;
    }
    for (size_t row = 0; row < fleet->rows.n; row++) {
        const size_t len = loader->section.n == 0 ? MDM_SAVED_NO_NAME
                                                  : mdm_load_number(loader, row);
        fleet->rows.name.at[row] = MDM_NO_NAME;
        if (len != MDM_SAVED_NO_NAME) {
            fleet->rows.name.at[row] = (uint64_t)names->n << MDM_NAME_BITS | len;
            names->n += len;
        }
    }
    if (n_text > 0) {
        memcpy(names->at, loader->text, n_text);
    }
    return MDM_OK;
}

mdm_status mdm_load_names(mdm_loader *loader, bool keeps_names)
{
    mdm_status status =
        mdm_load_section(loader, MDM_SECTION_NAMES(loader->head.n_attributes), 2);
    const bool has_names = (loader->head.flags & MDM_SAVED_NAMES) != 0;
    if (status == MDM_OK && loader->section.n != (has_names ? loader->head.n_rows : 0)) {
        status = mdm_load_refuse(loader, loader->numbers, "not a name for each row");
    }
    if (status == MDM_OK) {
        status = check_names(loader);
    }
    return status == MDM_OK && keeps_names ? keep_names(loader) : status;
}
