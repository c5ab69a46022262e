/*
 * Many questions put: sources read, seated in blocks, counted or judged.
 */
#include "mdm_join.h"

#include <string.h>

/* Columns of more codes get no rows, nor any column once so many rows are taken. */
#define MOST_CODES ((size_t)1 << 16)
#define MOST_ROWS ((size_t)1 << 18)
/* So many codes are worth a map to fewer rows. */
#define MANY_CODES ((size_t)512)
#define MOST_THREADS 64
/* Sources that are judged at once, at most. */
#define MOST_JUDGED ((size_t)MDM_LANES * 64)

/* ---- Columns ---- */

static bool may_be_undecided(const mdm_join *join, size_t column)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    bool any = scheme->missing == MDM_UNDECIDED || scheme->unlisted == MDM_UNDECIDED;
    if (column < scheme->n_attributes) {
        return scheme->attributes[column].missing == MDM_UNDECIDED ||
               scheme->unlisted == MDM_UNDECIDED;
    }
    for (size_t a = 0; a < scheme->n_attributes; a++) {
        any = any || scheme->attributes[a].missing == MDM_UNDECIDED;
    }
    return any;
}

static size_t n_codes_of(const mdm_fleet *fleet, size_t column)
{
    return 1 + (column == fleet->scheme.n_attributes ? fleet->lists.texts.n
                                                     : fleet->dictionaries[column].texts.n);
}

/* Maps are for codes of two bytes. */
static bool has_halves(const mdm_join *join, size_t number)
{
    return join->fleet->classes.columns.at[number].n_bytes == sizeof(uint16_t);
}

/* Where a set has many codes of few members, combinations of members have rows instead. All codes
   must be settled, and keys of the fleet's order keep a row a code. */
static bool find_maps(mdm_join *join, size_t number)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[number];
    mdm_join_column *column = &join->columns[number];
    const size_t n_chunks = (dictionary->members.n + MDM_CHUNK - 1) / MDM_CHUNK;
    if (n_chunks > MDM_MAX_CHUNKS || column->n_codes < MANY_CODES ||
        dictionary->n_settled + 1 < column->n_codes || !has_halves(join, number) ||
        mdm_is_key(&join->fleet->classes.zones, number)) {
        return true;
    }
    column->maps = mdm_take(&join->sources.compiler.arena, n_chunks * column->n_codes, sizeof *column->maps);
    if (column->maps == NULL) {
        return false;
    }
    column->n_chunks = n_chunks;
    for (size_t c = 0; c < n_chunks; c++) {
        uint16_t *map = column->maps + c * column->n_codes;
        map[0] = 0;
        for (size_t code = 1; code < column->n_codes; code++) {
            map[code] = (uint16_t)(1 + (column->places[code] >> c * MDM_CHUNK) %
                                           ((size_t)1 << MDM_CHUNK));
        }
    }
    return true;
}

static bool find_places(mdm_join *join, size_t number)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[number];
    uint64_t *places = NULL;
    if (join->fleet->scheme.attributes[number].kind != MDM_SET || dictionary->members.is_crowded ||
        join->columns[number].is_late) {
        return true;
    }
    places = mdm_take(&join->sources.compiler.arena, dictionary->n_settled + 1, sizeof *places);
    if (places == NULL) {
        return false;
    }
    places[0] = 0;
    for (size_t code = 1; code <= dictionary->n_settled; code++) {
        places[code] = mdm_members_of(&dictionary->members, code);
    }
    join->columns[number].places = places;
    return find_maps(join, number);
}

/* Takes n rows; false: those would be too many. */
static bool take_rows(mdm_join *join, size_t n, size_t *begin)
{
    *begin = join->n_rows;
    if (n > MOST_ROWS - join->n_rows) {
        return false;
    }
    join->n_rows += n;
    return true;
}

