/*
 * The clauses of targets asked about the sources of a block, all of a clause at once: lanes are put in
 * the order of their values, so that what an interval holds is the difference of two sums of lanes.
 */
#include <string.h>

#include "mdm_join.h"

/* Lanes by ascending keys; sums[i] has the first i of them. */
typedef struct ordered {
    uint32_t keys[MDM_LANES];
    mdm_lanes sums[MDM_LANES + 1];
    size_t n;
} ordered;

typedef struct lane_values {
    mdm_lanes absent;
    mdm_lanes known; /* values that the fleet has too */
    uint16_t others[MDM_LANES]; /* lanes with other values */
    size_t n_others;
    ordered by_code; /* known ones; settled ones of them by rank, where values have an order */
    ordered by_rank;
    mdm_lanes settled;
    mdm_lanes having[MDM_MAX_MEMBERS]; /* settled ones, by member */
} lane_values;

/* ---- Lanes in order ---- */

static inline void set(mdm_lanes *lanes, size_t lane)
{
    lanes->at[lane / 64] |= (uint64_t)1 << lane % 64;
}

static void sort_byte(const uint32_t *keys, const uint16_t *from, uint16_t *to, size_t n,
                      unsigned shift)
{
    uint16_t next[257] = {0};
    for (size_t i = 0; i < n; i++) {
        next[(keys[from[i]] >> shift & 255) + 1]++;
    }
    for (size_t b = 0; b < 256; b++) {
        next[b + 1] = (uint16_t)(next[b + 1] + next[b]);
    }
    for (size_t i = 0; i < n; i++) {
        to[next[keys[from[i]] >> shift & 255]++] = from[i];
    }
}

/* keys: by lane. */
static void put_in_order(const uint32_t *keys, uint16_t *lanes, size_t n, ordered *made)
{
    uint16_t copy[MDM_LANES];
    uint32_t highest = 0;
    for (size_t i = 0; i < n; i++) {
        highest |= keys[lanes[i]];
    }
    for (unsigned shift = 0; shift < 32 && highest >> shift != 0; shift += 16) {
        sort_byte(keys, lanes, copy, n, shift);
        sort_byte(keys, copy, lanes, n, shift + 8);
    }
    made->n = n;
    memset(&made->sums[0], 0, sizeof made->sums[0]);
    for (size_t i = 0; i < n; i++) {
        made->keys[i] = keys[lanes[i]];
        made->sums[i + 1] = made->sums[i];
        set(&made->sums[i + 1], lanes[i]);
    }
}

static size_t count_below(const ordered *at, uint32_t key)
{
    size_t low = 0;
    for (size_t n = at->n; n > 0;) {
        const size_t half = n / 2;
        const bool is_below = at->keys[low + half] < key;
        low += is_below ? half + 1 : 0;
        n = is_below ? n - half - 1 : half;
    }
    return low;
}

/* Lanes with keys from one on, below another. */
static void add_between(const ordered *at, uint32_t begin, uint32_t end, mdm_lanes *held)
{
    const mdm_lanes *below = &at->sums[count_below(at, begin)];
    const mdm_lanes *within = &at->sums[count_below(at, end)];
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        held->at[w] |= within->at[w] ^ below->at[w];
    }
}

/* ---- The values of a block ---- */

static void note_settled(const mdm_join *join, size_t attribute, size_t lane, uint32_t code,
                         lane_values *values)
{
    uint64_t places = 0;
    set(&values->settled, lane);
    if (join->fleet->scheme.attributes[attribute].kind == MDM_SET) {
        places = mdm_members_of(&join->fleet->dictionaries[attribute].members, code);
    }
    for (; places != 0; places &= places - 1) {
        set(&values->having[__builtin_ctzll(places)], lane);
    }
}

static void find_values(const mdm_join *join, const mdm_field *field, size_t attribute,
                        lane_values *values)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[attribute];
    const uint32_t *rank_of = join->rank_of[attribute];
    uint32_t codes[MDM_LANES];
    uint32_t ranks[MDM_LANES];
    uint16_t known[MDM_LANES];
    uint16_t settled[MDM_LANES];
    size_t n_known = 0;
    size_t n_settled = 0;
    memset(values, 0, offsetof(lane_values, others));
    memset(&values->settled, 0, sizeof *values - offsetof(lane_values, settled));
    values->n_others = 0;
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        const uint32_t source = field->source_of[lane];
        const uint32_t code = source == MDM_NONE ? 0 : join->sources.at[source].values[attribute];
        if (source != MDM_NONE && code == 0) {
            set(&values->absent, lane);
        } else if (code > dictionary->texts.n) {
            values->others[values->n_others++] = (uint16_t)lane;
        } else if (code != 0) {
            set(&values->known, lane);
            codes[lane] = code;
            known[n_known++] = (uint16_t)lane;
        }
        if (code != 0 && code <= dictionary->n_settled) {
            note_settled(join, attribute, lane, code, values);
            ranks[lane] = rank_of == NULL ? code - 1 : rank_of[code];
            settled[n_settled++] = (uint16_t)lane;
        }
    }
    put_in_order(codes, known, n_known, &values->by_code);
    put_in_order(ranks, settled, n_settled, &values->by_rank);
}

