/*
 * What rows of bits do not say: whether one choice of its variables suits all the clauses of an object
 * that share them. And a clause of a target about a value that the fleet does not know.
 */
#include "mdm_join.h"

/* What the object of a lane asks of a target. */
bool mdm_lane_joins(const mdm_join *join, const mdm_field *field, size_t lane, size_t class)
{
    const mdm_lists *lists = mdm_source_lists(join);
    const uint32_t joint = mdm_code(&lists->columns, join->fleet->scheme.n_attributes,
                                    field->object_of[lane]);
    return joint == 0 ||
           mdm_class_joins(join->fleet, &lists->joints.at[joint - 1].object, class);
}

bool mdm_target_joins(const mdm_join *join, uint32_t object, uint32_t source)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    const mdm_test test = {scheme, false};
    const mdm_lists *lists = &join->fleet->lists;
    const uint32_t joint = mdm_code(&lists->columns, scheme->n_attributes, object);
    const mdm_value *values[MDM_MAX_ATTRIBUTES];
    const mdm_object *asks = NULL;
    if (joint == 0) {
        return true;
    }
    asks = &lists->joints.at[joint - 1].object;
    for (size_t i = 0; i < asks->n_clauses; i++) {
        const size_t a = asks->clauses[i].attribute;
        values[a] = mdm_source_value_of(join, source, a);
    }
    return mdm_object_joins(&test, asks, values);
}

unsigned mdm_target_clause(const mdm_join *join, size_t attribute, uint32_t number,
                           const mdm_value *value)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    const mdm_test test = {scheme, false};
    if (number == 0) {
        return value == NULL ? MDM_YES : scheme->unlisted;
    }
    const mdm_lone_clause *lone = &join->fleet->lists.clauses[attribute].at[number - 1];
    const mdm_object alone = {.variables = lone->variables};
    return mdm_clause_accepts(&test, &alone, &lone->clause, value);
}
