/*
 * The question compiled: what the source says becomes tables of verdicts by code, one a column.
 */
#include <string.h>

#include "mdm_encode.h"
#include "mdm_query.h"

/* ---- Tables ---- */

static size_t words_of(size_t n_codes)
{
    return (n_codes + 64 * MDM_SET_WORDS - 1) / (64 * MDM_SET_WORDS) * MDM_SET_WORDS;
}

bool mdm_table_new(mdm_arena *arena, size_t column, size_t n_codes, bool has_undecided,
                   mdm_table *made)
{
    const size_t n_words = words_of(n_codes);
    const size_t n_taken = has_undecided ? 2 * n_words : n_words;
    *made = (mdm_table){.column = column, .n_codes = n_codes};
    made->possible = mdm_take(arena, n_taken, sizeof *made->possible);
    if (made->possible == NULL) {
        return false;
    }
    made->accepted = has_undecided ? made->possible + n_words : made->possible;
    memset(made->possible, 0, n_taken * sizeof *made->possible);
    return true;
}

/* Where nothing is undecided in the table, nothing may be in the other. */
static void narrow(mdm_table *table, const mdm_table *other)
{
    for (size_t i = 0; i < words_of(table->n_codes); i++) {
        table->possible[i] &= other->possible[i];
        table->accepted[i] &= other->accepted[i];
    }
}

static mdm_table both(mdm_table one, mdm_table other)
{
    if (one.accepted == one.possible) {
        narrow(&other, &one);
        return other;
    }
    narrow(&one, &other);
    return one;
}

void mdm_tables_add(const mdm_fleet *fleet, mdm_tables *tables, const mdm_table *made)
{
    mdm_count_bits *count = fleet->kernels->count;
    mdm_table table = *made;
    const size_t n_words = (table.n_codes + 63) / 64;
    size_t place = 0;
    size_t n_accepted = 0;
    while (place < tables->n && tables->at[place].column != table.column) {
        place++;
    }
    if (place < tables->n) {
        table = both(table, tables->at[place]);
        tables->at[place] = tables->at[--tables->n];
    }
    n_accepted = count(table.accepted, n_words);
    if (n_accepted == table.n_codes) {
        return;
    }
    table.n_refused = table.n_codes - n_accepted;
    if (table.accepted != table.possible) {
        table.n_refused = table.n_codes - count(table.possible, n_words);
        table.accepted = table.n_refused + n_accepted == table.n_codes ? table.possible
                                                                       : table.accepted;
    }
    tables->at[tables->n++] = table;
}

/* ---- What is encoded ---- */

static bool add_encoded(mdm_query *query, size_t attribute, const mdm_encoded *encoded,
                        mdm_tables *tables)
{
    const mdm_fleet *fleet = query->fleet;
    const size_t n_codes = fleet->dictionaries[attribute].texts.n + 1;
    const bool has_undecided =
        encoded->held == MDM_UNDECIDED || encoded->absent == MDM_UNDECIDED;
    mdm_table made;
    if (encoded->holds_all && encoded->held == MDM_YES && encoded->absent == MDM_YES) {
        return true;
    }
    if (!mdm_table_new(&query->arena, attribute, n_codes, has_undecided, &made)) {
        return false;
    }
    if (encoded->held != MDM_NO) {
        mdm_encoded_mark(fleet, attribute, encoded, made.possible);
    }
    if (has_undecided && encoded->held == MDM_YES) {
        memcpy(made.accepted, made.possible, words_of(made.n_codes) * sizeof *made.accepted);
    }
    mdm_table_set(&made, 0, encoded->absent);
    mdm_tables_add(fleet, tables, &made);
    return true;
}

/* What a lookup costs, in that of one byte. */
static double cost_of(const mdm_fleet *fleet, const mdm_table *table, const mdm_filter *filter)
{
    const uint32_t n_bytes = fleet->classes.columns.at[table->column].n_bytes;
    const size_t n_blocks = table->n_codes / 1024;
    if (n_bytes <= 1 || filter->is_interval) {
        return n_bytes == 0 ? 0.1 : n_bytes;
    }
    return (double)n_bytes + (double)(n_blocks < 8 ? n_blocks : 8);
}

