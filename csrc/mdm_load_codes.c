/*
 * The codes of a saved fleet, column by column into pages.
 */
#include "mdm_loader.h"

static uint32_t largest(const char *at, size_t width, size_t n)
{
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t code = mdm_get_code(at + i * width, width);
        most = most < code ? code : most;
    }
    return most;
}

/* Numbers of a file into numbers of this machine. */
static void copy_numbers(uint8_t *to, const char *from, size_t width, size_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, from, n * width);
#else
    for (size_t i = 0; i < n; i++) {
        const uint32_t wide = (uint32_t)mdm_get_number(from + i * width, width);
        const uint16_t narrow = (uint16_t)wide;
        const uint8_t byte = (uint8_t)wide;
        memcpy(to + i * width, width == 4 ? (const void *)&wide : width == 2 ? (const void *)&narrow
                                                                            : (const void *)&byte,
               width);
    }
#endif
}

static uint32_t code_count(const mdm_loader *loader, size_t column)
{
    const mdm_fleet *fleet = loader->fleet;
    return (uint32_t)(column == fleet->scheme.n_attributes ? fleet->lists.texts.n
                                                           : fleet->dictionaries[column].texts.n);
}

/* The codes of classes from 1 on, a run of a page at a time. */
static mdm_status copy_codes(mdm_loader *loader, size_t column)
{
    const mdm_columns *columns = &loader->fleet->classes.columns;
    const size_t width = loader->section.width;
    const size_t n = (size_t)loader->section.n;
    const uint32_t n_codes = code_count(loader, column);
    for (size_t i = 0; i < n && width > 0;) {
        const size_t place = (i + 1) & (MDM_PAGE - 1);
        const size_t run = n - i < MDM_PAGE - place ? n - i : MDM_PAGE - place;
        uint8_t *page = columns->pages[(i + 1) >> MDM_PAGE_BITS] + columns->at[column].begin;
        const char *from = loader->numbers + i * width;
        if (largest(from, width, run) > n_codes) {
            while (mdm_load_number(loader, i) <= n_codes) {
                i++;
            }
            return mdm_load_refuse_number(loader, i, "a code that is not there");
        }
        copy_numbers(page + place * width, from, width, run);
        i += run;
    }
    return MDM_OK;
}

static mdm_status load_codes(mdm_loader *loader, size_t column, size_t n)
{
    mdm_fleet *fleet = loader->fleet;
    mdm_columns *columns = &fleet->classes.columns;
    const mdm_status status =
        mdm_load_numbers(loader, MDM_SECTION_CODES(loader->head.n_attributes) + column, 0, n);
    if (status != MDM_OK) {
        return status;
    }
    /* The largest code of this width, so that the column is as wide as that of the file. */
    if (!mdm_columns_widen(&fleet->memory, columns, column,
                           loader->section.width == 4 ? UINT32_MAX
                                                      : (1U << 8 * loader->section.width) - 1)) {
        return MDM_NO_MEMORY;
    }
    return copy_codes(loader, column);
}

mdm_status mdm_load_columns(mdm_loader *loader)
{
    const size_t n = (size_t)loader->head.n_classes;
    mdm_fleet *fleet = loader->fleet;
    mdm_status status = MDM_OK;
    if (!mdm_columns_reserve(&fleet->memory, &fleet->classes.columns, n + 1)) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i <= loader->head.n_attributes && status == MDM_OK; i++) {
        status = load_codes(loader, i, n);
    }
    return status;
}
