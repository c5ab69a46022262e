/*
 * The question compiled: what the source says becomes tables of verdicts by code, one a column.
 */
#include <string.h>

#include "mdm_query.h"

/* ---- Tables ---- */

static size_t words_of(size_t n_codes)
{
    return (n_codes + 64 * MDM_SET_WORDS - 1) / (64 * MDM_SET_WORDS) * MDM_SET_WORDS;
}

static bool new_table(mdm_query *query, size_t column, size_t n_codes, mdm_table *made)
{
    const size_t n_words = words_of(n_codes);
    *made = (mdm_table){.column = column, .n_codes = n_codes};
    made->possible = mdm_take(&query->arena, 2 * n_words, sizeof *made->possible);
    if (made->possible == NULL) {
        return false;
    }
    made->accepted = made->possible + n_words;
    memset(made->possible, 0, 2 * n_words * sizeof *made->possible);
    return true;
}

static inline void set_verdict(mdm_table *table, size_t code, unsigned verdict)
{
    table->possible[code / 64] |= (uint64_t)(verdict & 1) << code % 64;
    table->accepted[code / 64] |= (uint64_t)(verdict >> 1 & 1) << code % 64;
}

static void narrow(mdm_table *table, const mdm_table *other)
{
    for (size_t i = 0; i < words_of(table->n_codes); i++) {
        table->possible[i] &= other->possible[i];
        table->accepted[i] &= other->accepted[i];
    }
}

static size_t count_codes(const uint64_t *set, size_t n_codes)
{
    size_t n = 0;
    for (size_t i = 0; i < words_of(n_codes); i++) {
        n += (size_t)__builtin_popcountll(set[i]);
    }
    return n;
}

/* Puts a table where it belongs; one that refuses nobody is left out. */
static void insert(mdm_tables *tables, mdm_table *made)
{
    const size_t n_possible = count_codes(made->possible, made->n_codes);
    const size_t n_accepted = count_codes(made->accepted, made->n_codes);
    size_t at = tables->n;
    made->n_refused = made->n_codes - n_possible;
    if (n_accepted == made->n_codes) {
        return;
    }
    if (n_accepted == n_possible) {
        made->accepted = made->possible;
    }
    for (; at > 0 && tables->at[at - 1].n_refused * made->n_codes <
                         made->n_refused * tables->at[at - 1].n_codes;
         at--) {
        tables->at[at] = tables->at[at - 1];
    }
    tables->at[at] = *made;
    tables->n++;
}

/* Two tables of one column become one. */
static void add_table(mdm_tables *tables, mdm_table *made)
{
    for (size_t i = 0; i < tables->n; i++) {
        if (tables->at[i].column == made->column) {
            narrow(made, &tables->at[i]);
            memmove(&tables->at[i], &tables->at[i + 1],
                    (tables->n - i - 1) * sizeof *tables->at);
            tables->n--;
            break;
        }
    }
    insert(tables, made);
}

static size_t n_codes_of(const mdm_query *query, size_t attribute)
{
    return query->fleet->dictionaries[attribute].texts.n + 1;
}

/* ---- Relations ---- */

mdm_value mdm_as_member(const mdm_fleet *fleet, const mdm_value *string, uint32_t *number)
{
    const mdm_text text = string->text;
    *number = mdm_texts_find(&fleet->members, text, mdm_hash(text.at, text.len));
    if (*number == MDM_NONE) {
        return (mdm_value){.set = {NULL, 0, 1, 0}};
    }
    return (mdm_value){.set = {number, 1, 0, (uint64_t)1 << (*number & 63)}};
}

