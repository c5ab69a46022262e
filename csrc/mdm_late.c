/*
 * What rows of bits do not say of a source and a class: columns of very many codes, and variables
 * that tie columns together.
 */
#include "mdm_join.h"

static const mdm_value *target_value(const mdm_fleet *fleet, size_t attribute, size_t class)
{
    const uint32_t code = mdm_code(&fleet->classes.columns, attribute, class);
    return code == 0 ? NULL : &fleet->dictionaries[attribute].at[code - 1];
}

static unsigned ask_clause(const mdm_test *test, const mdm_lists *lists, size_t attribute,
                           uint32_t number, const mdm_value *value)
{
    const mdm_scheme *scheme = test->scheme;
    if (scheme->attributes[attribute].relation == MDM_ANY) {
        return MDM_YES;
    }
    if (number == 0) {
        return value == NULL ? MDM_YES : scheme->unlisted;
    }
    const mdm_lone_clause *lone = &lists->clauses[attribute].at[number - 1];
    const mdm_object alone = {.variables = lone->variables};
    return mdm_clause_accepts(test, &alone, &lone->clause, value);
}

/* ---- What a source says of a target ---- */

static unsigned judge_attribute(const mdm_join *join, uint32_t source, uint32_t object,
                                size_t attribute, size_t class)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_attribute *at = &fleet->scheme.attributes[attribute];
    const mdm_test test = {&fleet->scheme, true};
    const mdm_value *target = target_value(fleet, attribute, class);
    unsigned verdict = MDM_YES;
    if (mdm_is_compared(at)) {
        const mdm_value *value = mdm_source_value_of(join, source, at->of);
        uint32_t member = 0;
        mdm_value as_set;
        if (at->relation == MDM_MEMBER && value != NULL) {
            as_set = mdm_as_member(fleet, value, &member);
            value = &as_set;
        }
        verdict = mdm_relation_holds(at, value, target);
    }
    if (object != MDM_NONE) {
        const mdm_lists *lists = mdm_source_lists(join);
        const uint32_t number = mdm_code(&lists->columns, attribute, object);
        verdict &= ask_clause(&test, lists, attribute, number, target);
    }
    return verdict;
}

static bool source_joins(const mdm_join *join, uint32_t object, size_t class)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_lists *lists = mdm_source_lists(join);
    const uint32_t joint = mdm_code(&lists->columns, fleet->scheme.n_attributes, object);
    return joint == 0 || mdm_class_joins(fleet, &lists->joints.at[joint - 1].object, class);
}

/* ---- What a target's list says of a source ---- */

unsigned mdm_target_clause(const mdm_join *join, size_t attribute, uint32_t number,
                           const mdm_value *value)
{
    const mdm_test test = {&join->fleet->scheme, false};
    return ask_clause(&test, &join->fleet->lists, attribute, number, value);
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

static unsigned judge_list(const mdm_join *join, uint32_t source, uint32_t number)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    const mdm_lists *lists = &join->fleet->lists;
    unsigned any = MDM_NO;
    if (number == 0) {
        return scheme->missing;
    }
    for (uint32_t i = 0; i < lists->at[number - 1].n && any != MDM_YES; i++) {
        const uint32_t object = lists->objects.at[lists->at[number - 1].first + i];
        unsigned verdict = MDM_YES;
        for (size_t a = 0; a < scheme->n_attributes && verdict != MDM_NO; a++) {
            verdict &= mdm_target_clause(join, a, mdm_code(&lists->columns, a, object),
                                         mdm_source_value_of(join, source, a));
        }
        if (verdict != MDM_NO && mdm_target_joins(join, object, source)) {
            any |= verdict;
        }
    }
    return any;
}

mdm_verdict mdm_judge_late(const mdm_join *join, const mdm_field *field, size_t lane,
                           size_t class)
{
    const mdm_fleet *fleet = join->fleet;
    const size_t n = fleet->scheme.n_attributes;
    const uint32_t source = field->source_of[lane];
    const uint32_t object = field->object_of[lane];
    unsigned verdict = MDM_YES;
    for (size_t a = 0; a < n && verdict != MDM_NO; a++) {
        if (join->columns[a].is_late && field->is_used[a]) {
            verdict &= judge_attribute(join, source, object, a, class);
        }
    }
    if (join->columns[n].is_late && field->is_used[n] && verdict != MDM_NO) {
        verdict &= judge_list(join, source, mdm_code(&fleet->classes.columns, n, class));
    }
    if (verdict != MDM_NO && object != MDM_NONE && !source_joins(join, object, class)) {
        return MDM_NO;
    }
    return (mdm_verdict)verdict;
}