/* ---- Clauses ---- */

static void add_suited(const lane_values *values, const mdm_encoded *said, mdm_lanes *held)
{
    mdm_lanes suited = values->settled;
    for (uint64_t left = said->required; left != 0; left &= left - 1) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            suited.at[w] &= values->having[__builtin_ctzll(left)].at[w];
        }
    }
    for (uint64_t left = said->forbidden; left != 0; left &= left - 1) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            suited.at[w] &= ~values->having[__builtin_ctzll(left)].at[w];
        }
    }
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        held->at[w] |= suited.at[w];
    }
}

static void add_lanes(mdm_lanes *row, const mdm_lanes *more)
{
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        row->at[w] |= more->at[w];
    }
}

/* Of the lanes with known values, those that a clause holds. */
static void ask_known(const lane_values *values, const mdm_encoded *said, mdm_lanes *held)
{
    memset(held, 0, sizeof *held);
    if (said->holds_all) {
        *held = values->known;
        return;
    }
    for (uint32_t i = 0; i < said->n_ranks; i++) {
        add_between(&values->by_rank, said->ranks[i].begin, said->ranks[i].end, held);
    }
    for (uint32_t i = 0; i < said->n_codes; i++) {
        add_between(&values->by_code, said->codes[i], said->codes[i] + 1, held);
    }
    if (said->asks_members) {
        add_suited(values, said, held);
    }
}

static void fill_clause(const mdm_join *join, const mdm_field *field, size_t attribute,
                        uint32_t number, const lane_values *values, mdm_lanes *const *rows,
                        size_t n_planes)
{
    const mdm_encoded *said = number == 0 ? &join->sources.unlisted[attribute]
                                          : &join->target_clauses[attribute][number - 1];
    mdm_lanes held;
    MDM_HOLDS(n_planes <= 2); /* as many as bits of a verdict */
    ask_known(values, said, &held);
    for (size_t p = 0; p < n_planes; p++) {
        memset(rows[p], 0, sizeof *rows[p]);
        if (((unsigned)said->held >> p & 1) != 0) {
            add_lanes(rows[p], &held);
        }
        if (((unsigned)said->absent >> p & 1) != 0) {
            add_lanes(rows[p], &values->absent);
        }
    }
    for (size_t i = 0; i < values->n_others; i++) {
        const size_t lane = values->others[i];
        const mdm_value *value = mdm_source_value_of(join, field->source_of[lane], attribute);
        const unsigned verdict = mdm_target_clause(join, attribute, number, value);
        for (size_t p = 0; p < n_planes; p++) {
            if ((verdict >> p & 1) != 0) {
                set(rows[p], lane);
            }
        }
    }
}

void mdm_field_fill_clauses(const mdm_join *join, mdm_field *field, size_t attribute,
                            size_t n_planes)
{
    const size_t n = join->fleet->lists.clauses[attribute].texts.n + 1;
    lane_values values;
    find_values(join, field, attribute, &values);
    for (size_t number = 0; number < n; number++) {
        const size_t row = join->first_clause[attribute] + number;
        mdm_lanes *rows[2] = {field->rows[0] + row, field->rows[1] + row};
        fill_clause(join, field, attribute, (uint32_t)number, &values, rows, n_planes);
    }
}

/* ---- Made ready ---- */

static bool find_ranks(mdm_join *join, size_t attribute)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[attribute];
    uint32_t *rank_of = NULL;
    if (dictionary->by_rank.at == NULL) {
        return true;
    }
    rank_of = mdm_take(&join->sources.compiler.arena, dictionary->n_settled + 1, sizeof *rank_of);
    if (rank_of == NULL) {
        return false;
    }
    for (uint32_t rank = 0; rank < dictionary->n_settled; rank++) {
        rank_of[dictionary->by_rank.at[rank]] = rank;
    }
    join->rank_of[attribute] = rank_of;
    return true;
}

bool mdm_target_clauses_encode(mdm_join *join, size_t attribute)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_clauses *clauses = &fleet->lists.clauses[attribute];
    const mdm_test test = {&fleet->scheme, false};
    mdm_arena *arena = &join->sources.compiler.arena;
    mdm_encoded *made = mdm_take(arena, clauses->texts.n, sizeof *made);
    bool is_done = made != NULL && find_ranks(join, attribute);
    for (size_t i = 0; i < clauses->texts.n && is_done; i++) {
        const mdm_lone_clause *lone = &clauses->at[i];
        const mdm_object object = {.variables = lone->variables};
        is_done = mdm_encode_clause(fleet, arena, &test, &object, &lone->clause, &made[i]);
    }
    join->target_clauses[attribute] = made;
    return is_done;
}
