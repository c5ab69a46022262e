/*
 * A block compiled: for each code of each column, the lanes that accept it.
 */
#include "mdm_join.h"

#include <string.h>

/* ---- What a lane asks ---- */

static const mdm_object *object_of(const mdm_join *join, const mdm_seat *seat, size_t lane)
{
    const mdm_source *source = &join->sources.at[seat->source];
    return (join->accepted_by & MDM_SOURCE) != 0 && source->has_list
               ? &source->objects.at[lane - seat->lane]
               : NULL;
}

static bool compares(const mdm_attribute *attribute)
{
    return attribute->relation != MDM_UNRELATED && attribute->relation != MDM_ANY;
}

/* The attributes that an object says something about, one a bit. */
static uint64_t asked_by(const mdm_scheme *scheme, const mdm_object *object)
{
    uint64_t asked = 0;
    for (size_t a = 0; a < scheme->n_attributes && object != NULL; a++) {
        const bool counts = scheme->attributes[a].relation != MDM_ANY &&
                            ((object->listed >> a & 1) != 0 || scheme->unlisted != MDM_YES);
        asked |= (uint64_t)counts << a;
    }
    return asked;
}

/* Columns that stand for the scheme alone. */
static bool is_asked(const mdm_join *join, size_t column)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    return column == scheme->n_attributes ? (join->accepted_by & MDM_TARGET) != 0
                                          : compares(&scheme->attributes[column]);
}

/* ---- Opened: who sits where ---- */

static void set_lane(mdm_lanes *lanes, size_t lane)
{
    lanes->at[lane / 64] |= (uint64_t)1 << lane % 64;
}

static void open_lane(const mdm_join *join, mdm_field *field, const mdm_seat *seat, size_t lane,
                      bool is_late)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    const mdm_object *object = object_of(join, seat, lane);
    const bool is_missing = (join->accepted_by & MDM_SOURCE) != 0 && object == NULL;
    const unsigned verdict = is_missing ? scheme->missing : MDM_YES;
    const uint64_t asked = asked_by(scheme, object);
    field->source_of[lane] = seat->source;
    field->object_of[lane] = object == NULL ? MDM_NONE : (uint32_t)(lane - seat->lane);
    if ((verdict & 1) != 0) {
        set_lane(&field->start[0], lane);
    }
    if ((verdict >> 1) != 0) {
        set_lane(&field->start[1], lane);
    }
    for (size_t a = 0; a < scheme->n_attributes; a++) {
        field->is_used[a] = field->is_used[a] || (asked >> a & 1) != 0;
        is_late = is_late || ((asked >> a & 1) != 0 && join->columns[a].is_late);
    }
    if (is_late || (object != NULL && object->has_shared)) {
        set_lane(&field->late, lane);
        field->has_late = true;
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

void mdm_field_open(const mdm_join *join, const mdm_seating *seating, size_t block,
                    mdm_field *field)
{
    mdm_lanes *rows[2] = {field->rows[0], field->rows[1]};
    const mdm_seat *seats = &seating->seats[seating->blocks[block].first_seat];
    const size_t n_seats = seating->blocks[block].n_seats;
    bool is_late = false;
    memset(field, 0, sizeof *field);
    memcpy(field->rows, rows, sizeof rows);
    for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
        field->is_used[c] = is_asked(join, c);
        is_late = is_late || (field->is_used[c] && join->columns[c].is_late);
    }
    for (size_t i = 0; i < n_seats; i++) {
        for (size_t k = 0; k < seats[i].n_lanes; k++) {
            open_lane(join, field, &seats[i], seats[i].lane + k, is_late);
        }
    }
    open_folds(seats, n_seats, &field->folds);
}

/* ---- Filled: each code is asked ---- */

/* The lanes of one word that a verdict is for. */
typedef struct some_lanes {
    mdm_field *field;
    size_t word;
    uint64_t mask;
} some_lanes;

static inline void narrow(const some_lanes *lanes, const mdm_join_column *column, size_t number,
                          size_t code, unsigned verdict)
{
    mdm_field *field = lanes->field;
    if ((verdict & 1) == 0) {
        field->rows[0][column->begin + code].at[lanes->word] &= ~lanes->mask;
    }
    if ((verdict >> 1) == 0 && column->may_be_undecided) {
        field->rows[1][column->begin + code].at[lanes->word] &= ~lanes->mask;
        field->is_undecided[number][lanes->word] |= (verdict & 1) != 0;
    }
}

#define EACH_CODE(column, code)                                                             \
    for (size_t at_ = 0, code; at_ < (column)->n_live &&                                    \
                               (code = (column)->live == NULL ? at_ : (column)->live[at_],  \
                               true);                                                       \
         at_++)

