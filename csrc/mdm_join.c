/*
 * Many questions put: sources read, seated in blocks, and memory taken for what is asked later.
 */
#include "mdm_join.h"

#include <string.h>

#define MOST_THREADS 64
/* So many blocks, and a page of codes, lie in the second cache. */
#define MOST_TOGETHER 8
#define MANY_ROWS ((size_t)1 << 15) /* too many for more than one */

/* ---- Memory ---- */

static bool is_ever_undecided(const mdm_join *join)
{
    bool any = false;
    for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
        any = any || join->columns[c].may_be_undecided;
    }
    return any;
}

/* Many blocks are shared among threads; few are asked together, page after page. */
static size_t find_together(const mdm_join *join)
{
    const size_t n_blocks = join->all.n_blocks;
    const size_t most = join->n_rows > MANY_ROWS ? 1 : MOST_TOGETHER;
    const bool has_pages = join->fleet->classes.columns.n_pages >= 2 * (size_t)join->n_threads;
    if (n_blocks <= most && (has_pages || n_blocks <= join->n_threads)) {
        return n_blocks == 0 ? 1 : n_blocks;
    }
    return n_blocks >= 2 * (size_t)join->n_threads ? 0 : 1;
}

/* Fields, desks and rows in one block, on the boundaries of vectors. */
static bool take_memory(mdm_join *join)
{
    const size_t n_planes = is_ever_undecided(join) ? 2 : 1;
    const size_t n_together = join->n_together = find_together(join);
    const size_t n_fields = n_together == 0 ? join->n_threads : n_together;
    const size_t n_desks = join->n_threads * (n_together == 0 ? 1 : n_together);
    size_t offset = 0;
    char *at = NULL;
    join->memory_bytes =
        MDM_LANE_BYTES + n_desks * sizeof *join->desks +
        n_fields * (sizeof *join->fields + n_planes * join->n_rows * sizeof(mdm_lanes));
    join->memory = mdm_resize(&join->fleet->memory, NULL, 0, join->memory_bytes, 1);
    if (join->memory == NULL) {
        return false;
    }
    offset = MDM_LANE_BYTES - (uintptr_t)join->memory % MDM_LANE_BYTES;
    at = (char *)join->memory + offset % MDM_LANE_BYTES;
    join->desks = (mdm_desk *)(void *)at;
    join->fields = (mdm_field *)(void *)(join->desks + n_desks);
    at = (char *)(void *)(join->fields + n_fields);
    for (size_t i = 0; i < n_desks; i++) {
        atomic_flag_clear(&join->desks[i].is_taken);
    }
    for (size_t i = 0; i < n_fields; i++) {
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
    if (n > 0) {
        join->counts[1] = join->counts[0] + n;
        memset(join->counts[0], 0, 2 * n * sizeof *join->counts[0]);
        memset(join->place_of, 0xff, n * sizeof *join->place_of);
    }
    return true;
}

/* ---- Made and freed ---- */

void mdm_join_free_bits(mdm_join *join)
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
    mdm_join_free_bits(join);
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
                              mdm_join_find_columns(join) && seat_all(join) && take_memory(join) &&
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
    MDM_READS(fleet);
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
    MDM_READS(fleet);
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
    MDM_READS(fleet);
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