static void find_column(mdm_join *join, size_t number)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    mdm_join_column *column = &join->columns[number];
    column->n_codes = n_codes_of(join->fleet, number);
    column->may_be_undecided = may_be_undecided(join, number);
    column->is_late = column->n_codes > MOST_CODES || !take_rows(join, column->n_codes,
                                                                 &column->begin);
    if (number < scheme->n_attributes && mdm_is_compared(&scheme->attributes[number]) &&
        (join->accepted_by & MDM_SOURCE) != 0 && !column->is_late) {
        column->is_late = !take_rows(join, column->n_codes, &column->second);
    }
    column->is_mapped = number < scheme->n_attributes && !column->is_late &&
                        column->n_codes >= MANY_CODES && has_halves(join, number) &&
                        join->fleet->dictionaries[number].n_settled + 1 == column->n_codes &&
                        !mdm_is_key(&join->fleet->classes.zones, number) &&
                        take_rows(join, column->n_codes * sizeof(uint16_t) / MDM_LANE_BYTES + 1,
                                  &column->map_row);
}

/* The clauses of targets have rows too. */
static void find_clauses(mdm_join *join)
{
    const size_t n = join->fleet->scheme.n_attributes;
    mdm_join_column *lists = &join->columns[n];
    for (size_t a = 0; a < n && !lists->is_late && (join->accepted_by & MDM_TARGET) != 0; a++) {
        lists->is_late = !take_rows(join, join->fleet->lists.clauses[a].texts.n + 1,
                                    &join->first_clause[a]);
    }
}

static bool find_columns(mdm_join *join)
{
    const size_t n = join->fleet->scheme.n_attributes;
    bool is_done = true;
    for (size_t c = 0; c <= n; c++) {
        find_column(join, c);
    }
    for (size_t a = 0; a < n; a++) {
        if (join->columns[a].is_late && join->fleet->scheme.attributes[a].relation != MDM_ANY) {
            join->late |= (uint64_t)1 << a;
        }
    }
    find_clauses(join);
    for (size_t a = 0; a < n && is_done; a++) {
        is_done = find_places(join, a) &&
                  ((join->accepted_by & MDM_TARGET) == 0 || join->columns[n].is_late ||
                   join->fleet->scheme.attributes[a].relation == MDM_ANY ||
                   mdm_target_clauses_encode(join, a));
    }
    return is_done && mdm_sources_look(join);
}

/* ---- Memory ---- */

static bool is_ever_undecided(const mdm_join *join)
{
    bool any = false;
    for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
        any = any || join->columns[c].may_be_undecided;
    }
    return any;
}

/* Fields, desks and rows in one block, on the boundaries of vectors. */
static bool take_memory(mdm_join *join)
{
    const size_t n_planes = is_ever_undecided(join) ? 2 : 1;
    const size_t n_desks = join->n_threads;
    size_t offset = 0;
    char *at = NULL;
    join->n_fields = join->all.n_blocks >= 2 * n_desks ? n_desks : 1;
    join->memory_bytes = MDM_LANE_BYTES + n_desks * sizeof *join->desks +
                         join->n_fields * (sizeof *join->fields +
                                           n_planes * join->n_rows * sizeof(mdm_lanes));
    join->memory = mdm_resize(&join->fleet->memory, NULL, 0, join->memory_bytes, 1);
    if (join->memory == NULL) {
        return false;
    }
    offset = MDM_LANE_BYTES - (uintptr_t)join->memory % MDM_LANE_BYTES;
    at = (char *)join->memory + offset % MDM_LANE_BYTES;
    join->desks = (mdm_desk *)(void *)at;
    join->fields = (mdm_field *)(void *)(join->desks + n_desks);
    at = (char *)(void *)(join->fields + join->n_fields);
    for (size_t i = 0; i < n_desks; i++) {
        atomic_flag_clear(&join->desks[i].is_taken);
    }
    for (size_t i = 0; i < join->n_fields; i++) {
        for (size_t p = 0; p < 2; p++) {
            join->fields[i].rows[p] = (mdm_lanes *)(void *)at;
            at += p < n_planes ? join->n_rows * sizeof(mdm_lanes) : 0;
        }
    }
    return true;
}

