/*
 * A question put: the source read and compiled; and put again after a change.
 */
#include "mdm_query.h"

#include <string.h>

static mdm_status parse_source(mdm_query *query, mdm_fault *fault)
{
    const mdm_fleet *fleet = query->fleet;
    mdm_parser parser = {.fleet = fleet,
                         .is_kept = true,
                         .keeps_scratch = true,
                         .keeper = {&query->arena, &fleet->members, NULL},
                         .scratch = &query->arena,
                         .limit = query->text.at + query->text.len};
    const mdm_status status = mdm_line_parse(&parser, query->text, &query->line);
    if (status == MDM_BAD_TEXT && fault != NULL) {
        *fault = (mdm_fault){(size_t)(parser.fault - query->text.at), 0};
    }
    for (size_t i = 0; i < fleet->scheme.n_attributes && status == MDM_OK; i++) {
        const bool is_present = (query->line.present >> i & 1) != 0;
        query->source[i] = is_present ? &query->line.values[i] : NULL;
    }
    return status;
}

static void note_vocabulary(mdm_query *query)
{
    const mdm_fleet *fleet = query->fleet;
    query->vocabulary.n_cuts = fleet->n_cuts;
    query->vocabulary.n_members = fleet->members.n;
    query->vocabulary.n_lists = fleet->lists.texts.n;
    for (size_t i = 0; i < fleet->scheme.n_attributes; i++) {
        query->vocabulary.n_codes[i] = fleet->dictionaries[i].texts.n;
    }
}

static bool has_new_words(const mdm_query *query)
{
    const mdm_fleet *fleet = query->fleet;
    const mdm_vocabulary *known = &query->vocabulary;
    bool is_same = known->n_cuts == fleet->n_cuts && known->n_members == fleet->members.n &&
                   known->n_lists == fleet->lists.texts.n;
    for (size_t i = 0; i < fleet->scheme.n_attributes && is_same; i++) {
        is_same = known->n_codes[i] == fleet->dictionaries[i].texts.n;
    }
    return !is_same;
}

bool mdm_query_knows_all(const mdm_query *query)
{
    return query->vocabulary.n_classes == query->fleet->classes.n && !has_new_words(query);
}

static mdm_status compile(mdm_query *query)
{
    const mdm_objects *objects = &query->line.objects;
    mdm_status status = MDM_OK;
    note_vocabulary(query);
    query->tables.n = query->n_any = 0;
    status = mdm_plan_relations(query, &query->tables);
    if (status == MDM_OK && (query->accepted_by & MDM_TARGET) != 0) {
        status = mdm_plan_target_lists(query, &query->tables);
    }
    /* A single object is asked together with the relations. */
    if (status == MDM_OK && (query->accepted_by & MDM_SOURCE) != 0 && query->line.has_list &&
        objects->n == 1) {
        status = mdm_plan_object(query, &objects->at[0], &query->tables);
    }
    mdm_tables_order(query->fleet, &query->tables);
    if (status == MDM_OK && (query->accepted_by & MDM_SOURCE) != 0 && query->line.has_list &&
        objects->n > 1 && objects->n <= MDM_MOST_TOGETHER) {
        status = mdm_plan_objects(query);
    }
    query->has_undecided = query->tables.has_undecided || !mdm_query_is_plain(query);
    for (size_t i = 0; i < query->n_any; i++) {
        query->has_undecided = query->has_undecided || query->any[i].tables.has_undecided;
    }
    return status;
}

/* ---- The calls ---- */

/* For what a rule of some hundred bytes is made into, taken at once with its text. */
#define ROOM ((size_t)7 << 10)

static mdm_query *new_query(const mdm_fleet *fleet, mdm_direction accepted_by, unsigned n_threads)
{
    mdm_query *query = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *query);
    if (query != NULL) {
        memset(query, 0, offsetof(mdm_query, vocabulary));
        query->fleet = fleet;
        query->accepted_by = accepted_by;
        query->n_threads = n_threads;
        query->generation = UINT64_MAX;
        query->arena.memory = &fleet->memory;
        atomic_flag_clear(&query->is_marking);
    }
    return query;
}

