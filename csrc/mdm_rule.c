/*
 * One clause against one value, the clauses that share variables against a device, and relations.
 */
#include "mdm_rule.h"

static mdm_verdict verdict_of(bool holds)
{
    return holds ? MDM_YES : MDM_NO;
}

static bool is_one_of(mdm_kind kind, const mdm_clause *clause, const mdm_value *value)
{
    size_t low = 0;
    size_t high = clause->n;
    MDM_HOLDS(!clause->is_coded);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = mdm_value_order(kind, &clause->of.values[middle], value);
        if (order == 0) {
            return mdm_value_equal(kind, &clause->of.values[middle], value);
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static bool is_empty(mdm_kind kind, const mdm_value *value)
{
    return (kind == MDM_STRING && value->text.len == 0) ||
           (kind == MDM_SET && value->set.n == 0 && value->set.n_unknown == 0);
}

static mdm_verdict accepts_absent(const mdm_attribute *attribute, const mdm_clause *clause)
{
    switch ((mdm_operator)clause->op) {
    case MDM_OP_EMPTY:
    case MDM_OP_ANY:
    case MDM_OP_ABSENT:
        return MDM_YES;
    default:
        return attribute->missing;
    }
}

mdm_verdict mdm_clause_accepts(const mdm_test *test, const mdm_object *object,
                               const mdm_clause *clause, const mdm_value *value)
{
    const mdm_attribute *attribute = &test->scheme->attributes[clause->attribute];
    const mdm_value *values = clause->of.values;
    const mdm_kind kind = attribute->kind;
    if (attribute->relation == MDM_ANY) {
        return MDM_YES;
    }
    if (value == NULL) {
        return accepts_absent(attribute, clause);
    }
    switch ((mdm_operator)clause->op) {
    case MDM_OP_EMPTY:
        return verdict_of(is_empty(kind, value));
    case MDM_OP_ANY:
        return MDM_YES;
    case MDM_OP_ABSENT:
        return MDM_NO;
    case MDM_OP_ONE_OF:
        return verdict_of(is_one_of(kind, clause, value));
    case MDM_OP_RANGE:
        return verdict_of(mdm_value_order(kind, &values[0], value) <= 0 &&
                          mdm_value_order(kind, value, &values[1]) <= 0);
    case MDM_OP_SUPERSET:
        return verdict_of(mdm_set_within(&values[0].set, &value->set));
    case MDM_OP_SUBSET:
        return verdict_of(mdm_set_within(&value->set, &values[0].set));
    case MDM_OP_VERSION:
        return verdict_of(test->is_target
                              ? mdm_version_reaches(&values[0].version, &value->version)
                              : mdm_version_reaches(&value->version, &values[0].version));
    case MDM_OP_TEXT:
    case MDM_OP_NUMBER:
    case MDM_OP_CHOICE:
        break;
    }
    return verdict_of(mdm_clause_solves(test->scheme, object, clause, value));
}

bool mdm_object_joins(const mdm_test *test, const mdm_object *object,
                      const mdm_value *const *values)
{
    return !object->has_shared || mdm_object_solves(test->scheme, object, values);
}

mdm_verdict mdm_relation_holds(const mdm_attribute *attribute, const mdm_value *source,
                               const mdm_value *target)
{
    if (source == NULL || target == NULL) {
        return source == target && !attribute->required ? MDM_YES : attribute->missing;
    }
    switch (attribute->relation) {
    case MDM_EQUAL:
        return verdict_of(mdm_value_equal(attribute->kind, source, target));
    case MDM_SUPERSET:
        return verdict_of(mdm_set_within(&source->set, &target->set));
    case MDM_SUBSET:
        return verdict_of(mdm_set_within(&target->set, &source->set));
    case MDM_MINOR:
        return verdict_of(mdm_version_reaches(&source->version, &target->version));
    case MDM_MEMBER:
        /* The source's string was read as a set of this one member; see mdm_encode.c. */
        return verdict_of(mdm_set_within(&source->set, &target->set));
    case MDM_UNRELATED:
    case MDM_ANY:
        break;
    }
    return MDM_YES;
}
