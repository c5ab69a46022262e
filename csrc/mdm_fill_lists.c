/*
 * The rows of the column of lists: what the lists of targets hold of the sources. An object is the AND
 * of the rows of its clauses, a list the OR of its objects.
 */
#include <string.h>

#include "mdm_join.h"

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
            mdm_field_fill_clauses(join, field, a, n_planes);
        }
    }
    for (size_t p = 0; p < n_planes; p++) {
        memset(rows[p], ((unsigned)fleet->scheme.missing >> p & 1) != 0 ? 0xff : 0, sizeof *rows[p]);
    }
    for (size_t i = 0; i < fleet->lists.texts.n; i++) {
        mdm_lanes *of[2] = {rows[0] + i + 1, rows[1] + i + 1};
        if (fleet->lists.at[i].n_classes > 0) {
            fill_list(join, field, &fleet->lists.at[i], n_planes, of);
            continue;
        }
        /* Nobody's any more: a gate looks at its lanes all the same. */
        for (size_t p = 0; p < n_planes; p++) {
            memset(of[p], 0, sizeof *of[p]);
        }
    }
    field->is_undecided[number] = n_planes > 1;
}