/* What has a source is judged, or freed. */
static mdm_status finish(mdm_query *query, mdm_status status, mdm_query **made)
{
    if (status == MDM_OK) {
        status = compile(query);
    }
    if (status == MDM_OK) {
        status = mdm_query_ask(query);
    }
    if (status != MDM_OK) {
        mdm_query_free(query);
        return status;
    }
    *made = query;
    return MDM_OK;
}

static mdm_status make(const mdm_fleet *fleet, mdm_text text, mdm_direction accepted_by,
                       unsigned n_threads, mdm_query **made, mdm_fault *fault)
{
    mdm_query *query = new_query(fleet, accepted_by, n_threads);
    bool is_taken = false;
    if (query == NULL) {
        return MDM_NO_MEMORY;
    }
    is_taken = mdm_arena_begin(&query->arena, text.len + ROOM) &&
               mdm_take_text(&query->arena, text, &query->text);
    return finish(query, is_taken ? parse_source(query, fault) : MDM_NO_MEMORY, made);
}

static mdm_status parse_list(mdm_query *query, mdm_text list)
{
    mdm_parser parser = {.fleet = query->fleet,
                         .is_kept = true,
                         .keeps_scratch = true,
                         .keeper = {&query->arena, &query->fleet->members, NULL},
                         .scratch = &query->arena,
                         .at = list.at,
                         .end = list.at + list.len,
                         .limit = list.at + list.len};
    query->line.has_list = true;
    return mdm_objects_parse(&parser, &query->line.objects);
}

mdm_status mdm_query_of(const mdm_fleet *fleet, const mdm_value *const *values,
                        const mdm_text *list, mdm_direction accepted_by, unsigned n_threads,
                        mdm_query **made)
{
    mdm_query *query = new_query(fleet, accepted_by, n_threads);
    mdm_status status = MDM_OK;
    if (query == NULL) {
        return MDM_NO_MEMORY;
    }
    query->line.has_list = false;
    query->line.objects = (mdm_objects){NULL, 0};
    memcpy(query->source, values, fleet->scheme.n_attributes * sizeof(const mdm_value *));
    status = finish(query, list == NULL ? MDM_OK : parse_list(query, *list), made);
    if (status == MDM_OK) {
        mdm_query_settle(*made, MDM_YES);
    }
    return status;
}

mdm_status mdm_query_new(const mdm_fleet *fleet, const char *text, size_t text_len,
                         mdm_direction accepted_by, unsigned n_threads, mdm_query **made,
                         mdm_fault *fault)
{
    if (fleet == NULL || made == NULL || (text == NULL && text_len > 0) ||
        (unsigned)accepted_by > MDM_BOTH) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(fleet);
    if (accepted_by == MDM_NOBODY || fleet->scheme.accepted_by == MDM_NOBODY) {
        accepted_by = fleet->scheme.accepted_by;
    }
    return make(fleet, mdm_given(text, text_len), accepted_by, n_threads, made, fault);
}

mdm_status mdm_query_again(mdm_query *query)
{
    mdm_query *made = NULL;
    mdm_query kept;
    mdm_status status = MDM_OK;
    if (query == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(query->fleet);
    if (!has_new_words(query)) {
        return mdm_query_ask(query);
    }
    status = make(query->fleet, query->text, query->accepted_by, query->n_threads, &made, NULL);
    if (status != MDM_OK) {
        return status;
    }
    kept = *query;
    *query = *made;
    *made = kept;
    /* The values moved with the line. */
    for (size_t i = 0; i < query->fleet->scheme.n_attributes; i++) {
        query->source[i] = query->source[i] == NULL ? NULL : &query->line.values[i];
    }
    mdm_query_free(made);
    return MDM_OK;
}

void mdm_query_free(mdm_query *query)
{
    const mdm_allocator *memory = NULL;
    if (query == NULL) {
        return;
    }
    memory = &query->fleet->memory;
    mdm_query_free_bits(query);
    mdm_arena_free(&query->arena);
    mdm_resize(memory, query, 1, 0, sizeof *query);
}
