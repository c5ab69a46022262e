/*
 * The naive model: values, clauses and verdicts as docs/language.md has them, one pair of devices
 * at a time, by the shortest code that can be right. It shares nothing with the core.
 *
 * Room is fixed. What does not fit, or would take too long, is NAIVE_UNSURE, and then no law
 * holds the core to an answer.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <string.h>

#include "law.h"

#define NAIVE_ITEMS 8
#define NAIVE_VARIABLES 16
#define NAIVE_OBJECTS 3

typedef enum naive_answer { NAIVE_BAD, NAIVE_GOOD, NAIVE_UNSURE } naive_answer;

typedef struct naive_text {
    const char *at;
    size_t len;
} naive_text;

static inline bool naive_same(naive_text left, naive_text right)
{
    return left.len == right.len && (left.len == 0 || memcmp(left.at, right.at, left.len) == 0);
}

static inline naive_text naive_plain(const char *text)
{
    return (naive_text){text, strlen(text)};
}

/* ---- naive_value.c ---- */

typedef struct naive_value {
    naive_text text;
    int64_t numbers[3]; /* int: itself; ratio: over; version: parts; PCI id: has vendor, vendor, id */
} naive_value;

bool naive_is_utf8(naive_text text);
bool naive_number(naive_text text, int64_t least, int64_t most, int64_t *number);
bool naive_value_read(mdm_kind kind, naive_text text, naive_value *value);
bool naive_equal(mdm_kind kind, const naive_value *left, const naive_value *right);
/* Of numbers, ratios and versions: below 0, 0, above 0. */
int naive_order(mdm_kind kind, const naive_value *left, const naive_value *right);
bool naive_has_member(naive_text set, naive_text member);
bool naive_has_members(naive_text set, naive_text subset);

/* ---- naive_clause.c ---- */

typedef enum naive_operator {
    NAIVE_EMPTY,
    NAIVE_ANY,
    NAIVE_ABSENT,
    NAIVE_ONE_OF, /* or a plain value */
    NAIVE_RANGE,
    NAIVE_SUPERSET,
    NAIVE_SUBSET,
    NAIVE_VERSION,
    NAIVE_TEMPLATE
} naive_operator;

typedef struct naive_part {
    naive_text text;
    size_t variable;
    bool is_variable;
    bool is_quoted;
} naive_part;

typedef struct naive_variable {
    naive_text name;
    bool is_string;
    size_t n;
    int64_t lows[NAIVE_ITEMS];
    int64_t highs[NAIVE_ITEMS];
    naive_text strings[NAIVE_ITEMS];
} naive_variable;

typedef struct naive_clause {
    size_t attribute;
    naive_operator op;
    size_t n;
    naive_value values[NAIVE_ITEMS];
    naive_part parts[NAIVE_ITEMS];
    char arithmetic; /* '/', '*' or 0 */
    int64_t factor;
} naive_clause;

typedef struct naive_object {
    size_t n_clauses;
    naive_clause clauses[LAW_ATTRIBUTES];
    size_t n_variables;
    naive_variable variables[NAIVE_VARIABLES];
} naive_object;

/* Texts without their quotes; it has to outlive what is read. */
typedef struct naive_heap {
    char at[1 << 16];
    size_t n;
} naive_heap;

/* Reads the clause that comes next in the object, which then has it. */
naive_answer naive_clause_read(naive_heap *heap, mdm_kind kind, size_t attribute, naive_text text,
                               naive_object *object);

/* ---- naive_judge.c ---- */

typedef struct naive_description {
    bool has[LAW_ATTRIBUTES];
    naive_value values[LAW_ATTRIBUTES];
    bool has_list;
    size_t n_objects;
    naive_object objects[NAIVE_OBJECTS];
} naive_description;

/* accepted_by as mdm_query_new takes it. */
naive_answer naive_judge(const mdm_scheme *scheme, mdm_direction accepted_by,
                         const naive_description *source, const naive_description *target,
                         mdm_verdict *verdict);

#endif
