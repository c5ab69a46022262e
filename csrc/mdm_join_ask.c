/*
 * Many questions answered: counted, or judged for what answers by device need.
 */
#include "mdm_join.h"

#include <string.h>

/* Sources that are judged at once, at most. */
#define MOST_JUDGED ((size_t)MDM_LANES * 64)

static mdm_status check(const mdm_join *join, mdm_verdict verdict)
{
    if (join == NULL || (verdict != MDM_NO && verdict != MDM_UNDECIDED && verdict != MDM_YES)) {
        return MDM_BAD_ARGUMENT;
    }
    return join->generation == join->fleet->generation ? MDM_OK : MDM_STALE;
}

/* ---- Sources that no block takes ---- */

static mdm_status ask_alone(mdm_join *join, uint32_t source, bool keeps_bits)
{
    const size_t n_bytes = join->n_words * sizeof *join->bits;
    const uint32_t number = join->sources.at[source].list;
    mdm_text list = {NULL, 0};
    const mdm_value *values[MDM_MAX_ATTRIBUTES];
    mdm_query *query = NULL;
    mdm_status status = MDM_OK;
    for (size_t a = 0; a < join->fleet->scheme.n_attributes; a++) {
        values[a] = mdm_source_value_of(join, source, a);
    }
    if (number != MDM_NONE) {
        const mdm_entry *entry = &mdm_source_lists(join)->texts.at[number];
        list = (mdm_text){entry->at, entry->len};
    }
    status = mdm_query_of(join->fleet, values, number == MDM_NONE ? NULL : &list,
                          join->accepted_by, join->n_threads, &query);
    if (status != MDM_OK) {
        return status;
    }
    if (keeps_bits) {
        memcpy(mdm_join_bits(join, source, 0), query->bits.possible, n_bytes);
        memcpy(mdm_join_bits(join, source, 1), query->bits.accepted, n_bytes);
    } else {
        join->counts[1][source] = (uint32_t)query->n_devices[MDM_YES];
        join->counts[0][source] =
            (uint32_t)(query->n_devices[MDM_YES] + query->n_devices[MDM_UNDECIDED]);
    }
    mdm_query_free(query);
    return MDM_OK;
}

/* ---- Counting ---- */

static mdm_status held_count(mdm_join *join, size_t n_steps, size_t *n_left)
{
    mdm_status status = n_left == NULL ? MDM_BAD_ARGUMENT : check(join, MDM_YES);
    size_t n_all = 0;
    if (status != MDM_OK) {
        return status;
    }
    n_all = join->all.n_blocks + join->all.n_alone;
    if (join->n_counted < join->all.n_blocks) {
        const size_t left = join->all.n_blocks - join->n_counted;
        const size_t n = left < n_steps ? left : n_steps;
        mdm_pass(join, &join->all, join->n_counted, n, false);
        join->n_counted += n;
        n_steps -= n;
    }
    for (; join->n_counted < n_all && n_steps > 0 && status == MDM_OK; n_steps--) {
        const uint32_t source = join->all.alone[join->n_counted - join->all.n_blocks];
        status = ask_alone(join, source, false);
        join->n_counted += status == MDM_OK ? 1 : 0;
    }
    *n_left = n_all - join->n_counted;
    return status;
}

static mdm_status held_counts(const mdm_join *join, mdm_verdict verdict, uint32_t *counts,
                           size_t counts_len)
{
    const mdm_status status =
        counts == NULL && counts_len > 0 ? MDM_BAD_ARGUMENT : check(join, verdict);
    if (status != MDM_OK) {
        return status;
    }
    if (join->n_counted < join->all.n_blocks + join->all.n_alone) {
        return MDM_BAD_ARGUMENT;
    }
    if (counts_len < join->sources.n_given) {
        return MDM_NO_SPACE;
    }
    for (size_t i = 0; i < join->sources.n_given; i++) {
        const uint32_t source = join->sources.number[i];
        const uint32_t possible = join->counts[0][source];
        const uint32_t accepted = join->counts[1][source];
        counts[i] = verdict == MDM_YES         ? accepted
                    : verdict == MDM_UNDECIDED ? possible - accepted
                                               : (uint32_t)join->fleet->rows.n_devices - possible;
    }
    return MDM_OK;
}

