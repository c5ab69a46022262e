/*
 * The rows of a column: what the relations and the clauses of the lanes hold of its codes.
 */
#include "mdm_join.h"

#include <string.h>

/* Lanes that are undecided: about every code but 0, and about 0. */
typedef struct doubts {
    mdm_lanes held;
    mdm_lanes absent;
} doubts;

typedef const mdm_encoded *said_by(const mdm_join *join, const mdm_field *field, size_t lane,
                                   size_t column);

static const mdm_encoded *relation_of(const mdm_join *join, const mdm_field *field, size_t lane,
                                      size_t column)
{
    return mdm_relation_of(join, &join->sources.at[field->source_of[lane]], column);
}

static const mdm_encoded *clause_of(const mdm_join *join, const mdm_field *field, size_t lane,
                                    size_t column)
{
    const uint32_t object = field->object_of[lane];
    return object == MDM_NONE ? NULL
                              : &join->sources.clauses[column][mdm_code(
                                    &join->sources.lists->columns, column, object)];
}

static inline void set(mdm_lanes *lanes, size_t lane)
{
    lanes->at[lane / 64] |= (uint64_t)1 << lane % 64;
}

static void toggle(const mdm_layer *layer, mdm_lanes *rows, size_t rank, size_t lane)
{
    if (rank < layer->n_settled) {
        const size_t code = layer->by_rank == NULL ? rank + 1 : layer->by_rank[rank];
        rows[code].at[lane / 64] ^= (uint64_t)1 << lane % 64;
    }
}

static void add_ranks(mdm_layer *layer, mdm_lanes *rows, const mdm_encoded *said, size_t lane)
{
    if (!layer->has_ranks) {
        memset(rows + 1, 0, layer->n_settled * sizeof *rows);
        layer->has_ranks = true;
    }
    for (uint32_t i = 0; i < said->n_ranks; i++) {
        toggle(layer, rows, said->ranks[i].begin, lane);
        toggle(layer, rows, said->ranks[i].end, lane);
    }
}

static void add_members(mdm_layer *layer, const mdm_encoded *said, size_t lane)
{
    layer->has_members = true;
    set(&layer->members, lane);
    for (uint64_t left = said->required; left != 0; left &= left - 1) {
        set(&layer->required[__builtin_ctzll(left)], lane);
    }
    for (uint64_t left = said->forbidden; left != 0; left &= left - 1) {
        set(&layer->forbidden[__builtin_ctzll(left)], lane);
    }
}

static void add(mdm_layer *layer, doubts *open, mdm_lanes *rows, const mdm_encoded *said,
                size_t lane)
{
    if (said == NULL || (said->absent & 1) != 0) {
        set(&layer->absent, lane);
    }
    if (said == NULL || (said->holds_all && (said->held & 1) != 0)) {
        set(&layer->all, lane);
    }
    if (said == NULL) {
        return;
    }
    if (said->absent == MDM_UNDECIDED) {
        set(&open->absent, lane);
    }
    if (said->holds_all) {
        if (said->held == MDM_UNDECIDED) {
            set(&open->held, lane);
        }
        return;
    }
    if (said->n_ranks > 0) {
        add_ranks(layer, rows, said, lane);
    }
    if (said->asks_members) {
        add_members(layer, said, lane);
    }
}

/* Neighbours in a block lie far apart in memory, so all are sent for before any is looked at. */
static void find_said(const mdm_join *join, const mdm_field *field, size_t column, said_by *ask,
                      const mdm_encoded **said)
{
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        said[lane] = field->source_of[lane] == MDM_NONE ? NULL : ask(join, field, lane, column);
        if (said[lane] != NULL) {
            __builtin_prefetch(said[lane]);
        }
    }
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        if (said[lane] != NULL) {
            __builtin_prefetch(said[lane]->codes);
            __builtin_prefetch(said[lane]->ranks);
        }
    }
}

static void fill_layer(const mdm_join *join, const mdm_field *field, size_t column, said_by *ask,
                       mdm_lanes *rows, doubts *open)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[column];
    mdm_layer layer = {.n_codes = join->columns[column].n_codes,
                       .n_settled = dictionary->n_settled,
                       .by_rank = dictionary->by_rank.at,
                       .n_places = dictionary->members.n,
                       .places = join->columns[column].places};
    const mdm_encoded *said[MDM_LANES];
    find_said(join, field, column, ask, said);
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        if (field->source_of[lane] != MDM_NONE) {
            add(&layer, open, rows, said[lane], lane);
        }
    }
    join->kernels->lay(&layer, rows);
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        for (uint32_t i = 0; said[lane] != NULL && i < said[lane]->n_codes; i++) {
            set(&rows[said[lane]->codes[i]], lane);
        }
    }
}

static bool has_lanes(const mdm_lanes *lanes)
{
    uint64_t any = 0;
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        any |= lanes->at[w];
    }
    return any != 0;
}

/* What is accepted is what is possible without doubt. */
static void settle(mdm_field *field, const mdm_join_column *column, size_t number,
                   const doubts *open)
{
    const mdm_lanes *possible = field->rows[0] + column->begin;
    mdm_lanes *accepted = field->rows[1] + column->begin;
    if (!has_lanes(&open->held) && !has_lanes(&open->absent)) {
        return;
    }
    field->is_undecided[number] = true;
    for (size_t code = 0; code < column->n_codes; code++) {
        const mdm_lanes *doubtful = code == 0 ? &open->absent : &open->held;
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            accepted[code].at[w] = possible[code].at[w] & ~doubtful->at[w];
        }
    }
}

void mdm_field_fill(const mdm_join *join, mdm_field *field, size_t number)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    const mdm_join_column *column = &join->columns[number];
    mdm_lanes *rows = field->rows[0] + column->begin;
    bool is_compared = false;
    doubts open = {{{0}}, {{0}}};
    if (!field->is_used[number] || column->is_late) {
        return;
    }
    if (number == scheme->n_attributes) {
        mdm_field_fill_lists(join, field);
        return;
    }
    is_compared = mdm_is_compared(&scheme->attributes[number]);
    if (is_compared) {
        fill_layer(join, field, number, relation_of, rows, &open);
    }
    if ((join->accepted_by & MDM_SOURCE) != 0 && is_compared) {
        mdm_lanes *second = field->rows[0] + column->second;
        fill_layer(join, field, number, clause_of, second, &open);
        join->kernels->narrow(rows, second, column->n_codes);
    } else if (!is_compared) {
        fill_layer(join, field, number, clause_of, rows, &open);
    }
    settle(field, column, number, &open);
}