static bool take_counts(mdm_join *join)
{
    const size_t n = join->sources.n;
    join->counts[0] = mdm_resize(&join->fleet->memory, NULL, 0, 2 * n, sizeof *join->counts[0]);
    join->place_of = mdm_resize(&join->fleet->memory, NULL, 0, n, sizeof *join->place_of);
    if (n > 0 && (join->counts[0] == NULL || join->place_of == NULL)) {
        return false;
    }
    join->counts[1] = join->counts[0] + n;
    if (n > 0) {
        memset(join->counts[0], 0, 2 * n * sizeof *join->counts[0]);
        memset(join->place_of, 0xff, n * sizeof *join->place_of);
    }
    return true;
}

/* ---- Made and freed ---- */

static void free_bits(mdm_join *join)
{
    if (join->bits != NULL) {
        mdm_resize(&join->fleet->memory, join->bits, (2 * join->n_places + 1) * join->n_words, 0,
                   sizeof *join->bits);
    }
    join->bits = NULL;
    join->n_places = 0;
}

void mdm_join_free(mdm_join *join)
{
    const mdm_allocator *memory = NULL;
    if (join == NULL) {
        return;
    }
    memory = &join->fleet->memory;
    free_bits(join);
    mdm_seating_free(join, &join->all);
    mdm_seating_free(join, &join->judged);
    if (join->memory != NULL) {
        mdm_resize(memory, join->memory, join->memory_bytes, 0, 1);
    }
    if (join->counts[0] != NULL) {
        mdm_resize(memory, join->counts[0], 2 * join->sources.n, 0, sizeof *join->counts[0]);
    }
    if (join->place_of != NULL) {
        mdm_resize(memory, join->place_of, join->sources.n, 0, sizeof *join->place_of);
    }
    mdm_sources_free(join);
    mdm_resize(memory, join, 1, 0, sizeof *join);
}

static mdm_join *new_join(const mdm_fleet *fleet, mdm_direction accepted_by, unsigned n_threads)
{
    mdm_join *join = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *join);
    if (join == NULL) {
        return NULL;
    }
    memset(join, 0, sizeof *join);
    join->fleet = fleet;
    join->accepted_by = accepted_by;
    if (accepted_by == MDM_NOBODY || fleet->scheme.accepted_by == MDM_NOBODY) {
        join->accepted_by = fleet->scheme.accepted_by;
    }
    join->n_threads = n_threads == 0 ? 1 : n_threads > MOST_THREADS ? MOST_THREADS : n_threads;
    join->generation = fleet->generation;
    join->kernels = mdm_lane_kernels_of(fleet->kernels->path);
    join->n_words = fleet->classes.columns.n_pages * MDM_PAGE_WORDS;
    return join;
}

static bool seat_all(mdm_join *join)
{
    const size_t n = join->sources.n;
    uint32_t *list = mdm_resize(&join->fleet->memory, NULL, 0, n, sizeof *list);
    bool is_done = n == 0 || list != NULL;
    for (uint32_t i = 0; i < n && is_done; i++) {
        list[i] = i;
    }
    is_done = is_done && mdm_sources_sort(join, list, n);
    if (is_done) {
        mdm_seat_all(join, &join->all, list, n);
    }
    if (list != NULL) {
        mdm_resize(&join->fleet->memory, list, n, 0, sizeof *list);
    }
    return is_done;
}

/* What has its sources is made ready, or freed. */
static mdm_status finish(mdm_join *join, mdm_status status, mdm_join **made)
{
    if (status == MDM_OK && !(mdm_seating_new(join, &join->all, join->sources.n) &&
                              find_columns(join) && seat_all(join) && take_memory(join) &&
                              take_counts(join))) {
        status = MDM_NO_MEMORY;
    }
    if (status != MDM_OK) {
        mdm_join_free(join);
        return status;
    }
    *made = join;
    return MDM_OK;
}

