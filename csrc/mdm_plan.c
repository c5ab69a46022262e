/*
 * The question compiled. What the source says becomes a table of verdicts by code for each
 * attribute; a class is judged by looking its codes up. The most selective table goes first, and
 * a class that is refused is not looked at again.
 */
#include <string.h>

#include "mdm_query.h"

/* ---- Tables ---- */

static uint8_t *new_table(mdm_plan *plan, size_t n_codes)
{
    return mdm_take(plan->arena, n_codes, 1);
}

/* The more selective, the earlier; a table that refuses nobody is left out. */
static void add_table(mdm_plan *plan, const uint32_t *column, const uint8_t *verdicts,
                      size_t n_codes)
{
    mdm_table made = {column, verdicts, n_codes, 0};
    size_t n_accepted = 0;
    size_t at = plan->n_tables;
    for (size_t i = 0; i < n_codes; i++) {
        made.n_refused += verdicts[i] == MDM_NO;
        n_accepted += verdicts[i] == MDM_YES;
    }
    if (n_accepted == n_codes) {
        return;
    }
    plan->n_tables++;
    for (; at > 0 && plan->tables[at - 1].n_refused * n_codes <
                         made.n_refused * plan->tables[at - 1].n_codes;
         at--) {
        plan->tables[at] = plan->tables[at - 1];
    }
    plan->tables[at] = made;
}

static void narrow(const mdm_table *table, uint32_t *classes, size_t *n, uint8_t *verdicts)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        const uint32_t class = classes[i];
        const uint8_t verdict = verdicts[class] & table->verdicts[table->column[class]];
        verdicts[class] = verdict;
        classes[kept] = class;
        kept += verdict != MDM_NO;
    }
    *n = kept;
}

void mdm_plan_narrow(mdm_plan *plan, uint32_t *classes, size_t *n, uint8_t *verdicts)
{
    for (size_t i = 0; i < plan->n_tables && *n > 0; i++) {
        narrow(&plan->tables[i], classes, n, verdicts);
    }
    plan->n_tables = 0;
}

/* ---- Relations ---- */

/* The source's string as a set of one member. */
static mdm_value as_member(const mdm_fleet *fleet, const mdm_value *string, uint32_t *number)
{
    const mdm_text text = string->text;
    *number = mdm_texts_find(&fleet->members, text, mdm_hash(text.at, text.len));
    if (*number == MDM_NONE) {
        return (mdm_value){.set = {NULL, 0, 1, 0}};
    }
    return (mdm_value){.set = {number, 1, 0, (uint64_t)1 << (*number & 63)}};
}

mdm_status mdm_plan_relation(mdm_plan *plan, size_t attribute)
{
    const mdm_fleet *fleet = plan->fleet;
    const mdm_attribute *at = &fleet->scheme.attributes[attribute];
    const mdm_dictionary *dictionary = &fleet->dictionaries[attribute];
    const size_t n_codes = dictionary->texts.n + 1;
    const mdm_value *source = plan->source[at->of];
    uint8_t *verdicts = NULL;
    mdm_value as_set;
    uint32_t member = 0;
    if (at->relation == MDM_UNRELATED || at->relation == MDM_ANY) {
        return MDM_OK;
    }
    if (at->relation == MDM_MEMBER && source != NULL) {
        as_set = as_member(fleet, source, &member);
        source = &as_set;
    }
    verdicts = new_table(plan, n_codes);
    if (verdicts == NULL) {
        return MDM_NO_MEMORY;
    }
    verdicts[0] = (uint8_t)mdm_relation_holds(at, source, NULL);
    for (size_t code = 1; code < n_codes; code++) {
        verdicts[code] = (uint8_t)mdm_relation_holds(at, source, &dictionary->at[code - 1]);
    }
    add_table(plan, fleet->classes.columns[attribute].at, verdicts, n_codes);
    return MDM_OK;
}

/* ---- The objects of targets: each list that occurs is asked about the source ---- */

mdm_status mdm_plan_target_lists(mdm_plan *plan)
{
    const mdm_fleet *fleet = plan->fleet;
    const mdm_test test = {&fleet->scheme, false};
    const size_t n_codes = fleet->lists.texts.n + 1;
    uint8_t *verdicts = new_table(plan, n_codes);
    if (verdicts == NULL) {
        return MDM_NO_MEMORY;
    }
    verdicts[0] = (uint8_t)fleet->scheme.missing;
    for (size_t code = 1; code < n_codes; code++) {
        const mdm_list *list = &fleet->lists.at[code - 1];
        verdicts[code] = MDM_NO;
        if (list->n_classes > 0) {
            verdicts[code] = (uint8_t)mdm_objects_accept(&test, &list->objects, plan->source);
        }
    }
    add_table(plan, fleet->classes.columns[fleet->classes.n_columns - 1].at, verdicts, n_codes);
    return MDM_OK;
}

