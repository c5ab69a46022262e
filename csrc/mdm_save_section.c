/*
 * What the sections of a saved fleet hold.
 */
#include "mdm_saver.h"

static const mdm_texts *texts_of(const mdm_saver *saver, size_t number)
{
    const size_t n = saver->fleet->scheme.n_attributes;
    return number == MDM_SECTION_LISTS(n)
               ? &saver->fleet->lists.texts
               : &saver->fleet->dictionaries[number - MDM_SECTION_VALUES].texts;
}

mdm_text mdm_saver_text(const mdm_saver *saver, size_t i)
{
    const size_t number = saver->section.number;
    const mdm_entry *entry = NULL;
    if (number == MDM_SECTION_LABEL) {
        return (mdm_text){saver->label, saver->label_len};
    }
    if (number == MDM_SECTION_NAMES(saver->fleet->scheme.n_attributes)) {
        return mdm_names_get(saver->fleet, saver->fleet->rows.name.at[i]);
    }
    entry = &texts_of(saver, number)->at[i];
    return (mdm_text){entry->at, entry->len};
}

static uint64_t text_bytes(const mdm_saver *saver, uint64_t n)
{
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < n; i++) {
        bytes += mdm_saver_text(saver, (size_t)i).len;
    }
    return bytes;
}

void mdm_saver_begin(mdm_saver *saver, size_t number)
{
    const mdm_fleet *fleet = saver->fleet;
    const size_t n = fleet->scheme.n_attributes;
    const bool is_flat = fleet->classes.is_flat;
    mdm_section *section = &saver->section;
    *section = (mdm_section){(uint32_t)number, 4, fleet->rows.n, 0};
    if (number <= MDM_SECTION_LISTS(n)) {
        section->width = number == MDM_SECTION_LABEL || number == MDM_SECTION_LISTS(n) ? 4 : 2;
        section->n = number == MDM_SECTION_LABEL ? 1 : texts_of(saver, number)->n;
        section->n_text = text_bytes(saver, section->n);
    } else if (number == MDM_SECTION_CLASSES(n)) {
        section->width = is_flat ? 4 : mdm_width_of(saver->n_live);
        section->n = is_flat ? saver->n_live : fleet->rows.n;
    } else if (number < MDM_SECTION_FREE(n)) {
        section->width = fleet->classes.columns.at[number - MDM_SECTION_CODES(n)].n_bytes;
        section->n = saver->n_live;
    } else if (number == MDM_SECTION_FREE(n)) {
        section->n = fleet->rows.n - fleet->rows.n_devices;
    } else {
        section->width = 2;
        section->n = fleet->keeps_names ? fleet->rows.n : 0;
        section->n_text = text_bytes(saver, section->n);
    }
    saver->checksum = (mdm_checksum){0, 0, 0};
}

static void list_classes(const mdm_saver *saver, size_t first, size_t n, uint32_t *numbers)
{
    for (size_t i = 0; i < n; i++) {
        numbers[i] = saver->fleet->classes.is_flat
                         ? saver->fleet->classes.row_of.at[saver->live[first + i]]
                         : saver->numbers[mdm_row_class(saver->fleet, first + i)];
    }
}

static void list_codes(const mdm_saver *saver, size_t column, size_t first, size_t n,
                       uint32_t *numbers)
{
    const mdm_columns *columns = &saver->fleet->classes.columns;
    for (size_t i = 0; i < n; i++) {
        numbers[i] = mdm_code(columns, column, saver->live[first + i]);
    }
}

static void list_free(mdm_saver *saver, size_t n, uint32_t *numbers)
{
    for (size_t i = 0; i < n; i++) {
        numbers[i] = saver->free_row;
        saver->free_row = saver->fleet->rows.next.at[saver->free_row];
    }
}

static void list_lengths(const mdm_saver *saver, size_t first, size_t n, uint32_t *numbers)
{
    const mdm_fleet *fleet = saver->fleet;
    const bool is_name = saver->section.number == MDM_SECTION_NAMES(fleet->scheme.n_attributes);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = is_name && fleet->rows.name.at[first + i] == MDM_NO_NAME
                         ? MDM_SAVED_NO_NAME
                         : (uint32_t)mdm_saver_text(saver, first + i).len;
    }
}

void mdm_saver_numbers(mdm_saver *saver, size_t n, uint32_t *numbers)
{
    const size_t n_attributes = saver->fleet->scheme.n_attributes;
    const size_t number = saver->section.number;
    const size_t first = (size_t)saver->n_done;
    if (number == MDM_SECTION_CLASSES(n_attributes)) {
        list_classes(saver, first, n, numbers);
    } else if (number == MDM_SECTION_FREE(n_attributes)) {
        list_free(saver, n, numbers);
    } else if (number > MDM_SECTION_CLASSES(n_attributes) &&
               number < MDM_SECTION_FREE(n_attributes)) {
        list_codes(saver, number - MDM_SECTION_CODES(n_attributes), first, n, numbers);
    } else {
        list_lengths(saver, first, n, numbers);
    }
}
