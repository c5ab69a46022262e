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

/* A layer, and where the rows of ranks are. */
typedef struct filling {
    mdm_layer layer;
    mdm_lanes *rows;
    size_t n_ranks;
    const uint32_t *by_rank;
    const uint16_t *map; /* by code its row; NULL: its own */
} filling;

static inline void set(mdm_lanes *lanes, size_t lane)
{
    lanes->at[lane / 64] |= (uint64_t)1 << lane % 64;
}

static void toggle(const filling *at, size_t rank, size_t lane)
{
    size_t code = 0;
    if (rank >= at->n_ranks) {
        return;
    }
    code = at->by_rank == NULL ? rank + 1 : at->by_rank[rank];
    code = at->map == NULL ? code : at->map[code];
    at->rows[code].at[lane / 64] ^= (uint64_t)1 << lane % 64;
}

static void add_ranks(filling *at, const mdm_said *said, size_t lane)
{
    size_t n = 0;
    const mdm_ranks *ranks = mdm_said_ranks(said, &n);
    if (n > 0 && !at->layer.has_ranks) {
        memset(at->rows + 1, 0, at->layer.n_settled * sizeof *at->rows);
        at->layer.has_ranks = true;
    }
    for (size_t i = 0; i < n; i++) {
        toggle(at, ranks[i].begin, lane);
        toggle(at, ranks[i].end, lane);
    }
}

static void add_members(mdm_layer *layer, const mdm_said *said, size_t lane)
{
    const bool is_long = said->form == MDM_SAID_AT_LENGTH;
    const uint64_t required = is_long ? said->as.encoded->required : said->as.required;
    layer->has_members = true;
    set(&layer->members, lane);
    for (uint64_t left = required; left != 0; left &= left - 1) {
        set(&layer->required[__builtin_ctzll(left)], lane);
    }
    for (uint64_t left = is_long ? said->as.encoded->forbidden : 0; left != 0; left &= left - 1) {
        set(&layer->forbidden[__builtin_ctzll(left)], lane);
    }
}

static void add(filling *at, doubts *open, const mdm_said *said, size_t lane)
{
    mdm_layer *layer = &at->layer;
    if ((said->absent & 1) != 0) {
        set(&layer->absent, lane);
    }
    if (said->absent == MDM_UNDECIDED) {
        set(&open->absent, lane);
    }
    if (said->form == MDM_SAID_ALL) {
        if ((said->held & 1) != 0) {
            set(&layer->all, lane);
        }
        if (said->held == MDM_UNDECIDED) {
            set(&open->held, lane);
        }
        return;
    }
    add_ranks(at, said, lane);
    if (mdm_said_asks_members(said)) {
        add_members(layer, said, lane);
    }
}

static filling begin(const mdm_join *join, size_t column, mdm_lanes *rows)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[column];
    return (filling){.layer = {.n_codes = join->columns[column].n_codes,
                               .n_settled = dictionary->n_settled,
                               .by_rank = dictionary->by_rank.at,
                               .n_places = dictionary->members.n,
                               .places = join->columns[column].places},
                     .rows = rows,
                     .n_ranks = dictionary->n_settled,
                     .by_rank = dictionary->by_rank.at};
}

static void finish(const mdm_join *join, filling *at, doubts *open, const mdm_sayings *said)
{
    uint16_t naming[MDM_LANES]; /* lanes that name codes */
    size_t n_naming = 0;
    for (uint16_t lane = 0; lane < MDM_LANES; lane++) {
        const mdm_said *of = said->of[lane];
        if (of->form != MDM_SAID_BY_NOBODY) {
            add(at, open, of, lane);
        }
        naming[n_naming] = lane;
        n_naming += of->form == MDM_SAID_CODE || of->form == MDM_SAID_AT_LENGTH ? 1 : 0;
    }
    join->kernels->lay(&at->layer, at->rows);
    for (size_t k = 0; k < n_naming; k++) {
        size_t n = 0;
        const uint32_t *codes = mdm_said_codes(said->of[naming[k]], &n);
        for (size_t i = 0; i < n; i++) {
            set(&at->rows[codes[i]], naming[k]);
        }
    }
}

static void fill_layer(const mdm_join *join, const mdm_field *field, size_t column,
                       mdm_find_said *find, mdm_lanes *rows, doubts *open)
{
    mdm_sayings said;
    filling at = begin(join, column, rows);
    find(join, field, column, &said);
    finish(join, &at, open, &said);
}

/* ---- Fewer rows than codes ---- */

static void mark(const filling *at, uint64_t *marks, size_t rank)
{
    if (rank < at->n_ranks) {
        marks[rank / 64] |= (uint64_t)1 << rank % 64;
    }
}

