/*
 * The rows of the column of lists: what the lists of targets hold of the sources. Each clause of an
 * attribute is asked once about each value that a source of the block has; an object is the AND of the
 * rows of its clauses, a list the OR of its objects.
 */
#include <string.h>

#include "mdm_join.h"

#define SLOTS (2 * MDM_LANES)

/* The different values of an attribute, and the lanes that have each. */
typedef struct values {
    const mdm_value *at[MDM_LANES];
    mdm_lanes lanes[MDM_LANES];
    uint16_t slots[SLOTS]; /* number + 1; 0 is empty */
    size_t n;
} values;

static size_t find(values *known, const mdm_value *value)
{
    size_t slot = ((uintptr_t)value / sizeof *value * 0x9e3779b1U >> 8) % SLOTS;
    for (; known->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        if (known->at[known->slots[slot] - 1] == value) {
            return known->slots[slot] - 1U;
        }
    }
    known->at[known->n] = value;
    memset(&known->lanes[known->n], 0, sizeof *known->lanes);
    known->slots[slot] = (uint16_t)++known->n;
    return known->n - 1;
}

static void find_values(const mdm_join *join, const mdm_field *field, size_t attribute,
                        values *known)
{
    memset(known->slots, 0, sizeof known->slots);
    known->n = 0;
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        const uint32_t source = field->source_of[lane];
        if (source != MDM_NONE) {
            const size_t v = find(known, mdm_source_value_of(join, source, attribute));
            known->lanes[v].at[lane / 64] |= (uint64_t)1 << lane % 64;
        }
    }
}

static void add_lanes(mdm_lanes *row, const mdm_lanes *more)
{
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        row->at[w] |= more->at[w];
    }
}

static void narrow(mdm_lanes *lanes, const mdm_lanes *row)
{
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        lanes->at[w] &= row->at[w];
    }
}

/* ---- Clauses ---- */

static void fill_clauses(const mdm_join *join, mdm_field *field, size_t attribute, size_t n_planes)
{
    const size_t n = join->fleet->lists.clauses[attribute].texts.n + 1;
    values known;
    find_values(join, field, attribute, &known);
    for (size_t number = 0; number < n; number++) {
        mdm_lanes *rows[2];
        for (size_t p = 0; p < n_planes; p++) {
            rows[p] = field->rows[p] + join->first_clause[attribute] + number;
            memset(rows[p], 0, sizeof *rows[p]);
        }
        for (size_t v = 0; v < known.n; v++) {
            const unsigned verdict =
                mdm_target_clause(join, attribute, (uint32_t)number, known.at[v]);
            if ((verdict & 1) != 0) {
                add_lanes(rows[0], &known.lanes[v]);
            }
            if ((verdict >> 1) != 0 && n_planes > 1) {
                add_lanes(rows[1], &known.lanes[v]);
            }
        }
    }
}

/* ---- Objects ---- */

static void keep_joined(const mdm_join *join, const mdm_field *field, uint32_t object,
                        mdm_lanes *lanes)
{
    const mdm_lists *lists = &join->fleet->lists;
    if (mdm_code(&lists->columns, join->fleet->scheme.n_attributes, object) == 0) {
        return;
    }
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        for (uint64_t left = lanes->at[w]; left != 0; left &= left - 1) {
            const size_t lane = w * 64 + (size_t)__builtin_ctzll(left);
            if (!mdm_target_joins(join, object, field->source_of[lane])) {
                lanes->at[w] &= ~(left & (0 - left));
            }
        }
    }
}

/* The lanes whose sources an object accepts, by plane. */
static void ask_object(const mdm_join *join, const mdm_field *field, uint32_t object,
                       size_t n_planes, mdm_lanes *held)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    for (size_t p = 0; p < n_planes; p++) {
        held[p] = field->start[0];
        for (size_t a = 0; a < scheme->n_attributes; a++) {
            const uint32_t number = mdm_code(&join->fleet->lists.columns, a, object);
            if (scheme->attributes[a].relation != MDM_ANY) {
                narrow(&held[p], field->rows[p] + join->first_clause[a] + number);
            }
        }
    }
    keep_joined(join, field, object, &held[0]);
    if (n_planes > 1) {
        narrow(&held[1], &held[0]);
    }
}

static void fill_list(const mdm_join *join, mdm_field *field, const mdm_list *list,
                      size_t n_planes, mdm_lanes *const *rows)
{
    for (size_t p = 0; p < n_planes; p++) {
        memset(rows[p], 0, sizeof *rows[p]);
    }
    for (uint32_t i = 0; i < list->n; i++) {
        mdm_lanes held[2];
        ask_object(join, field, join->fleet->lists.objects.at[list->first + i], n_planes, held);
        for (size_t p = 0; p < n_planes; p++) {
            add_lanes(rows[p], &held[p]);
        }
    }
}

void mdm_field_fill_lists(const mdm_join *join, mdm_field *field)
{
    const mdm_fleet *fleet = join->fleet;
    const size_t number = fleet->scheme.n_attributes;
    const mdm_join_column *column = &join->columns[number];
    const size_t n_planes = column->may_be_undecided ? 2 : 1;
    mdm_lanes *rows[2] = {field->rows[0] + column->begin, field->rows[1] + column->begin};
    for (size_t a = 0; a < number; a++) {
        if (fleet->scheme.attributes[a].relation != MDM_ANY) {
            fill_clauses(join, field, a, n_planes);
        }
    }
    for (size_t p = 0; p < n_planes; p++) {
        memset(rows[p], ((unsigned)fleet->scheme.missing >> p & 1) != 0 ? 0xff : 0, sizeof *rows[p]);
    }
    for (size_t i = 0; i < fleet->lists.texts.n; i++) {
        mdm_lanes *of[2] = {rows[0] + i + 1, rows[1] + i + 1};
        if (fleet->lists.at[i].n_classes > 0) {
            fill_list(join, field, &fleet->lists.at[i], n_planes, of);
        }
    }
    field->is_undecided[number] = n_planes > 1;
}
