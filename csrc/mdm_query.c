/*
 * A question put: the source read, every class judged, the classes grouped by verdict.
 */
#include "mdm_query.h"

#include <string.h>

static mdm_status parse_source(mdm_plan *plan, mdm_text text, mdm_fault *fault)
{
    const mdm_fleet *fleet = plan->fleet;
    mdm_parser parser = {.fleet = fleet,
                         .keeper = {plan->arena, &fleet->members, NULL},
                         .scratch = plan->arena};
    const mdm_status status = mdm_line_parse(&parser, text, &plan->line);
    if (status == MDM_BAD_TEXT && fault != NULL) {
        *fault = (mdm_fault){(size_t)(parser.fault - text.at), 0};
    }
    for (size_t i = 0; i < fleet->scheme.n_attributes && status == MDM_OK; i++) {
        plan->source[i] = (plan->line.present >> i & 1) != 0 ? &plan->line.values[i] : NULL;
    }
    return status;
}

static bool take_classes(mdm_plan *plan, mdm_query *query)
{
    const mdm_class_table *classes = &plan->fleet->classes;
    plan->alive = mdm_take(plan->arena, classes->n_live, sizeof *plan->alive);
    plan->tried = mdm_take(plan->arena, classes->n_live, sizeof *plan->tried);
    plan->object = mdm_take(plan->arena, classes->n, 1);
    plan->any = mdm_take(plan->arena, classes->n, 1);
    if (plan->alive == NULL || plan->tried == NULL || plan->object == NULL || plan->any == NULL) {
        return false;
    }
    memset(query->verdicts, MDM_NO, query->n_classes);
    query->verdicts[0] = MDM_NOBODYS;
    for (size_t class = 1; class < classes->n; class++) {
        if (classes->at[class].n_rows > 0) {
            plan->alive[plan->n_alive++] = (uint32_t)class;
            query->verdicts[class] = MDM_YES;
        }
    }
    return true;
}

static mdm_status judge(mdm_plan *plan, mdm_direction accepted_by, mdm_query *query)
{
    const mdm_fleet *fleet = plan->fleet;
    mdm_status status = take_classes(plan, query) ? MDM_OK : MDM_NO_MEMORY;
    for (size_t i = 0; i < fleet->scheme.n_attributes && status == MDM_OK; i++) {
        status = mdm_plan_relation(plan, i);
    }
    if (status == MDM_OK && (accepted_by & MDM_TARGET) != 0) {
        status = mdm_plan_target_lists(plan);
    }
    if (status != MDM_OK) {
        return status;
    }
    mdm_plan_narrow(plan, plan->alive, &plan->n_alive, query->verdicts);
    if ((accepted_by & MDM_SOURCE) == 0) {
        return MDM_OK;
    }
    if (!plan->line.has_list) {
        memset(plan->any, (int)fleet->scheme.missing, query->n_classes);
    } else {
        status = mdm_plan_source_objects(plan);
    }
    for (size_t class = 1; class < query->n_classes && status == MDM_OK; class++) {
        if (query->verdicts[class] != MDM_NO) {
            query->verdicts[class] &= plan->any[class];
        }
    }
    return status;
}

static void group(mdm_query *query)
{
    const mdm_class_table *classes = &query->fleet->classes;
    size_t next[4];
    for (size_t class = 1; class < query->n_classes; class++) {
        const uint32_t n_rows = classes->at[class].n_rows;
        query->n_group[query->verdicts[class]] += n_rows > 0;
        query->n_devices[query->verdicts[class]] += n_rows;
    }
    for (size_t verdict = 1; verdict < 4; verdict++) {
        query->begin[verdict] = query->begin[verdict - 1] + query->n_group[verdict - 1];
    }
    memcpy(next, query->begin, sizeof next);
    for (size_t class = 1; class < query->n_classes; class++) {
        if (classes->at[class].n_rows > 0) {
            query->grouped[next[query->verdicts[class]]++] = (uint32_t)class;
        }
    }
}

static mdm_query *take_query(const mdm_fleet *fleet)
{
    mdm_query *query = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *query);
    if (query == NULL) {
        return NULL;
    }
    *query = (mdm_query){.fleet = fleet,
                         .generation = fleet->generation,
                         .n_classes = fleet->classes.n,
                         .n_grouped = fleet->classes.n_live};
    query->verdicts = mdm_resize(&fleet->memory, NULL, 0, query->n_classes, 1);
    /* One more than there are, so that an empty fleet has an array too. */
    query->grouped =
        mdm_resize(&fleet->memory, NULL, 0, query->n_grouped + 1, sizeof *query->grouped);
    if (query->verdicts == NULL || query->grouped == NULL) {
        mdm_query_free(query);
        return NULL;
    }
    return query;
}

mdm_status mdm_query_new(const mdm_fleet *fleet, const char *text, size_t text_len,
                         mdm_direction accepted_by, mdm_query **made, mdm_fault *fault)
{
    mdm_plan plan = {.fleet = fleet};
    mdm_arena arena = {NULL, NULL, 0};
    mdm_query *query = NULL;
    mdm_status status = MDM_OK;
    if (fleet == NULL || made == NULL || (text == NULL && text_len > 0) ||
        (unsigned)accepted_by > MDM_BOTH) {
        return MDM_BAD_ARGUMENT;
    }
    if (accepted_by == MDM_NOBODY || fleet->scheme.accepted_by == MDM_NOBODY) {
        accepted_by = fleet->scheme.accepted_by;
    }
    arena.memory = &fleet->memory;
    plan.arena = &arena;
    status = parse_source(&plan, mdm_given(text, text_len), fault);
    if (status == MDM_OK) {
        query = take_query(fleet);
        status = query == NULL ? MDM_NO_MEMORY : judge(&plan, accepted_by, query);
    }
    mdm_arena_free(&arena);
    if (status != MDM_OK) {
        mdm_query_free(query);
        return status;
    }
    group(query);
    *made = query;
    return MDM_OK;
}

void mdm_query_free(mdm_query *query)
{
    const mdm_allocator *memory = NULL;
    if (query == NULL) {
        return;
    }
    memory = &query->fleet->memory;
    if (query->verdicts != NULL) {
        mdm_resize(memory, query->verdicts, query->n_classes, 0, 1);
    }
    if (query->grouped != NULL) {
        mdm_resize(memory, query->grouped, query->n_grouped + 1, 0, sizeof *query->grouped);
    }
    mdm_resize(memory, query, 1, 0, sizeof *query);
}