/* Maps the codes between two ends of intervals to one row; gives the number of rows. */
static size_t merge(const filling *at, const mdm_sayings *said, uint16_t *map)
{
    uint64_t marks[((size_t)1 << 16) / 64];
    uint16_t row = 1;
    memset(marks, 0, (at->n_ranks / 64 + 1) * sizeof *marks);
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        size_t n = 0;
        const mdm_ranks *ranks = mdm_said_ranks(said->of[lane], &n);
        for (size_t i = 0; i < n; i++) {
            mark(at, marks, ranks[i].begin);
            mark(at, marks, ranks[i].end);
        }
    }
    map[0] = 0;
    for (size_t rank = 0; rank < at->n_ranks; rank++) {
        row = (uint16_t)(row + (rank > 0 && (marks[rank / 64] >> rank % 64 & 1) != 0 ? 1 : 0));
        map[at->by_rank == NULL ? rank + 1 : at->by_rank[rank]] = row;
    }
    return (size_t)row + 1;
}

static mdm_shape shape_of(const mdm_join_column *column, const mdm_sayings *said)
{
    size_t n_ends = 0;
    bool has_members = false;
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        size_t n_codes = 0;
        size_t n_ranks = 0;
        mdm_said_codes(said->of[lane], &n_codes);
        mdm_said_ranks(said->of[lane], &n_ranks);
        if (n_codes > 0) {
            return MDM_PLAIN;
        }
        n_ends += 2 * n_ranks;
        has_members = has_members || mdm_said_asks_members(said->of[lane]);
    }
    if (has_members) {
        return column->n_chunks > 0 ? MDM_SPLIT : MDM_PLAIN;
    }
    return column->is_mapped && n_ends > 0 ? MDM_MERGED : MDM_PLAIN;
}

/* The clauses of an attribute that no relation compares. Gives how many rows there are. */
static size_t fill_clauses(const mdm_join *join, mdm_field *field, size_t number, doubts *open)
{
    const mdm_join_column *column = &join->columns[number];
    mdm_sayings said;
    filling at = begin(join, number, field->rows[0] + column->begin);
    size_t n_rows = column->n_codes;
    mdm_find_clauses(join, field, number, &said);
    field->shapes[number] = shape_of(column, &said);
    if (field->shapes[number] == MDM_MERGED) {
        uint16_t *map = (uint16_t *)(void *)(field->rows[0] + column->map_row);
        const size_t n_merged = merge(&at, &said, map);
        if (n_merged < column->n_codes / 2) {
            n_rows = n_merged;
            field->n_merged[number] = (uint32_t)n_merged;
            at.map = map;
            at.layer.by_rank = NULL;
            at.layer.n_codes = n_rows;
            at.layer.n_settled = n_rows - 1;
        } else {
            field->shapes[number] = MDM_PLAIN;
        }
    } else if (field->shapes[number] == MDM_SPLIT) {
        at.layer.n_chunks = column->n_chunks;
        n_rows = column->n_chunks * MDM_CHUNK_ROWS;
    }
    finish(join, &at, open, &said);
    return n_rows;
}

static bool has_lanes(const mdm_lanes *lanes)
{
    uint64_t any = 0;
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        any |= lanes->at[w];
    }
    return any != 0;
}

/* What is accepted is what is possible without doubt. Of n rows each first of `period` is of code 0. */
static void settle(mdm_field *field, const mdm_join_column *column, size_t number, size_t n_rows,
                   const doubts *open)
{
    const mdm_lanes *possible = field->rows[0] + column->begin;
    mdm_lanes *accepted = field->rows[1] + column->begin;
    const size_t period = field->shapes[number] == MDM_SPLIT ? MDM_CHUNK_ROWS : n_rows;
    if (!has_lanes(&open->held) && !has_lanes(&open->absent)) {
        return;
    }
    field->is_undecided[number] = true;
    for (size_t row = 0; row < n_rows; row++) {
        const mdm_lanes *doubtful = row % period == 0 ? &open->absent : &open->held;
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            accepted[row].at[w] = possible[row].at[w] & ~doubtful->at[w];
        }
    }
}

void mdm_field_fill(const mdm_join *join, mdm_field *field, size_t number)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    const mdm_join_column *column = &join->columns[number];
    mdm_lanes *rows = field->rows[0] + column->begin;
    size_t n_rows = column->n_codes;
    doubts open = {{{0}}, {{0}}};
    if (!field->is_used[number]) {
        return;
    }
    if (number == scheme->n_attributes) {
        mdm_field_fill_lists(join, field);
        return;
    }
    if (!mdm_is_compared(&scheme->attributes[number])) {
        n_rows = fill_clauses(join, field, number, &open);
    } else {
        fill_layer(join, field, number, mdm_find_relations, rows, &open);
    }
    if (mdm_is_compared(&scheme->attributes[number]) && (join->accepted_by & MDM_SOURCE) != 0) {
        mdm_lanes *second = field->rows[0] + column->second;
        fill_layer(join, field, number, mdm_find_clauses, second, &open);
        join->kernels->narrow(rows, second, n_rows);
    }
    settle(field, column, number, n_rows, &open);
}
