/*
 * A compiled question asked of every class: one sweep, or one for each object of the source, of which
 * any may accept, where there are many.
 */
#include <string.h>

#include "mdm_query.h"

static bool take_bits(mdm_query *query, mdm_bits *bits)
{
    bits->possible = mdm_take(&query->arena, 2 * query->n_words, sizeof *bits->possible);
    if (bits->possible == NULL) {
        return false;
    }
    bits->accepted = bits->possible + query->n_words;
    memset(bits->possible, 0, 2 * query->n_words * sizeof *bits->possible);
    return true;
}

static mdm_status plan(mdm_query *query, const mdm_object *object, mdm_alternative *made)
{
    mdm_status status = MDM_OK;
    made->tables.n = 0;
    made->joined = object->has_shared ? object : NULL;
    status = mdm_plan_object(query, object, &made->tables);
    mdm_tables_order(query->fleet, &made->tables);
    return status;
}

mdm_status mdm_plan_objects(mdm_query *query)
{
    const mdm_objects *objects = &query->line.objects;
    query->any = mdm_take(&query->arena, objects->n, sizeof *query->any);
    if (query->any == NULL) {
        return MDM_NO_MEMORY;
    }
    for (query->n_any = 0; query->n_any < objects->n; query->n_any++) {
        const mdm_status status =
            plan(query, &objects->at[query->n_any], &query->any[query->n_any]);
        if (status != MDM_OK) {
            return status;
        }
    }
    return MDM_OK;
}

/* What no object has accepted yet. */
static void leave_open(const mdm_query *query, const mdm_bits *any, uint64_t *open)
{
    for (size_t i = 0; i < query->n_words; i++) {
        open[i] = query->bits.possible[i] & ~any->accepted[i];
    }
}

static mdm_status judge_object(mdm_query *query, const mdm_object *object, uint64_t *open,
                               mdm_bits *tried, mdm_bits *any)
{
    const mdm_arena_mark mark = mdm_arena_here(&query->arena);
    mdm_alternative one; /* of whose tables only as many as there are get set */
    const mdm_status status = plan(query, object, &one);
    if (status != MDM_OK) {
        return status;
    }
    mdm_tables_find_keys(query->fleet, &one.tables);
    leave_open(query, any, open);
    mdm_sweep_object(query, &one, open, *tried);
    for (size_t i = 0; i < query->n_words; i++) {
        any->possible[i] |= tried->possible[i];
        any->accepted[i] |= tried->accepted[i];
    }
    mdm_arena_back(&query->arena, mark);
    return MDM_OK;
}

static mdm_status judge_objects(mdm_query *query)
{
    const mdm_arena_mark mark = mdm_arena_here(&query->arena);
    const mdm_objects *objects = &query->line.objects;
    mdm_bits any = {NULL, NULL};
    mdm_bits tried = {NULL, NULL};
    uint64_t *open = mdm_take(&query->arena, query->n_words, sizeof *open);
    mdm_status status = MDM_OK;
    if (open == NULL || !take_bits(query, &any) || !take_bits(query, &tried)) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < objects->n && status == MDM_OK; i++) {
        status = judge_object(query, &objects->at[i], open, &tried, &any);
    }
    for (size_t i = 0; i < query->n_words && status == MDM_OK; i++) {
        query->bits.possible[i] &= any.possible[i];
        query->bits.accepted[i] &= any.accepted[i];
    }
    mdm_arena_back(&query->arena, mark);
    return status;
}

/* The source has no list: the scheme says what that means. */
static void judge_missing(mdm_query *query)
{
    const mdm_verdict missing = query->fleet->scheme.missing;
    if (missing != MDM_YES) {
        memset(query->bits.accepted, 0, query->n_words * sizeof *query->bits.accepted);
    }
    if (missing == MDM_NO) {
        memset(query->bits.possible, 0, query->n_words * sizeof *query->bits.possible);
    }
}

bool mdm_query_is_plain(const mdm_query *query)
{
    return (query->accepted_by & MDM_SOURCE) == 0 ||
           (query->line.has_list && query->line.objects.n > 0 &&
            query->line.objects.n <= MDM_MOST_TOGETHER);
}

const mdm_object *mdm_query_joined(const mdm_query *query)
{
    const bool has_one = (query->accepted_by & MDM_SOURCE) != 0 && query->line.has_list &&
                         query->line.objects.n == 1;
    return has_one && query->line.objects.at[0].has_shared ? &query->line.objects.at[0] : NULL;
}

mdm_status mdm_judge(mdm_query *query)
{
    mdm_sweep(query);
    if (mdm_query_is_plain(query)) {
        return MDM_OK;
    }
    if (!query->line.has_list) {
        judge_missing(query);
        return MDM_OK;
    }
    return judge_objects(query);
}
