/*
 * A list being read; shared by the files that read lists.
 */
#ifndef MDM_LIST_READ_H
#define MDM_LIST_READ_H

#include "mdm_parse.h"

typedef struct mdm_reading {
    mdm_parser *parser;
    mdm_parser trial; /* keeps nothing */
    mdm_builder builder;
    mdm_written templates[MDM_MAX_ATTRIBUTES]; /* of an object, what has a brace */
    mdm_clause clauses[MDM_MAX_ATTRIBUTES];    /* the same, parsed for trial */
    size_t n_templates;
    uint32_t numbers[MDM_MAX_ATTRIBUTES + 1];
    mdm_u32s rows;
    size_t n_rows;
} mdm_reading;

/* Of a text that is not known. is_kept: it stays where it is as long as the lists. */
mdm_status mdm_clause_add(mdm_parser *parser, const mdm_written *written, uint64_t hash,
                          bool is_kept, uint32_t *number);

/* ---- mdm_list_templates.c: the clauses of an object that wait for its end ---- */

/* Whether they are right, as far as they are there. */
mdm_status mdm_templates_try(mdm_reading *at);
/* Their numbers, and that of their joint. */
mdm_status mdm_templates_read(mdm_reading *at, uint32_t *joint);

#endif
