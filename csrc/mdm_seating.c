/*
 * Sources take their places: each a run of lanes within a word of 64, block after block.
 */
#include "mdm_join.h"

#define MOST_OBJECTS 64

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
    const uint32_t list = join->sources.at[source].list;
    return (join->accepted_by & MDM_SOURCE) != 0 && list != 0 ? join->sources.lists->at[list - 1].n
                                                              : 1;
}

void mdm_seat_all(const mdm_join *join, mdm_seating *seating, const uint32_t *sources, size_t n)
{
    size_t lane = MDM_LANES;
    seating->n_seats = seating->n_blocks = seating->n_alone = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t source = sources == NULL ? (uint32_t)i : sources[i];
        const size_t n_lanes = lanes_of(join, source);
        if (n_lanes == 0) {
            continue;
        }
        if (n_lanes > MOST_OBJECTS) {
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