mdm_status mdm_join_lines(const mdm_fleet *fleet, const char *text, size_t text_len,
                          mdm_direction accepted_by, unsigned n_threads, mdm_join **made,
                          mdm_fault *faults, size_t faults_len, size_t *n_faults)
{
    mdm_join *join = NULL;
    if (fleet == NULL || made == NULL || (text == NULL && text_len > 0) ||
        (faults == NULL && faults_len > 0) || n_faults == NULL ||
        (unsigned)accepted_by > MDM_BOTH) {
        return MDM_BAD_ARGUMENT;
    }
    join = new_join(fleet, accepted_by, n_threads);
    if (join == NULL) {
        return MDM_NO_MEMORY;
    }
    return finish(join,
                  mdm_sources_read(join, mdm_given(text, text_len), faults, faults_len, n_faults),
                  made);
}

mdm_status mdm_join_rows(const mdm_fleet *fleet, const uint32_t *rows, size_t rows_len,
                         mdm_direction accepted_by, unsigned n_threads, mdm_join **made)
{
    mdm_join *join = NULL;
    if (fleet == NULL || made == NULL || (rows == NULL && rows_len > 0) ||
        (unsigned)accepted_by > MDM_BOTH) {
        return MDM_BAD_ARGUMENT;
    }
    join = new_join(fleet, accepted_by, n_threads);
    if (join == NULL) {
        return MDM_NO_MEMORY;
    }
    return finish(join, mdm_sources_of_rows(join, rows, rows_len), made);
}

mdm_status mdm_join_classes(const mdm_fleet *fleet, mdm_direction accepted_by, unsigned n_threads,
                            mdm_join **made)
{
    mdm_join *join = NULL;
    if (fleet == NULL || made == NULL || (unsigned)accepted_by > MDM_BOTH) {
        return MDM_BAD_ARGUMENT;
    }
    join = new_join(fleet, accepted_by, n_threads);
    if (join == NULL) {
        return MDM_NO_MEMORY;
    }
    return finish(join, mdm_sources_of_classes(join), made);
}

size_t mdm_join_len(const mdm_join *join)
{
    return join == NULL ? 0 : join->sources.n_given;
}

static mdm_status check(const mdm_join *join, mdm_verdict verdict)
{
    if (join == NULL || (verdict != MDM_NO && verdict != MDM_UNDECIDED && verdict != MDM_YES)) {
        return MDM_BAD_ARGUMENT;
    }
    return join->generation == join->fleet->generation ? MDM_OK : MDM_STALE;
}

/* ---- Sources too large for a block ---- */

static mdm_status ask_alone(mdm_join *join, uint32_t source, bool keeps_bits)
{
    const size_t n_bytes = join->n_words * sizeof *join->bits;
    const mdm_entry *entry = &mdm_source_lists(join)->texts.at[join->sources.at[source].list];
    const mdm_text list = {entry->at, entry->len};
    const mdm_value *values[MDM_MAX_ATTRIBUTES];
    mdm_query *query = NULL;
    mdm_status status = MDM_OK;
    for (size_t a = 0; a < join->fleet->scheme.n_attributes; a++) {
        values[a] = mdm_source_value_of(join, source, a);
    }
    status = mdm_query_of(join->fleet, values, &list, join->accepted_by, join->n_threads, &query);
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

mdm_status mdm_join_count(mdm_join *join, size_t n_steps, size_t *n_left)
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

mdm_status mdm_join_counts(const mdm_join *join, mdm_verdict verdict, uint32_t *counts,
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
    free_bits(join);
    mdm_seating_free(join, &join->judged);
    join->bits = mdm_resize(&join->fleet->memory, NULL, 0, (2 * most + 1) * join->n_words,
                            sizeof *join->bits);
    if (join->bits == NULL) {
        return false;
    }
    join->n_places = most;
    if (!mdm_seating_new(join, &join->judged, most)) {
        free_bits(join);
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

mdm_status mdm_join_judge(mdm_join *join, size_t first, size_t n_bytes, size_t *n_judged)
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