static void fill_relation(const mdm_join *join, const some_lanes *lanes, size_t attribute,
                          const mdm_source *source)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_attribute *at = &fleet->scheme.attributes[attribute];
    const mdm_value *values = fleet->dictionaries[attribute].at;
    const mdm_join_column *column = &join->columns[attribute];
    const mdm_value *value = source->values[at->of];
    uint32_t member = 0;
    mdm_value as_set;
    if (at->relation == MDM_MEMBER && value != NULL) {
        as_set = mdm_as_member(fleet, value, &member);
        value = &as_set;
    }
    EACH_CODE(column, code) {
        narrow(lanes, column, attribute, code,
               mdm_relation_holds(at, value, code == 0 ? NULL : &values[code - 1]));
    }
}

static void fill_lists(const mdm_join *join, const some_lanes *lanes, const mdm_source *source)
{
    const mdm_fleet *fleet = join->fleet;
    const size_t number = fleet->scheme.n_attributes;
    const mdm_join_column *column = &join->columns[number];
    const mdm_test test = {&fleet->scheme, false};
    EACH_CODE(column, code) {
        const mdm_list *list = code == 0 ? NULL : &fleet->lists.at[code - 1];
        if (list == NULL || list->n_classes > 0) {
            narrow(lanes, column, number, code,
                   list == NULL ? fleet->scheme.missing
                                : mdm_objects_accept(&test, &list->objects, source->values));
        }
    }
}

static void fill_clause(const mdm_join *join, const some_lanes *lanes, const mdm_object *object,
                        const mdm_clause *clause)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_test test = {&fleet->scheme, true};
    const mdm_value *values = fleet->dictionaries[clause->attribute].at;
    const mdm_join_column *column = &join->columns[clause->attribute];
    EACH_CODE(column, code) {
        narrow(lanes, column, clause->attribute, code,
               mdm_clause_accepts(&test, object, clause, code == 0 ? NULL : &values[code - 1]));
    }
}

static void fill_unlisted(const mdm_join *join, const some_lanes *lanes, size_t attribute)
{
    const mdm_join_column *column = &join->columns[attribute];
    EACH_CODE(column, code) {
        if (code != 0) {
            narrow(lanes, column, attribute, code, join->fleet->scheme.unlisted);
        }
    }
}

static void fill_object(const mdm_join *join, const some_lanes *lanes, const mdm_object *object)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    for (size_t i = 0; i < object->n_clauses; i++) {
        const size_t a = object->clauses[i].attribute;
        if (!join->columns[a].is_late && scheme->attributes[a].relation != MDM_ANY) {
            fill_clause(join, lanes, object, &object->clauses[i]);
        }
    }
    for (size_t a = 0; a < scheme->n_attributes && scheme->unlisted != MDM_YES; a++) {
        if (!join->columns[a].is_late && scheme->attributes[a].relation != MDM_ANY &&
            (object->listed >> a & 1) == 0) {
            fill_unlisted(join, lanes, a);
        }
    }
}

static void fill_seat(const mdm_join *join, const mdm_seat *seat, some_lanes *lanes)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    const mdm_source *source = &join->sources.at[seat->source];
    lanes->mask = (seat->n_lanes == 64 ? ~(uint64_t)0 : ((uint64_t)1 << seat->n_lanes) - 1)
                  << seat->lane % 64;
    for (size_t c = 0; c <= scheme->n_attributes; c++) {
        if (!is_asked(join, c) || join->columns[c].is_late) {
            continue;
        }
        if (c < scheme->n_attributes) {
            fill_relation(join, lanes, c, source);
        } else {
            fill_lists(join, lanes, source);
        }
    }
    for (size_t lane = seat->lane; lane < (size_t)seat->lane + seat->n_lanes; lane++) {
        const mdm_object *object = object_of(join, seat, lane);
        lanes->mask = (uint64_t)1 << lane % 64;
        if (object != NULL) {
            fill_object(join, lanes, object);
        }
    }
}

void mdm_field_fill(const mdm_join *join, const mdm_seating *seating, size_t block,
                    mdm_field *field, size_t word)
{
    const mdm_block *at = &seating->blocks[block];
    some_lanes lanes = {field, word, 0};
    for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
        const mdm_join_column *column = &join->columns[c];
        if (!field->is_used[c] || column->is_late) {
            continue;
        }
        EACH_CODE(column, code) {
            field->rows[0][column->begin + code].at[word] = ~(uint64_t)0;
            if (column->may_be_undecided) {
                field->rows[1][column->begin + code].at[word] = ~(uint64_t)0;
            }
        }
    }
    for (size_t i = at->first_seat; i < at->first_seat + at->n_seats; i++) {
        if (seating->seats[i].lane / 64 == word) {
            fill_seat(join, &seating->seats[i], &lanes);
        }
    }
}

/* ---- Closed: which columns are asked ---- */

