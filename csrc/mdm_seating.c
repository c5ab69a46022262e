/*
 * Sources take their places: each a run of lanes within a word of 64, block after block.
 */
#include "mdm_join.h"

#define MOST_OBJECTS 64

/* ---- Neighbours: sources that accept the same in the columns that tell them apart best sit
   together, so that a block passes over most of the fleet ---- */

#define N_KEYS 2
#define KEY_BITS 16 /* of each */
#define MOST_SAMPLED 128
#define MOST_BREADTH 0.5

/* What the relation of a source holds of a column, or its first object. */
static const mdm_encoded *said_of(const mdm_join *join, uint32_t source, size_t column)
{
    const mdm_list *list = mdm_source_list(join, source);
    if (mdm_is_compared(&join->fleet->scheme.attributes[column])) {
        return mdm_source_relation(join, source, column);
    }
    return list == NULL || list->n == 0
               ? NULL
               : mdm_source_clause(join, mdm_source_lists(join)->objects.at[list->first], column);
}

/* What a clause holds of n codes: how many, and from which to which. */
typedef struct extent {
    double n_held;
    uint32_t low;
    uint32_t high;
} extent;

static void widen(extent *at, uint32_t low, uint32_t high, double n_held)
{
    at->n_held += n_held;
    at->low = low < at->low ? low : at->low;
    at->high = high > at->high ? high : at->high;
}

static extent extent_of(const mdm_encoded *said, uint32_t n)
{
    extent made = {0, UINT32_MAX, 0};
    if (said == NULL || said->holds_all || said->asks_members) {
        return (extent){n, 0, n};
    }
    for (uint32_t i = 0; i < said->n_ranks; i++) {
        const mdm_ranks *ranks = &said->ranks[i];
        widen(&made, ranks->begin + 1, ranks->end + 1, ranks->end - ranks->begin);
    }
    for (uint32_t i = 0; i < said->n_codes; i++) {
        widen(&made, said->codes[i], said->codes[i] + 1, 1);
    }
    return made.n_held > 0 ? made : (extent){0, 0, 0};
}

/* The less, the better a column tells sources apart: the share of its codes that a clause holds, and
   of those between the first and the last that it holds. */
static double breadth_of(const mdm_join *join, const uint32_t *list, size_t n, size_t column)
{
    const size_t step = n / MOST_SAMPLED + 1;
    const size_t n_sampled = (n + step - 1) / step;
    const double n_codes = (double)join->columns[column].n_codes;
    double sum = 0;
    for (size_t i = 0; i < n; i += step) {
        const extent at = extent_of(said_of(join, list[i], column),
                                    (uint32_t)join->columns[column].n_codes);
        sum += at.n_held / n_codes * (at.high - at.low) / n_codes;
    }
    return sum / (double)n_sampled;
}

/* Those that tell sources apart best; gives how many. */
static size_t choose_keys(const mdm_join *join, const uint32_t *list, size_t n, size_t *keys)
{
    double breadths[N_KEYS] = {0};
    size_t n_keys = 0;
    for (size_t a = 0; a < join->fleet->scheme.n_attributes; a++) {
        const double breadth = join->columns[a].is_large || join->columns[a].n_codes <= 2
                                   ? 1
                                   : breadth_of(join, list, n, a);
        size_t at = n_keys;
        for (; at > 0 && breadth < breadths[at - 1]; at--) {
            if (at < N_KEYS) {
                breadths[at] = breadths[at - 1];
                keys[at] = keys[at - 1];
            }
        }
        if (at < N_KEYS && breadth < MOST_BREADTH) {
            breadths[at] = breadth;
            keys[at] = a;
            n_keys += n_keys < N_KEYS ? 1 : 0;
        }
    }
    return n_keys;
}

static uint32_t key_of(const mdm_join *join, uint32_t source, size_t column)
{
    const extent at = extent_of(said_of(join, source, column),
                                (uint32_t)join->columns[column].n_codes);
    return at.low >> KEY_BITS == 0 ? at.low : ((uint32_t)1 << KEY_BITS) - 1;
}

static void sort_byte(const uint32_t *keys, const uint32_t *from, uint32_t *to, size_t n,
                      unsigned shift)
{
    size_t next[257] = {0};
    for (size_t i = 0; i < n; i++) {
        next[(keys[from[i]] >> shift & 255) + 1]++;
    }
    for (size_t b = 0; b < 256; b++) {
        next[b + 1] += next[b];
    }
    for (size_t i = 0; i < n; i++) {
        to[next[keys[from[i]] >> shift & 255]++] = from[i];
    }
}

