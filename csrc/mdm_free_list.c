/*
 * Free classes of a flat table. One is given to a device of the run that it was free in, so that
 * zones stay as narrow as the order made them, however many devices change.
 */
#include "mdm_fleet.h"

/* The chain that the classes of a run are in. */
static uint32_t *chain_of(mdm_class_table *classes, uint32_t run)
{
    return run == MDM_NO_RUN ? &classes->free : &classes->zones.free.at[run];
}

uint32_t mdm_run_of(const mdm_zones *zones, const uint32_t *codes)
{
    uint32_t run = 0;
    for (size_t k = 0; k < zones->n_keys; k++) {
        const uint32_t code = codes[zones->columns[k]];
        if (code >= zones->n_codes[k]) {
            return MDM_NO_RUN;
        }
        run = run * zones->n_codes[k] + code;
    }
    return zones->n_keys == 0 ? MDM_NO_RUN : run;
}

uint32_t mdm_class_run_of(const mdm_class_table *classes, size_t class)
{
    uint32_t codes[MDM_MAX_ATTRIBUTES];
    for (size_t k = 0; k < classes->zones.n_keys; k++) {
        const size_t column = classes->zones.columns[k];
        codes[column] = mdm_code(&classes->columns, column, class);
    }
    return mdm_run_of(&classes->zones, codes);
}

uint32_t mdm_free_first(mdm_class_table *classes, uint32_t run)
{
    return *chain_of(classes, run);
}

uint32_t mdm_free_take(mdm_class_table *classes, uint32_t run)
{
    uint32_t *chain = chain_of(classes, run);
    const uint32_t class = *chain;
    if (class != 0) {
        *chain = classes->row_of.at[class];
    }
    return class;
}

void mdm_free_give(mdm_class_table *classes, uint32_t class)
{
    uint32_t *chain = chain_of(classes, mdm_class_run_of(classes, class));
    classes->row_of.at[class] = *chain;
    *chain = class;
}

void mdm_free_forget_runs(mdm_class_table *classes)
{
    for (uint32_t run = 0; run < classes->zones.free.capacity; run++) {
        for (uint32_t class = mdm_free_take(classes, run); class != 0;
             class = mdm_free_take(classes, run)) {
            classes->row_of.at[class] = classes->free;
            classes->free = class;
        }
    }
}
