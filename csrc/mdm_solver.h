/*
 * The search for a choice of variables, shared by mdm_template.c (numbers, choices, the order of
 * clauses) and mdm_match.c (texts).
 */
#ifndef MDM_SOLVER_H
#define MDM_SOLVER_H

#include "mdm_rule.h"

typedef struct mdm_solver {
    const mdm_scheme *scheme;
    const mdm_object *object;
    const mdm_value *const *values; /* NULL: only one clause is asked */
    uint64_t done;  /* bit per clause */
    uint32_t bound; /* bit per variable */
    bool is_hopeless;
    mdm_interval at[MDM_MAX_VARIABLES];
} mdm_solver;

/* What a variable was before it was narrowed. */
typedef struct mdm_kept {
    mdm_interval at;
    uint32_t bound;
} mdm_kept;

/* Narrows a variable to an interval; false, and nothing is changed but *before, where no value is
   left in it. */
bool mdm_narrow(mdm_solver *search, uint8_t variable, mdm_interval wanted, mdm_kept *before);
void mdm_widen(mdm_solver *search, uint8_t variable, const mdm_kept *before);
bool mdm_solve_rest(mdm_solver *search); /* the clauses that are not done */
/* From a part of a text template on, against what is left of the text; then the rest. */
bool mdm_match(mdm_solver *search, const mdm_clause *clause, size_t part, mdm_text rest);
/* The number in decimal; there is room for 20 bytes. Gives how many it took. */
size_t mdm_number_print(int64_t number, char *digits);

#endif