bool mdm_sources_sort(const mdm_join *join, uint32_t *list, size_t n)
{
    const mdm_allocator *memory = &join->fleet->memory;
    const size_t n_sources = join->sources.n;
    size_t columns[N_KEYS];
    const size_t n_keys = n <= MDM_LANES ? 0 : choose_keys(join, list, n, columns);
    uint32_t *keys = NULL;
    if (n_keys == 0) {
        return true;
    }
    keys = mdm_resize(memory, NULL, 0, n_sources + n, sizeof *keys);
    if (keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t key = 0;
        for (size_t k = 0; k < n_keys; k++) {
            key |= key_of(join, list[i], columns[k]) << (k == 0 ? KEY_BITS : 0);
        }
        keys[list[i]] = key;
    }
    for (unsigned shift = 0; shift < 32; shift += 16) {
        sort_byte(keys, list, keys + n_sources, n, shift);
        sort_byte(keys, keys + n_sources, list, n, shift + 8);
    }
    mdm_resize(memory, keys, n_sources + n, 0, sizeof *keys);
    return true;
}

/* ---- Places ---- */

bool mdm_seating_new(mdm_join *join, mdm_seating *seating, size_t n_sources)
{
    const mdm_allocator *memory = &join->fleet->memory;
    *seating = (mdm_seating){.n_sources = n_sources};
    seating->seats = mdm_resize(memory, NULL, 0, n_sources, sizeof *seating->seats);
    seating->blocks = mdm_resize(memory, NULL, 0, n_sources, sizeof *seating->blocks);
    seating->alone = mdm_resize(memory, NULL, 0, n_sources, sizeof *seating->alone);
    if (n_sources > 0 &&
        (seating->seats == NULL || seating->blocks == NULL || seating->alone == NULL)) {
        mdm_seating_free(join, seating);
        return false;
    }
    return true;
}

void mdm_seating_free(mdm_join *join, mdm_seating *seating)
{
    const mdm_allocator *memory = &join->fleet->memory;
    const size_t n = seating->n_sources;
    if (seating->seats != NULL) {
        mdm_resize(memory, seating->seats, n, 0, sizeof *seating->seats);
    }
    if (seating->blocks != NULL) {
        mdm_resize(memory, seating->blocks, n, 0, sizeof *seating->blocks);
    }
    if (seating->alone != NULL) {
        mdm_resize(memory, seating->alone, n, 0, sizeof *seating->alone);
    }
    *seating = (mdm_seating){.n_sources = 0};
}

/* A source whose list is empty accepts nobody, and takes no place. */
static size_t lanes_of(const mdm_join *join, uint32_t source)
{
    const mdm_list *list = mdm_source_list(join, source);
    return list == NULL ? 1 : list->n;
}

static const uint32_t *objects_of(const mdm_join *join, uint32_t source)
{
    const mdm_list *list = mdm_source_list(join, source);
    return list == NULL ? NULL : mdm_source_lists(join)->objects.at + list->first;
}

/* Whether an object asks for an attribute of too many values. */
static bool asks_large(const mdm_join *join, uint32_t source)
{
    const mdm_list *list = mdm_source_list(join, source);
    uint64_t asked = 0;
    for (uint32_t i = 0; list != NULL && i < list->n; i++) {
        const uint32_t object = mdm_source_lists(join)->objects.at[list->first + i];
        asked |= join->fleet->scheme.unlisted == MDM_YES ? join->sources.asked[object].listed
                                                         : UINT64_MAX;
    }
    return (asked & join->large) != 0;
}

void mdm_seat_all(const mdm_join *join, mdm_seating *seating, const uint32_t *sources, size_t n)
{
    size_t lane = MDM_LANES;
    seating->n_seats = seating->n_blocks = seating->n_alone = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t source = sources[i];
        const size_t n_lanes = lanes_of(join, source);
        if (n_lanes == 0) {
            continue;
        }
        if (n_lanes > MOST_OBJECTS || (join->large != 0 && asks_large(join, source)) ||
            join->asks_large) {
            seating->alone[seating->n_alone++] = source;
            continue;
        }
        if (lane % 64 + n_lanes > 64) {
            lane += 64 - lane % 64;
        }
        if (lane >= MDM_LANES) {
            seating->blocks[seating->n_blocks++] = (mdm_block){seating->n_seats, 0};
            lane = 0;
        }
        seating->seats[seating->n_seats++] = (mdm_seat){
            objects_of(join, source), source, (uint16_t)lane, (uint16_t)n_lanes};
        seating->blocks[seating->n_blocks - 1].n_seats++;
        lane += n_lanes;
    }
}
