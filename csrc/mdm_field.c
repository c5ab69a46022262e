/*
 * A block compiled: for each code of each column, the lanes that accept it.
 */
#include "mdm_join.h"

#include <string.h>

/* ---- Opened: who sits where ---- */

static void set_lane(mdm_lanes *lanes, size_t lane)
{
    lanes->at[lane / 64] |= (uint64_t)1 << lane % 64;
}

/* Columns that stand for the scheme alone. */
static bool is_asked(const mdm_join *join, size_t column)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    return column == scheme->n_attributes ? (join->accepted_by & MDM_TARGET) != 0
                                          : mdm_is_compared(&scheme->attributes[column]);
}

static bool is_listed(const mdm_join *join, const mdm_field *field, size_t column)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    return column < scheme->n_attributes && (field->asked >> column & 1) != 0 &&
           scheme->attributes[column].relation != MDM_ANY;
}

/* What the object of a lane asks besides. */
static void open_object(const mdm_join *join, mdm_field *field, size_t lane, uint32_t object)
{
    const mdm_asked *asked = &join->sources.asked[object];
    field->asked |= join->fleet->scheme.unlisted == MDM_YES ? asked->listed : UINT64_MAX;
    if (asked->has_joint) {
        set_lane(&field->tied, lane);
        field->has_tied = true;
    }
}

static void open_lane(const mdm_join *join, mdm_field *field, const mdm_seat *seat, size_t lane)
{
    const uint32_t object = seat->objects == NULL ? MDM_NONE : seat->objects[lane - seat->lane];
    const bool is_missing = (join->accepted_by & MDM_SOURCE) != 0 && object == MDM_NONE;
    const unsigned verdict = is_missing ? join->fleet->scheme.missing : MDM_YES;
    field->source_of[lane] = seat->source;
    field->object_of[lane] = object;
    if ((verdict & 1) != 0) {
        set_lane(&field->start[0], lane);
    }
    if ((verdict >> 1) != 0) {
        set_lane(&field->start[1], lane);
    }
    if (object != MDM_NONE) {
        open_object(join, field, lane, object);
    }
}

static void open_folds(const mdm_seat *seats, size_t n_seats, mdm_folds *folds)
{
    for (size_t i = 0; i < n_seats; i++) {
        const mdm_seat *seat = &seats[i];
        set_lane(&folds->heads, seat->lane);
        for (size_t s = 0; (size_t)1 << s < seat->n_lanes; s++) {
            folds->n = folds->n > s ? folds->n : s + 1;
            for (size_t k = 0; k + ((size_t)1 << s) < seat->n_lanes; k++) {
                set_lane(&folds->same[s], seat->lane + k);
            }
        }
    }
}

/* What the objects of a block ask lies far apart, so all is sent for before any is looked at. */
static void send_for(const mdm_join *join, const mdm_seat *seats, size_t n_seats)
{
    const mdm_sources *sources = &join->sources;
    for (size_t i = 0; i < n_seats; i++) {
        if (seats[i].objects != NULL) {
            __builtin_prefetch(seats[i].objects);
        }
    }
    for (size_t i = 0; i < n_seats; i++) {
        for (size_t k = 0; k < seats[i].n_lanes && seats[i].objects != NULL; k++) {
            const size_t object = seats[i].objects[k];
            const mdm_said *said = sources->said + object * sources->n_listed;
            __builtin_prefetch(&sources->asked[object]);
            for (size_t a = 0; a < sources->n_listed; a += 64 / sizeof *said) {
                __builtin_prefetch(&said[a]);
            }
        }
    }
}

void mdm_field_open(const mdm_join *join, const mdm_seating *seating, size_t block,
                    mdm_field *field)
{
    mdm_lanes *rows[2] = {field->rows[0], field->rows[1]};
    const mdm_seat *seats = &seating->seats[seating->blocks[block].first_seat];
    const size_t n_seats = seating->blocks[block].n_seats;
    memset(field, 0, offsetof(mdm_field, gates));
    memset(&field->tied, 0, sizeof *field - offsetof(mdm_field, tied));
    send_for(join, seats, n_seats);
    memset(field->source_of, 0xff, sizeof field->source_of);
    memcpy(field->rows, rows, sizeof rows);
    for (size_t i = 0; i < n_seats; i++) {
        for (size_t k = 0; k < seats[i].n_lanes; k++) {
            open_lane(join, field, &seats[i], seats[i].lane + k);
        }
    }
    for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
        field->is_used[c] = is_asked(join, c) || is_listed(join, field, c);
    }
    open_folds(seats, n_seats, &field->folds);
}

/* ---- Closed: which columns are asked ---- */

static void add_strand(const mdm_join *join, mdm_field *field, size_t column,
                       const mdm_lanes *const *rows, const uint16_t *map, size_t n_rows)
{
    const mdm_class_table *classes = &join->fleet->classes;
    const bool is_key =
        mdm_is_key(&classes->zones, column) && classes->columns.at[column].n_bytes == 1;
    field->columns[field->n_columns++] =
        (mdm_asked_column){.column = (uint32_t)column, .n_rows = (uint32_t)n_rows,
                           .is_key = is_key, .map = map, .rows = {rows[0], rows[1]}};
}

static void close_column(const mdm_join *join, mdm_field *field, size_t column)
{
    const size_t begin = join->columns[column].begin;
    const bool is_split = field->is_undecided[column];
    const mdm_lanes *rows[2] = {field->rows[0] + begin, field->rows[is_split ? 1 : 0] + begin};
    field->is_split = field->is_split || is_split;
    for (size_t p = 0; p < 2 && join->fleet->classes.columns.at[column].n_bytes == 0; p++) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            field->start[p].at[w] &= rows[p][0].at[w];
        }
    }
    if (join->fleet->classes.columns.at[column].n_bytes == 0) {
        return;
    }
    switch (field->shapes[column]) {
    case MDM_PLAIN:
        add_strand(join, field, column, rows, NULL, 0);
        break;
    case MDM_MERGED:
        add_strand(join, field, column, rows,
                   (const uint16_t *)(const void *)(field->rows[0] +
                                                    join->columns[column].map_row),
                   field->n_merged[column]);
        break;
    case MDM_SPLIT:
        for (size_t c = 0; c < join->columns[column].n_chunks; c++) {
            const size_t n_left = join->fleet->dictionaries[column].members.n - c * MDM_CHUNK;
            add_strand(join, field, column, rows,
                       join->columns[column].maps + c * join->columns[column].n_codes,
                       1 + ((size_t)1 << (n_left < MDM_CHUNK ? n_left : MDM_CHUNK)));
            rows[0] += MDM_CHUNK_ROWS;
            rows[1] += MDM_CHUNK_ROWS;
        }
        break;
    }
}

void mdm_field_close(const mdm_join *join, mdm_field *field)
{
    const mdm_zones *zones = &join->fleet->classes.zones;
    for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
        if (field->is_used[c]) {
            close_column(join, field, c);
        }
    }
    for (size_t k = 0; k < zones->n_keys; k++) {
        const size_t c = zones->columns[k];
        field->keys[k] = field->is_used[c] ? field->rows[0] + join->columns[c].begin : NULL;
    }
    field->is_split = field->is_split || memcmp(&field->start[0], &field->start[1],
                                                sizeof field->start[0]) != 0;
    mdm_field_find_gates(join, field);
}