void mdm_tables_find_keys(const mdm_fleet *fleet, mdm_tables *tables)
{
    const mdm_zones *zones = &fleet->classes.zones;
    for (size_t k = 0; k < zones->n_keys; k++) {
        tables->of_key[k] = MDM_MAX_TABLES;
        for (size_t i = 0; i < tables->n; i++) {
            if (tables->at[i].column == zones->columns[k]) {
                tables->of_key[k] = i;
            }
        }
    }
}

/* Each table and its filter once to its place. */
static void sort(const mdm_fleet *fleet, mdm_tables *tables)
{
    struct {
        mdm_table table;
        mdm_filter filter;
        double worth;
    } found[MDM_MAX_TABLES];
    uint8_t order[MDM_MAX_TABLES];
    for (size_t i = 0; i < tables->n; i++) {
        const mdm_table *table = &tables->at[i];
        size_t place = i;
        found[i].table = *table;
        found[i].filter = mdm_filter_of(table->possible, table->n_codes);
        found[i].worth = (double)table->n_refused /
                         ((double)table->n_codes * cost_of(fleet, table, &found[i].filter));
        for (; place > 0 && found[order[place - 1]].worth < found[i].worth; place--) {
            order[place] = order[place - 1];
        }
        order[place] = (uint8_t)i;
    }
    for (size_t i = 0; i < tables->n; i++) {
        tables->at[i] = found[order[i]].table;
        tables->possible[i] = found[order[i]].filter;
    }
}

void mdm_tables_order(const mdm_fleet *fleet, mdm_tables *tables)
{
    sort(fleet, tables);
    tables->has_undecided = false;
    for (size_t i = 0; i < tables->n; i++) {
        const mdm_table *table = &tables->at[i];
        tables->share[i] = 1 - (double)table->n_refused / (double)table->n_codes;
        if (table->accepted != table->possible) {
            tables->has_undecided = true;
            tables->accepted[i] = mdm_filter_of(table->accepted, table->n_codes);
        }
    }
}

/* ---- Relations ---- */

mdm_status mdm_plan_relations(mdm_query *query, mdm_tables *tables)
{
    const mdm_scheme *scheme = &query->fleet->scheme;
    for (size_t a = 0; a < scheme->n_attributes; a++) {
        const mdm_value *source = query->source[scheme->attributes[a].of];
        mdm_encoded encoded;
        if (!mdm_is_compared(&scheme->attributes[a])) {
            continue;
        }
        if (!mdm_encode_relation(query->fleet, &query->arena, a, source, &encoded) ||
            !add_encoded(query, a, &encoded, tables)) {
            return MDM_NO_MEMORY;
        }
    }
    return MDM_OK;
}

/* ---- The objects of targets ---- */

mdm_status mdm_plan_target_lists(mdm_query *query, mdm_tables *tables)
{
    mdm_table made;
    if (!mdm_ask_target_lists(query->fleet, &query->arena, query->source, &made)) {
        return MDM_NO_MEMORY;
    }
    mdm_tables_add(query->fleet, tables, &made);
    return MDM_OK;
}

/* ---- An object of the source ---- */

static bool add_unlisted(mdm_query *query, const mdm_object *object, mdm_tables *tables)
{
    const mdm_scheme *scheme = &query->fleet->scheme;
    for (size_t a = 0; a < scheme->n_attributes && scheme->unlisted != MDM_YES; a++) {
        mdm_encoded encoded;
        mdm_encode_unlisted(query->fleet, a, &encoded);
        if ((object->listed >> a & 1) == 0 && !add_encoded(query, a, &encoded, tables)) {
            return false;
        }
    }
    return true;
}

mdm_status mdm_plan_object(mdm_query *query, const mdm_object *object, mdm_tables *tables)
{
    const mdm_test test = {&query->fleet->scheme, true};
    if (!add_unlisted(query, object, tables)) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < object->n_clauses; i++) {
        const mdm_clause *clause = &object->clauses[i];
        mdm_encoded encoded;
        if (!mdm_encode_clause(query->fleet, &query->arena, &test, object, clause, &encoded) ||
            !add_encoded(query, clause->attribute, &encoded, tables)) {
            return MDM_NO_MEMORY;
        }
    }
    return MDM_OK;
}
