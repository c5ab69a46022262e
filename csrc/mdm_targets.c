/*
 * The objects of targets, asked about one source: attribute by attribute, the rows of clauses that
 * are left are narrowed; then each list has the OR of its objects. Lists that no device has just
 * now are asked too, so that the answer outlasts the coming and going of devices.
 *
 * Where an attribute has fewer clauses than there are rows left, each clause is asked once and rows
 * are scanned as classes are; else the clauses of the rows that are left are asked. So attributes
 * with few clauses go first.
 */
#include <string.h>

#include "mdm_query.h"

/* Clauses that are asked without counting rows first. */
#define FEW 32

typedef struct asking {
    const mdm_fleet *fleet;
    mdm_arena *arena;
    const mdm_value *const *source;
    const mdm_lists *lists;
    mdm_bits bits;   /* by row; whole pages of them */
    bool is_split;   /* some row may be undecided; else only what is possible counts */
    mdm_bits joints; /* by joint: asked before; accepted then */
    size_t n_pages;
    size_t n_words; /* that have rows */
} asking;

static bool take_bits(mdm_arena *arena, size_t n_words, mdm_bits *bits)
{
    bits->possible = mdm_take(arena, 2 * n_words, sizeof *bits->possible);
    if (bits->possible == NULL) {
        return false;
    }
    bits->accepted = bits->possible + n_words;
    memset(bits->possible, 0, 2 * n_words * sizeof *bits->possible);
    return true;
}

static bool bit_of(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> i % 64 & 1) != 0;
}

/* ---- Rows ---- */

static size_t count_left(const asking *at)
{
    size_t n = 0;
    for (size_t i = 0; i < at->n_words; i++) {
        n += (size_t)__builtin_popcountll(at->bits.possible[i]);
    }
    return n;
}

static bool begin(asking *at)
{
    mdm_arena *arena = at->arena;
    const size_t n = at->lists->rows.n;
    at->n_pages = (n + MDM_PAGE - 1) / MDM_PAGE;
    at->n_words = (n + 63) / 64;
    if (!take_bits(arena, at->n_pages * MDM_PAGE_WORDS, &at->bits) ||
        !take_bits(arena, at->lists->joints.texts.n / 64 + 1, &at->joints)) {
        return false;
    }
    memset(at->bits.possible, 0xff, n / 64 * sizeof *at->bits.possible);
    if (n % 64 != 0) {
        at->bits.possible[n / 64] = ((uint64_t)1 << n % 64) - 1;
    }
    return true;
}

static void split(asking *at)
{
    if (!at->is_split) {
        memcpy(at->bits.accepted, at->bits.possible, at->n_words * sizeof *at->bits.accepted);
        at->is_split = true;
    }
}

#define EACH_LEFT(asked, row)                                                                 \
    for (size_t word_ = 0; word_ < (asked)->n_words; word_++)                                 \
        for (uint64_t left_ = (asked)->bits.possible[word_], row;                             \
             left_ != 0 && (row = word_ * 64 + (size_t)__builtin_ctzll(left_), true);         \
             left_ &= left_ - 1)

static void narrow_row(asking *at, size_t row, mdm_verdict verdict)
{
    const uint64_t bit = (uint64_t)1 << row % 64;
    if (verdict == MDM_UNDECIDED) {
        split(at);
    }
    if (verdict == MDM_NO) {
        at->bits.possible[row / 64] &= ~bit;
    }
    if (verdict != MDM_YES) {
        at->bits.accepted[row / 64] &= ~bit;
    }
}

/* ---- Attributes ---- */

static mdm_verdict ask(const asking *at, size_t attribute, uint32_t number)
{
    const mdm_scheme *scheme = &at->fleet->scheme;
    const mdm_test test = {scheme, false};
    const mdm_value *value = at->source[attribute];
    const mdm_lone_clause *lone = NULL;
    mdm_object object = {.n_clauses = 0};
    if (number == 0) {
        return value == NULL ? MDM_YES : scheme->unlisted;
    }
    lone = &at->lists->clauses[attribute].at[number - 1];
    object.variables = lone->variables;
    return mdm_clause_accepts(&test, &object, &lone->clause, value);
}

static void keep(const asking *at, size_t column, const uint64_t *set, size_t n_codes,
                 uint64_t *bits)
{
    const mdm_columns *columns = &at->lists->columns;
    const mdm_filter filter = mdm_filter_of(set, n_codes);
    const uint32_t n_bytes = columns->at[column].n_bytes;
    const size_t n_words = columns->page_len / 64;
    for (size_t page = 0; page < at->n_pages; page++) {
        uint64_t *words = bits + page * MDM_PAGE_WORDS;
        if (n_bytes > 0) {
            at->fleet->kernels->keep[n_bytes / 2](mdm_column_page(columns, column, page),
                                                         &filter, words, n_words);
        } else if (mdm_filter_bit(&filter, 0) == 0) {
            memset(words, 0, n_words * sizeof *words);
        }
    }
}

