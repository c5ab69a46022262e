/*
 * A saved fleet while it is loaded: sections that are checked as bytes, and then their contents.
 */
#ifndef MDM_LOADER_H
#define MDM_LOADER_H

#include "mdm_parse.h"
#include "mdm_saved.h"

typedef struct mdm_loader {
    mdm_text given;
    size_t at; /* where the next section begins */
    mdm_saved_head head;
    mdm_section section; /* the one that was taken */
    const char *numbers;
    const char *text;
    mdm_fleet *fleet; /* new; freed where the load fails */
    mdm_flaw *flaw;
} mdm_loader;

/* MDM_BAD_DATA at a place of the given bytes. */
mdm_status mdm_load_refuse(const mdm_loader *loader, const char *at, const char *what);

static inline uint32_t mdm_load_number(const mdm_loader *loader, size_t i)
{
    const size_t width = loader->section.width;
    return mdm_get_code(loader->numbers + i * width, width);
}

static inline mdm_status mdm_load_refuse_number(const mdm_loader *loader, size_t i,
                                                const char *what)
{
    return mdm_load_refuse(loader, loader->numbers + i * loader->section.width, what);
}

/* ---- mdm_load.c: the bytes ---- */

/* The next section has this number, and `width` bytes a number; 0: whatever suits. */
mdm_status mdm_load_section(mdm_loader *loader, size_t number, uint32_t width);

/* The same for a section of n numbers and nothing else. */
mdm_status mdm_load_numbers(mdm_loader *loader, size_t number, uint32_t width, size_t n);

/* ---- mdm_load_codes.c: the columns, with room for them ---- */

mdm_status mdm_load_columns(mdm_loader *loader);

/* ---- mdm_load_rows.c: what rows are ---- */

mdm_status mdm_load_rows(mdm_loader *loader);
mdm_status mdm_load_free_rows(mdm_loader *loader);
mdm_status mdm_load_names(mdm_loader *loader, bool keeps_names);

#endif