/* ---- The objects of the source: each is asked about all classes ---- */

static mdm_status add_clause(mdm_plan *plan, const mdm_object *object, const mdm_clause *clause)
{
    const mdm_fleet *fleet = plan->fleet;
    const mdm_test test = {&fleet->scheme, true};
    const mdm_dictionary *dictionary = &fleet->dictionaries[clause->attribute];
    const size_t n_codes = dictionary->texts.n + 1;
    uint8_t *verdicts = new_table(plan, n_codes);
    if (verdicts == NULL) {
        return MDM_NO_MEMORY;
    }
    verdicts[0] = (uint8_t)mdm_clause_accepts(&test, object, clause, NULL);
    for (size_t code = 1; code < n_codes; code++) {
        verdicts[code] =
            (uint8_t)mdm_clause_accepts(&test, object, clause, &dictionary->at[code - 1]);
    }
    add_table(plan, fleet->classes.columns[clause->attribute].at, verdicts, n_codes);
    return MDM_OK;
}

static mdm_status add_unlisted(mdm_plan *plan, const mdm_object *object)
{
    const mdm_fleet *fleet = plan->fleet;
    for (size_t a = 0; a < fleet->scheme.n_attributes && fleet->scheme.unlisted != MDM_YES; a++) {
        const size_t n_codes = fleet->dictionaries[a].texts.n + 1;
        uint8_t *verdicts = NULL;
        if ((object->listed >> a & 1) != 0 || fleet->scheme.attributes[a].relation == MDM_ANY) {
            continue;
        }
        verdicts = new_table(plan, n_codes);
        if (verdicts == NULL) {
            return MDM_NO_MEMORY;
        }
        memset(verdicts, (int)fleet->scheme.unlisted, n_codes);
        verdicts[0] = MDM_YES;
        add_table(plan, fleet->classes.columns[a].at, verdicts, n_codes);
    }
    return MDM_OK;
}

static bool class_joins(const mdm_fleet *fleet, const mdm_object *object, uint32_t class)
{
    const mdm_test test = {&fleet->scheme, true};
    const mdm_value *values[MDM_MAX_ATTRIBUTES];
    for (size_t i = 0; i < object->n_clauses; i++) {
        const uint8_t a = object->clauses[i].attribute;
        const uint32_t code = fleet->classes.columns[a].at[class];
        values[a] = code == 0 ? NULL : &fleet->dictionaries[a].at[code - 1];
    }
    return mdm_object_joins(&test, object, values);
}

static mdm_status judge_object(mdm_plan *plan, const mdm_object *object)
{
    const mdm_arena_mark mark = mdm_arena_here(plan->arena);
    size_t n = plan->n_alive;
    mdm_status status = add_unlisted(plan, object);
    for (size_t i = 0; i < object->n_clauses && status == MDM_OK; i++) {
        status = add_clause(plan, object, &object->clauses[i]);
    }
    if (status != MDM_OK) {
        return status;
    }
    memcpy(plan->tried, plan->alive, n * sizeof *plan->alive);
    for (size_t i = 0; i < n; i++) {
        plan->object[plan->tried[i]] = MDM_YES;
    }
    mdm_plan_narrow(plan, plan->tried, &n, plan->object);
    for (size_t i = 0; i < n; i++) {
        const uint32_t class = plan->tried[i];
        if (!object->has_shared || class_joins(plan->fleet, object, class)) {
            plan->any[class] |= plan->object[class];
        }
    }
    mdm_arena_back(plan->arena, mark);
    return MDM_OK;
}

mdm_status mdm_plan_source_objects(mdm_plan *plan)
{
    const mdm_objects *objects = &plan->line.objects;
    const size_t n_alive = plan->n_alive;
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < n_alive; i++) {
        plan->any[plan->alive[i]] = MDM_NO;
    }
    for (size_t o = 0; o < objects->n && plan->n_alive > 0 && status == MDM_OK; o++) {
        size_t kept = 0;
        status = judge_object(plan, &objects->at[o]);
        /* A class that one object accepts needs no other. */
        for (size_t i = 0; i < plan->n_alive; i++) {
            const uint32_t class = plan->alive[i];
            plan->alive[kept] = class;
            kept += plan->any[class] != MDM_YES;
        }
        plan->n_alive = kept;
    }
    return status;
}