static bool scan(asking *at, size_t attribute, size_t n_codes)
{
    const mdm_arena_mark mark = mdm_arena_here(at->arena);
    mdm_table made;
    bool is_undecided = false;
    if (!mdm_table_new(at->arena, attribute, n_codes, true, &made)) {
        return false;
    }
    for (uint32_t number = 0; number < n_codes; number++) {
        const mdm_verdict verdict = ask(at, attribute, number);
        mdm_table_set(&made, number, verdict);
        is_undecided |= verdict == MDM_UNDECIDED;
    }
    if (is_undecided) {
        split(at);
    }
    keep(at, attribute, made.possible, n_codes, at->bits.possible);
    if (at->is_split) {
        keep(at, attribute, made.accepted, n_codes, at->bits.accepted);
    }
    mdm_arena_back(at->arena, mark);
    return true;
}

static bool narrow(asking *at, size_t attribute)
{
    const size_t n_codes = at->lists->clauses[attribute].texts.n + 1;
    if (at->fleet->scheme.attributes[attribute].relation == MDM_ANY) {
        return true;
    }
    if (n_codes <= FEW || n_codes <= count_left(at)) {
        return scan(at, attribute, n_codes);
    }
    EACH_LEFT(at, row) {
        const uint32_t number = mdm_code(&at->lists->columns, attribute, row);
        narrow_row(at, row, ask(at, attribute, number));
    }
    return true;
}

/* Those with few clauses first. */
static void put_in_order(const asking *at, uint8_t *attributes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t to = i;
        for (; to > 0 && at->lists->clauses[attributes[to - 1]].texts.n >
                             at->lists->clauses[i].texts.n;
             to--) {
            attributes[to] = attributes[to - 1];
        }
        attributes[to] = (uint8_t)i;
    }
}

/* ---- Joints ---- */

static bool joins(const asking *at, uint32_t joint)
{
    const mdm_test test = {&at->fleet->scheme, false};
    const uint64_t bit = (uint64_t)1 << joint % 64;
    if (joint != 0 && !bit_of(at->joints.possible, joint)) {
        at->joints.possible[joint / 64] |= bit;
        if (mdm_object_joins(&test, &at->lists->joints.at[joint - 1].object, at->source)) {
            at->joints.accepted[joint / 64] |= bit;
        }
    }
    return joint == 0 || bit_of(at->joints.accepted, joint);
}

static bool ask_rows(asking *at)
{
    const size_t n = at->fleet->scheme.n_attributes;
    uint8_t attributes[MDM_MAX_ATTRIBUTES];
    put_in_order(at, attributes, n);
    for (size_t i = 0; i < n; i++) {
        if (!narrow(at, attributes[i])) {
            return false;
        }
    }
    if (at->lists->joints.texts.n > 0) {
        EACH_LEFT(at, row) {
            if (!joins(at, mdm_code(&at->lists->columns, n, row))) {
                narrow_row(at, row, MDM_NO);
            }
        }
    }
    return true;
}

/* ---- Lists ---- */

static void set_lists(const asking *at, mdm_table *made)
{
    const mdm_lists *lists = at->lists;
    EACH_LEFT(at, row) {
        const bool is_accepted = !at->is_split || bit_of(at->bits.accepted, row);
        const mdm_verdict verdict = is_accepted ? MDM_YES : MDM_UNDECIDED;
        for (uint32_t object = lists->last.at[row]; object != MDM_NONE;
             object = lists->before.at[object]) {
            mdm_table_set(made, mdm_lists_find(lists, object) + 1, verdict);
        }
    }
}

bool mdm_ask_target_lists(const mdm_fleet *fleet, mdm_arena *arena,
                          const mdm_value *const *source, mdm_table *made)
{
    asking at = {.fleet = fleet, .arena = arena, .source = source, .lists = &fleet->lists};
    const size_t n_codes = fleet->lists.texts.n + 1;
    mdm_arena_mark mark;
    if (!mdm_table_new(arena, fleet->scheme.n_attributes, n_codes, true, made)) {
        return false;
    }
    mark = mdm_arena_here(arena);
    mdm_table_set(made, 0, fleet->scheme.missing);
    if (!begin(&at) || !ask_rows(&at)) {
        return false;
    }
    set_lists(&at, made);
    mdm_arena_back(arena, mark);
    return true;
}