static bool any_undecided(const mdm_field *field, size_t column)
{
    bool any = false;
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        any = any || field->is_undecided[column][w];
    }
    return any;
}

static void close_column(const mdm_join *join, mdm_field *field, size_t column)
{
    const size_t begin = join->columns[column].begin;
    const bool is_split = any_undecided(field, column);
    const mdm_lanes *rows[2] = {field->rows[0] + begin, field->rows[is_split ? 1 : 0] + begin};
    field->is_split = field->is_split || is_split;
    for (size_t p = 0; p < 2 && join->fleet->classes.columns.at[column].n_bytes == 0; p++) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            field->start[p].at[w] &= rows[p][0].at[w];
        }
    }
    if (join->fleet->classes.columns.at[column].n_bytes > 0) {
        field->rows_of[0][field->n_columns] = rows[0];
        field->rows_of[1][field->n_columns] = rows[1];
        field->columns[field->n_columns++] = (uint8_t)column;
    }
}

static bool is_key(const mdm_zones *zones, size_t column)
{
    bool is = false;
    for (size_t k = 0; k < zones->n_keys; k++) {
        is = is || zones->columns[k] == column;
    }
    return is;
}

void mdm_field_close(const mdm_join *join, mdm_field *field)
{
    const mdm_zones *zones = &join->fleet->classes.zones;
    for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
        const mdm_join_column *column = &join->columns[c];
        if (field->is_used[c] && column->is_late) {
            field->is_split = field->is_split || column->may_be_undecided;
        } else if (field->is_used[c] && !is_key(zones, c)) {
            close_column(join, field, c);
        }
    }
    for (size_t k = 0; k < zones->n_keys; k++) {
        const size_t c = zones->columns[k];
        const size_t n_before = field->n_columns;
        if (field->is_used[c] && !join->columns[c].is_late) {
            close_column(join, field, c);
        }
        if (field->n_columns > n_before) {
            field->keys[field->n_keys++] = (uint8_t)k;
        }
    }
    field->is_split = field->is_split || memcmp(&field->start[0], &field->start[1],
                                                sizeof field->start[0]) != 0;
}

/* ---- What rows do not say ---- */

static unsigned judge_attribute(const mdm_join *join, const mdm_source *source,
                                const mdm_object *object, size_t attribute, size_t class)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_attribute *at = &fleet->scheme.attributes[attribute];
    const mdm_test test = {&fleet->scheme, true};
    const uint32_t code = mdm_code(&fleet->classes.columns, attribute, class);
    const mdm_value *target = code == 0 ? NULL : &fleet->dictionaries[attribute].at[code - 1];
    const mdm_value *value = source->values[at->of];
    uint32_t member = 0;
    mdm_value as_set;
    unsigned verdict = MDM_YES;
    if (compares(at)) {
        if (at->relation == MDM_MEMBER && value != NULL) {
            as_set = mdm_as_member(fleet, value, &member);
            value = &as_set;
        }
        verdict = mdm_relation_holds(at, value, target);
    }
    if (object == NULL || at->relation == MDM_ANY) {
        return verdict;
    }
    if ((object->listed >> attribute & 1) == 0) {
        return target == NULL ? verdict : verdict & fleet->scheme.unlisted;
    }
    for (size_t i = 0; i < object->n_clauses; i++) {
        if (object->clauses[i].attribute == attribute) {
            verdict &= mdm_clause_accepts(&test, object, &object->clauses[i], target);
        }
    }
    return verdict;
}

static unsigned judge_list(const mdm_join *join, const mdm_source *source, size_t class)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_test test = {&fleet->scheme, false};
    const uint32_t code = mdm_code(&fleet->classes.columns, fleet->scheme.n_attributes, class);
    return code == 0 ? fleet->scheme.missing
                     : mdm_objects_accept(&test, &fleet->lists.at[code - 1].objects,
                                          source->values);
}

mdm_verdict mdm_judge_late(const mdm_join *join, const mdm_field *field, size_t lane,
                           size_t class)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_source *source = &join->sources.at[field->source_of[lane]];
    const uint32_t number = field->object_of[lane];
    const mdm_object *object = number == MDM_NONE ? NULL : &source->objects.at[number];
    unsigned verdict = MDM_YES;
    for (size_t c = 0; c <= fleet->scheme.n_attributes && verdict != MDM_NO; c++) {
        if (!join->columns[c].is_late || !field->is_used[c]) {
            continue;
        }
        verdict &= c < fleet->scheme.n_attributes
                       ? judge_attribute(join, source, object, c, class)
                       : judge_list(join, source, class);
    }
    if (verdict != MDM_NO && object != NULL && object->has_shared &&
        !mdm_class_joins(fleet, object, class)) {
        return MDM_NO;
    }
    return (mdm_verdict)verdict;
}
