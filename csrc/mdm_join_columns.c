/*
 * The columns of a join: which have rows of bits, where these are, and how codes lead to them.
 */
#include "mdm_join.h"

/* Columns of more codes get no rows, nor any column once so many rows are taken. */
#define MOST_CODES ((size_t)1 << 16)
#define MOST_ROWS ((size_t)1 << 18)
/* So many codes are worth a map to fewer rows. */
#define MANY_CODES ((size_t)256)

static bool may_be_undecided(const mdm_join *join, size_t column)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    bool any = scheme->missing == MDM_UNDECIDED || scheme->unlisted == MDM_UNDECIDED;
    if (column < scheme->n_attributes) {
        return scheme->attributes[column].missing == MDM_UNDECIDED ||
               scheme->unlisted == MDM_UNDECIDED;
    }
    for (size_t a = 0; a < scheme->n_attributes; a++) {
        any = any || scheme->attributes[a].missing == MDM_UNDECIDED;
    }
    return any;
}

static size_t n_codes_of(const mdm_fleet *fleet, size_t column)
{
    return 1 + (column == fleet->scheme.n_attributes ? fleet->lists.texts.n
                                                     : fleet->dictionaries[column].texts.n);
}

/* Maps are for codes of two bytes. */
static bool has_halves(const mdm_join *join, size_t number)
{
    return join->fleet->classes.columns.at[number].n_bytes == sizeof(uint16_t);
}

/* Where a set has many codes of few members, combinations of members have rows instead. All codes
   must be settled, and keys of the fleet's order keep a row a code. */
static bool find_maps(mdm_join *join, size_t number)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[number];
    mdm_join_column *column = &join->columns[number];
    const size_t n_chunks = (dictionary->members.n + MDM_CHUNK - 1) / MDM_CHUNK;
    if (n_chunks > MDM_MAX_CHUNKS || column->n_codes < MANY_CODES ||
        dictionary->n_settled + 1 < column->n_codes || !has_halves(join, number) ||
        mdm_is_key(&join->fleet->classes.zones, number)) {
        return true;
    }
    column->maps = mdm_take(&join->sources.compiler.arena, n_chunks * column->n_codes + 1,
                            sizeof *column->maps);
    if (column->maps == NULL) {
        return false;
    }
    column->n_chunks = n_chunks;
    for (size_t c = 0; c < n_chunks; c++) {
        uint16_t *map = column->maps + c * column->n_codes;
        map[0] = 0;
        for (size_t code = 1; code < column->n_codes; code++) {
            map[code] = (uint16_t)(1 + (column->places[code] >> c * MDM_CHUNK) %
                                           ((size_t)1 << MDM_CHUNK));
        }
    }
    return true;
}

static bool find_places(mdm_join *join, size_t number)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[number];
    uint64_t *places = NULL;
    if (join->fleet->scheme.attributes[number].kind != MDM_SET || dictionary->members.is_crowded ||
        join->columns[number].is_large) {
        return true;
    }
    places = mdm_take(&join->sources.compiler.arena, dictionary->n_settled + 1, sizeof *places);
    if (places == NULL) {
        return false;
    }
    places[0] = 0;
    for (size_t code = 1; code <= dictionary->n_settled; code++) {
        places[code] = mdm_members_of(&dictionary->members, code);
    }
    join->columns[number].places = places;
    return find_maps(join, number);
}

/* Takes n rows; false: those would be too many. */
static bool take_rows(mdm_join *join, size_t n, size_t *begin)
{
    *begin = join->n_rows;
    if (n > MOST_ROWS - join->n_rows) {
        return false;
    }
    join->n_rows += n;
    return true;
}

static void find_column(mdm_join *join, size_t number)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    mdm_join_column *column = &join->columns[number];
    column->n_codes = n_codes_of(join->fleet, number);
    column->may_be_undecided = may_be_undecided(join, number);
    column->is_large = column->n_codes > MOST_CODES || !take_rows(join, column->n_codes,
                                                                 &column->begin);
    if (number < scheme->n_attributes && mdm_is_compared(&scheme->attributes[number]) &&
        (join->accepted_by & MDM_SOURCE) != 0 && !column->is_large) {
        column->is_large = !take_rows(join, column->n_codes, &column->second);
    }
    column->is_mapped = number < scheme->n_attributes && !column->is_large &&
                        column->n_codes >= MANY_CODES && has_halves(join, number) &&
                        join->fleet->dictionaries[number].n_settled + 1 == column->n_codes &&
                        !mdm_is_key(&join->fleet->classes.zones, number) &&
                        take_rows(join, column->n_codes * sizeof(uint16_t) / MDM_LANE_BYTES + 1,
                                  &column->map_row);
}

/* The clauses of targets have rows too. */
static void find_clauses(mdm_join *join)
{
    const size_t n = join->fleet->scheme.n_attributes;
    mdm_join_column *lists = &join->columns[n];
    for (size_t a = 0; a < n && !lists->is_large && (join->accepted_by & MDM_TARGET) != 0; a++) {
        lists->is_large = !take_rows(join, join->fleet->lists.clauses[a].texts.n + 1,
                                    &join->first_clause[a]);
    }
}

/* What the scheme asks for asks every source. */
static void find_large(mdm_join *join)
{
    const size_t n = join->fleet->scheme.n_attributes;
    join->asks_large = (join->accepted_by & MDM_TARGET) != 0 && join->columns[n].is_large;
    for (size_t a = 0; a < n; a++) {
        const mdm_attribute *attribute = &join->fleet->scheme.attributes[a];
        if (join->columns[a].is_large && attribute->relation != MDM_ANY) {
            join->large |= (uint64_t)1 << a;
            join->asks_large = join->asks_large || mdm_is_compared(attribute);
        }
    }
}

bool mdm_join_find_columns(mdm_join *join)
{
    const size_t n = join->fleet->scheme.n_attributes;
    bool is_done = true;
    for (size_t c = 0; c <= n; c++) {
        find_column(join, c);
    }
    find_clauses(join);
    find_large(join);
    for (size_t a = 0; a < n && is_done; a++) {
        is_done = find_places(join, a) &&
                  ((join->accepted_by & MDM_TARGET) == 0 || join->columns[n].is_large ||
                   join->fleet->scheme.attributes[a].relation == MDM_ANY ||
                   mdm_target_clauses_encode(join, a));
    }
    return is_done && mdm_sources_look(join);
}
