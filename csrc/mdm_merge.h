/*
 * What several threads have compiled, put together.
 */
#ifndef MDM_MERGE_H
#define MDM_MERGE_H

#include "mdm_compiler.h"

/* What numbers of the other grow by in the one that takes it over. */
typedef struct mdm_moved {
    uint32_t lists;
    uint32_t values[MDM_MAX_ATTRIBUTES]; /* that the fleet lacks */
    bool has_values;                     /* any are there */
} mdm_moved;

/* Takes over what another compiler has of lines, none of which is encoded, and leaves it to be freed.
   No line can be compiled after. Where it fails, both can only be freed. */
mdm_status mdm_compiler_merge(mdm_compiler *compiler, mdm_compiler *other, mdm_moved *moved);
/* A source of the other. */
mdm_status mdm_compiled_move(mdm_compiler *compiler, const mdm_moved *moved, mdm_compiled *source);

#endif