/* ---- Judging ---- */

/* Gives places to the sources of what was given, from `first` on, until none is left. */
static size_t give_places(mdm_join *join, size_t first, size_t most, uint32_t *list, size_t *n)
{
    size_t at = first;
    memset(join->place_of, 0xff, join->sources.n * sizeof *join->place_of);
    for (*n = 0; at < join->sources.n_given; at++) {
        const uint32_t source = join->sources.number[at];
        if (join->place_of[source] != MDM_NONE) {
            continue;
        }
        if (*n == most) {
            break;
        }
        join->place_of[source] = (uint32_t)*n;
        list[(*n)++] = source;
    }
    return at - first;
}

static bool take_places(mdm_join *join, size_t most)
{
    if (join->n_places == most) {
        return true;
    }
    mdm_join_free_bits(join);
    mdm_seating_free(join, &join->judged);
    join->bits = mdm_resize(&join->fleet->memory, NULL, 0, (2 * most + 1) * join->n_words,
                            sizeof *join->bits);
    if (join->bits == NULL) {
        return false;
    }
    join->n_places = most;
    if (!mdm_seating_new(join, &join->judged, most)) {
        mdm_join_free_bits(join);
        return false;
    }
    return true;
}

static mdm_status judge_places(mdm_join *join, uint32_t *list, size_t n)
{
    mdm_status status = mdm_sources_sort(join, list, n) ? MDM_OK : MDM_NO_MEMORY;
    if (status != MDM_OK) {
        return status;
    }
    memset(join->bits, 0, 2 * n * join->n_words * sizeof *join->bits);
    mdm_seat_all(join, &join->judged, list, n);
    mdm_pass(join, &join->judged, 0, join->judged.n_blocks, true);
    for (size_t i = 0; i < join->judged.n_alone && status == MDM_OK; i++) {
        status = ask_alone(join, join->judged.alone[i], true);
    }
    return status;
}

static mdm_status held_judge(mdm_join *join, size_t first, size_t n_bytes, size_t *n_judged)
{
    mdm_status status = n_judged == NULL ? MDM_BAD_ARGUMENT : check(join, MDM_YES);
    uint32_t *list = NULL;
    size_t most = 0;
    size_t n = 0;
    if (status != MDM_OK) {
        return status;
    }
    *n_judged = 0;
    if (first >= join->sources.n_given) {
        return first == join->sources.n_given ? MDM_OK : MDM_BAD_ARGUMENT;
    }
    most = n_bytes / (2 * join->n_words * sizeof *join->bits);
    most = most > MOST_JUDGED ? MOST_JUDGED : most;
    most = most > join->sources.n ? join->sources.n : most == 0 ? 1 : most;
    join->n_judged = 0;
    list = mdm_resize(&join->fleet->memory, NULL, 0, most, sizeof *list);
    if (list == NULL || !take_places(join, most)) {
        status = MDM_NO_MEMORY;
    } else {
        *n_judged = give_places(join, first, most, list, &n);
        status = judge_places(join, list, n);
    }
    if (list != NULL) {
        mdm_resize(&join->fleet->memory, list, most, 0, sizeof *list);
    }
    if (status == MDM_OK) {
        join->first_judged = first;
        join->n_judged = *n_judged;
    }
    return status;
}

/* ---- The calls ---- */

mdm_status mdm_join_count(mdm_join *join, size_t n_steps, size_t *n_left)
{
    if (join == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(join->fleet);
    return held_count(join, n_steps, n_left);
}

mdm_status mdm_join_counts(const mdm_join *join, mdm_verdict verdict, uint32_t *counts,
                           size_t counts_len)
{
    if (join == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(join->fleet);
    return held_counts(join, verdict, counts, counts_len);
}

mdm_status mdm_join_judge(mdm_join *join, size_t first, size_t n_bytes, size_t *n_judged)
{
    if (join == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(join->fleet);
    return held_judge(join, first, n_bytes, n_judged);
}
