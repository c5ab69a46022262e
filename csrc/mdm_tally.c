/*
 * What was met: numbers of lanes added up, or bits by class of each source.
 */
#include <string.h>

#include "mdm_join.h"

/* ---- Counting ---- */

static void add_lanes(const mdm_lanes *met, uint32_t more, uint32_t *counts)
{
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        for (uint64_t left = met->at[w]; left != 0; left &= left - 1) {
            counts[w * 64 + (size_t)__builtin_ctzll(left)] += more;
        }
    }
}

static void add_bit(const mdm_lanes *met, size_t plane, mdm_lanes *planes)
{
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        uint64_t carry = met->at[w];
        for (size_t p = plane; carry != 0; p++) {
            const uint64_t before = planes[p].at[w];
            planes[p].at[w] ^= carry;
            carry &= before;
        }
    }
}

/* Each class as often as it has devices. */
static void weigh(const mdm_fleet *fleet, const mdm_lanes *met, const uint32_t *classes,
                  mdm_lanes *planes, uint32_t *counts)
{
    for (size_t i = 0; i < MDM_RUN; i++) {
        uint64_t any = 0;
        uint64_t pairs = 0; /* words with more than one lane */
        uint32_t size = 0;
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            any |= met[i].at[w];
            pairs |= met[i].at[w] & (met[i].at[w] - 1);
        }
        if (any == 0) {
            continue;
        }
        size = mdm_class_size(fleet, classes[i]);
        if (pairs == 0) {
            add_lanes(&met[i], size, counts);
            continue;
        }
        for (; size != 0; size &= size - 1) {
            add_bit(&met[i], (size_t)__builtin_ctz(size), planes);
        }
    }
}

void mdm_desk_count(const mdm_join *join, const mdm_field *field, mdm_desk *desk,
                    const uint32_t *classes)
{
    for (size_t p = 0; p < (field->is_split ? 2U : 1U); p++) {
        if (join->fleet->classes.is_flat) {
            join->kernels->tally(desk->met[p], desk->planes[p]);
        } else {
            weigh(join->fleet, desk->met[p], classes, desk->planes[p], desk->counts[p]);
        }
    }
}

/* The planes of a desk become numbers. */
static void settle(mdm_desk *desk, size_t p)
{
    for (size_t plane = 0; plane < MDM_PLANES; plane++) {
        add_lanes(&desk->planes[p][plane], (uint32_t)1 << plane, desk->counts[p]);
    }
}

void mdm_desk_clear(mdm_desk *desk)
{
    desk->batch.n = 0;
    desk->strands[0].was_empty = desk->strands[1].was_empty = false;
    memset(desk->planes, 0, sizeof desk->planes);
    memset(desk->counts, 0, sizeof desk->counts);
}

void mdm_desk_give(const mdm_join *join, const mdm_seating *seating, size_t block,
                   const mdm_field *field, mdm_desk *desk)
{
    const mdm_block *at = &seating->blocks[block];
    settle(desk, 0);
    if (field->is_split) {
        settle(desk, 1);
    }
    for (size_t i = at->first_seat; i < at->first_seat + at->n_seats; i++) {
        const mdm_seat *seat = &seating->seats[i];
        join->counts[0][seat->source] += desk->counts[0][seat->lane];
        join->counts[1][seat->source] += desk->counts[field->is_split ? 1 : 0][seat->lane];
    }
}

/* ---- Bits by class ---- */

static inline void swap(uint64_t *at, size_t k, size_t j, uint64_t mask)
{
    const uint64_t t = (at[k] >> j ^ at[k + j]) & mask;
    at[k] ^= t << j;
    at[k + j] ^= t;
}

/* 64 words of 64 bits turned round (Warren, Hacker's Delight 7-3). */
static void turn(uint64_t *at)
{
    uint64_t mask = 0x00000000ffffffffU;
    for (size_t j = 32; j != 0; j /= 2, mask ^= mask << j) {
        for (size_t k = 0; k < 64; k = (k + j + 1) & ~j) {
            swap(at, k, j, mask);
        }
    }
}

void mdm_desk_keep(const mdm_join *join, const mdm_seating *seating, size_t block,
                   const mdm_lanes *met, size_t plane, size_t class_word)
{
    const mdm_block *at = &seating->blocks[block];
    size_t seat = at->first_seat;
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        uint64_t words[MDM_RUN];
        uint64_t any = 0;
        for (size_t i = 0; i < MDM_RUN; i++) {
            words[i] = met[i].at[w];
            any |= words[i];
        }
        if (any != 0) {
            turn(words);
        }
        for (; seat < at->first_seat + at->n_seats && seating->seats[seat].lane / 64 == w;
             seat++) {
            if (any != 0) {
                mdm_join_bits(join, seating->seats[seat].source, plane)[class_word] =
                    words[seating->seats[seat].lane % 64];
            }
        }
    }
}
