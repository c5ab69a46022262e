/*
 * A question: a verdict for each class, and the classes in groups by verdict.
 */
#ifndef MDM_QUERY_H
#define MDM_QUERY_H

#include "mdm_parse.h"

/* The verdict of class 0, which no question asks for. */
#define MDM_NOBODYS 2

struct mdm_query {
    const mdm_fleet *fleet;
    uint64_t generation;
    size_t n_classes;   /* when the question was put */
    uint8_t *verdicts;  /* by class */
    uint32_t *grouped;  /* classes in use, those of one verdict together */
    size_t n_grouped;
    size_t begin[4]; /* by verdict: where its group begins, how many classes and devices it has */
    size_t n_group[4];
    size_t n_devices[4];
};

typedef struct mdm_table {
    const uint32_t *column;
    const uint8_t *verdicts;
    size_t n_codes;
    size_t n_refused;
} mdm_table;

#define MDM_MAX_TABLES (MDM_MAX_ATTRIBUTES + 1)

/* A question while it is compiled. */
typedef struct mdm_plan {
    const mdm_fleet *fleet;
    mdm_arena *arena;
    mdm_line line;
    const mdm_value *source[MDM_MAX_ATTRIBUTES];
    mdm_table tables[MDM_MAX_TABLES];
    size_t n_tables;
    uint32_t *alive; /* classes that may still be accepted */
    size_t n_alive;
    uint32_t *tried; /* the same, while one object is asked */
    uint8_t *object; /* the verdict of that object, by class */
    uint8_t *any;    /* the OR of the objects so far */
} mdm_plan;

/* ---- mdm_plan.c: tables of verdicts by code, and classes narrowed by them ---- */

mdm_status mdm_plan_relation(mdm_plan *plan, size_t attribute);
mdm_status mdm_plan_target_lists(mdm_plan *plan);
/* Asks all tables of the plan and forgets them; *n classes are left. */
void mdm_plan_narrow(mdm_plan *plan, uint32_t *classes, size_t *n, uint8_t *verdicts);
/* Leaves in plan->any what the source's list says of each class that is alive. */
mdm_status mdm_plan_source_objects(mdm_plan *plan);

#endif
