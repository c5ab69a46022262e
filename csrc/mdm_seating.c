/*
 * Sources take their places: each a run of lanes within a word of 64, block after block.
 */
#include "mdm_join.h"

#define MOST_OBJECTS 64

/* ---- Neighbours: sources that accept the same in the keys of the fleet's order sit together, so that
   a block passes over most of the fleet ---- */

#define KEY_BITS 16 /* of each of two keys */

static uint32_t least_code(const mdm_dictionary *dictionary, const mdm_encoded *said)
{
    uint32_t least = said->n_ranks > 0 ? mdm_code_at(dictionary, said->ranks[0].begin) : MDM_NONE;
    for (uint32_t i = 0; i < said->n_codes; i++) {
        least = said->codes[i] < least ? said->codes[i] : least;
    }
    return said->holds_all || least == MDM_NONE ? 0 : least;
}

/* What the relation of a source accepts in a column, or its first object. */
static uint32_t key_of(const mdm_join *join, uint32_t source, size_t column)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_list *list = mdm_source_list(join, source);
    const mdm_encoded *said = NULL;
    uint32_t code = 0;
    if (mdm_is_compared(&fleet->scheme.attributes[column])) {
        said = mdm_source_relation(join, source, column);
    } else if (list != NULL && list->n > 0) {
        said = mdm_source_clause(join, mdm_source_lists(join)->objects.at[list->first], column);
    }
    code = said == NULL ? 0 : least_code(&fleet->dictionaries[column], said);
    return code >> KEY_BITS == 0 ? code : ((uint32_t)1 << KEY_BITS) - 1;
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
    const mdm_zones *zones = &join->fleet->classes.zones;
    const mdm_allocator *memory = &join->fleet->memory;
    const size_t n_sources = join->sources.n;
    uint32_t *keys = NULL;
    if (zones->n_keys == 0 || n <= MDM_LANES) {
        return true;
    }
    keys = mdm_resize(memory, NULL, 0, n_sources + n, sizeof *keys);
    if (keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t key = 0;
        for (size_t k = 0; k < 2 && k < zones->n_keys; k++) {
            if (!join->columns[zones->columns[k]].is_large) {
                key |= key_of(join, list[i], zones->columns[k]) << (k == 0 ? KEY_BITS : 0);
            }
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
        seating->seats[seating->n_seats++] = (mdm_seat){source, (uint16_t)lane, (uint16_t)n_lanes};
        seating->blocks[seating->n_blocks - 1].n_seats++;
        lane += n_lanes;
    }
}
