/*
 * What a block passes over: classes with codes that none of its lanes accepts, found a column at a
 * time, and pages whose zones have none that some lane accepts.
 */
#include <string.h>

#include "mdm_join.h"

#define ALL_CODES ((uint32_t)1 << 16)
/* A gate pays from this share of codes on that no lane accepts. */
#define LEAST_DEAD (ALL_CODES / 8)
/* Zones of more codes are not asked. */
#define ZONE_CODES 64

static inline bool has_lanes(const mdm_lanes *lanes)
{
    uint64_t any = 0;
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        any |= lanes->at[w];
    }
    return any != 0;
}

/* ---- Columns ---- */

/* Sets the bits of codes that some lane accepts; gives how many there are. */
static size_t mark_live(const mdm_asked_column *at, size_t n_codes, uint64_t *bits)
{
    size_t n_live = 0;
    for (size_t first = 0; first < n_codes; first += 64) {
        const size_t n = n_codes - first < 64 ? n_codes - first : 64;
        uint64_t word = 0;
        for (size_t i = 0; i < n; i++) {
            const size_t row = at->map == NULL ? first + i : at->map[first + i];
            word |= (uint64_t)has_lanes(&at->rows[0][row]) << i;
        }
        bits[first / 64] = word;
        n_live += (size_t)__builtin_popcountll(word);
    }
    return n_live;
}

static void add_gate(mdm_field *field, const mdm_asked_column *at, size_t n_codes,
                     const uint64_t *bits)
{
    mdm_gate *gate = &field->gates[field->n_gates++];
    const size_t n_words = (n_codes + 63) / 64;
    gate->column = (uint8_t)at->column;
    memcpy(gate->codes, bits, n_words * sizeof *bits);
    memset(gate->codes + n_words, 0, MDM_SET_WORDS * sizeof *bits);
    gate->filter = mdm_filter_of(gate->codes, n_codes);
}

static void sort_columns(mdm_asked_column *columns, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const mdm_asked_column moved = columns[i];
        size_t at = i;
        for (; at > 0 && columns[at - 1].n_dead < moved.n_dead; at--) {
            columns[at] = columns[at - 1];
        }
        columns[at] = moved;
    }
}

/* Whether some lane accepts each row of a map but the first, which is that of code 0. */
static bool is_alive(const mdm_asked_column *at)
{
    size_t row = 1;
    while (row < at->n_rows && has_lanes(&at->rows[0][row])) {
        row++;
    }
    return row == at->n_rows;
}

/* Leaves the bits alone where there is at most one, which is too few for a gate. */
static size_t count_dead(const mdm_asked_column *at, size_t n_codes, uint64_t *bits)
{
    if (at->map != NULL && n_codes > ALL_CODES / LEAST_DEAD && is_alive(at)) {
        return has_lanes(&at->rows[0][0]) ? 0 : 1;
    }
    return n_codes - mark_live(at, n_codes, bits);
}

void mdm_field_find_gates(const mdm_join *join, mdm_field *field)
{
    uint64_t bits[MDM_GATE_WORDS + 1];
    field->n_gates = 0;
    for (size_t i = 0; i < field->n_columns; i++) {
        mdm_asked_column *at = &field->columns[i];
        const size_t n_codes = join->columns[at->column].n_codes;
        const size_t n_dead = count_dead(at, n_codes, bits);
        at->n_dead = (uint32_t)(n_dead * ALL_CODES / n_codes);
        if (at->n_dead >= LEAST_DEAD && field->n_gates < MDM_MAX_GATES) {
            add_gate(field, at, n_codes, bits);
        }
    }
    sort_columns(field->columns, field->n_columns);
}

/* ---- Pages ---- */

/* Lanes that accept some code of a zone; `lanes` is narrowed by them. A zone of too many codes says
   nothing. */
static void narrow_by_zone(const mdm_zone *zone, const mdm_lanes *rows, mdm_lanes *lanes)
{
    mdm_lanes any = {{0}};
    if (zone->low <= zone->high && zone->high - zone->low >= ZONE_CODES) {
        return;
    }
    for (uint32_t code = zone->low; code <= zone->high; code++) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            any.at[w] |= rows[code].at[w];
        }
    }
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        lanes->at[w] &= any.at[w];
    }
}

static bool is_in_zones(const mdm_join *join, const mdm_field *field, size_t page)
{
    const mdm_zones *zones = &join->fleet->classes.zones;
    mdm_lanes left = field->start[0];
    for (size_t k = 0; k < zones->n_keys; k++) {
        if (field->keys[k] != NULL) {
            narrow_by_zone(mdm_zone_of_page(zones, page, k), field->keys[k], &left);
        }
    }
    return has_lanes(&left);
}

bool mdm_gate_page(const mdm_join *join, const mdm_field *field, size_t page, uint64_t *left)
{
    const mdm_class_table *classes = &join->fleet->classes;
    const size_t n_words = classes->columns.page_len / 64;
    if (!is_in_zones(join, field, page)) {
        return false;
    }
    memcpy(left, classes->live.at + page * MDM_PAGE_WORDS, n_words * sizeof *left);
    for (size_t i = 0; i < field->n_gates; i++) {
        const size_t column = field->gates[i].column;
        join->fleet->kernels->keep[classes->columns.at[column].n_bytes / 2](
            mdm_column_page(&classes->columns, column, page), &field->gates[i].filter, left, n_words);
    }
    return true;
}