static mdm_status plan_relation(mdm_query *query, size_t attribute, mdm_tables *tables)
{
    const mdm_fleet *fleet = query->fleet;
    const mdm_attribute *at = &fleet->scheme.attributes[attribute];
    const mdm_value *values = fleet->dictionaries[attribute].at;
    const mdm_value *source = query->source[at->of];
    mdm_table made;
    mdm_value as_set;
    uint32_t member = 0;
    if (at->relation == MDM_UNRELATED || at->relation == MDM_ANY) {
        return MDM_OK;
    }
    if (at->relation == MDM_MEMBER && source != NULL) {
        as_set = mdm_as_member(fleet, source, &member);
        source = &as_set;
    }
    if (!new_table(query, attribute, n_codes_of(query, attribute), &made)) {
        return MDM_NO_MEMORY;
    }
    set_verdict(&made, 0, mdm_relation_holds(at, source, NULL));
    for (size_t code = 1; code < made.n_codes; code++) {
        set_verdict(&made, code, mdm_relation_holds(at, source, &values[code - 1]));
    }
    add_table(tables, &made);
    return MDM_OK;
}

mdm_status mdm_plan_relations(mdm_query *query, mdm_tables *tables)
{
    mdm_status status = MDM_OK;
    for (size_t a = 0; a < query->fleet->scheme.n_attributes && status == MDM_OK; a++) {
        status = plan_relation(query, a, tables);
    }
    return status;
}

/* ---- The objects of targets: each list is asked about the source. One that no class publishes
   now may be published when the question is put again. ---- */

mdm_status mdm_plan_target_lists(mdm_query *query, mdm_tables *tables)
{
    const mdm_fleet *fleet = query->fleet;
    const mdm_test test = {&fleet->scheme, false};
    mdm_table made;
    if (!new_table(query, fleet->scheme.n_attributes, fleet->lists.texts.n + 1, &made)) {
        return MDM_NO_MEMORY;
    }
    set_verdict(&made, 0, fleet->scheme.missing);
    for (size_t code = 1; code < made.n_codes; code++) {
        const mdm_objects *objects = &fleet->lists.at[code - 1].objects;
        set_verdict(&made, code, mdm_objects_accept(&test, objects, query->source));
    }
    add_table(tables, &made);
    return MDM_OK;
}

/* ---- An object of the source ---- */

static mdm_status add_clause(mdm_query *query, const mdm_object *object, const mdm_clause *clause,
                             mdm_tables *tables)
{
    const mdm_fleet *fleet = query->fleet;
    const mdm_test test = {&fleet->scheme, true};
    const mdm_value *values = fleet->dictionaries[clause->attribute].at;
    mdm_table made;
    if (!new_table(query, clause->attribute, n_codes_of(query, clause->attribute), &made)) {
        return MDM_NO_MEMORY;
    }
    set_verdict(&made, 0, mdm_clause_accepts(&test, object, clause, NULL));
    for (size_t code = 1; code < made.n_codes; code++) {
        set_verdict(&made, code, mdm_clause_accepts(&test, object, clause, &values[code - 1]));
    }
    add_table(tables, &made);
    return MDM_OK;
}

static mdm_status add_unlisted(mdm_query *query, const mdm_object *object, mdm_tables *tables)
{
    const mdm_scheme *scheme = &query->fleet->scheme;
    for (size_t a = 0; a < scheme->n_attributes && scheme->unlisted != MDM_YES; a++) {
        mdm_table made;
        if ((object->listed >> a & 1) != 0 || scheme->attributes[a].relation == MDM_ANY) {
            continue;
        }
        if (!new_table(query, a, n_codes_of(query, a), &made)) {
            return MDM_NO_MEMORY;
        }
        set_verdict(&made, 0, MDM_YES);
        for (size_t code = 1; code < made.n_codes; code++) {
            set_verdict(&made, code, scheme->unlisted);
        }
        add_table(tables, &made);
    }
    return MDM_OK;
}

mdm_status mdm_plan_object(mdm_query *query, const mdm_object *object, mdm_tables *tables)
{
    mdm_status status = add_unlisted(query, object, tables);
    for (size_t i = 0; i < object->n_clauses && status == MDM_OK; i++) {
        status = add_clause(query, object, &object->clauses[i], tables);
    }
    return status;
}
