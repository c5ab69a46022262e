/*
 * Rules: the objects that devices publish, compiled, and what they say about a device.
 *
 * A template is solved and never multiplied out: from the value that is tested follow the values
 * of its variables, each as an interval (of numbers, or of places in a list of texts). A variable
 * that several clauses share must have a value in all their intervals.
 */
#ifndef MDM_RULE_H
#define MDM_RULE_H

#include "mdm_value.h"

#define MDM_MAX_ATTRIBUTES 64
#define MDM_MAX_VARIABLES 16

typedef struct mdm_interval {
    int64_t low; /* both ends included */
    int64_t high;
} mdm_interval;

typedef struct mdm_string {
    const char *at;
    uint32_t len;
    uint32_t hash; /* of mdm_string_hash */
} mdm_string;

typedef struct mdm_intervals {
    mdm_interval *at;
    size_t capacity;
    size_t n;
} mdm_intervals;

typedef struct mdm_strings {
    mdm_string *at;
    size_t capacity;
    size_t n;
    uint32_t *slots; /* place + 1 */
    size_t n_slots;
    uint32_t *lengths; /* those that occur, ascending */
    size_t n_lengths;
} mdm_strings;

typedef struct mdm_variable {
    mdm_text name;
    bool is_string;
    uint8_t n_clauses; /* that it stands in */
    mdm_intervals numbers; /* ascending, apart */
    mdm_strings strings;   /* each once */
} mdm_variable;

typedef enum mdm_operator {
    MDM_OP_EMPTY,
    MDM_OP_ANY,
    MDM_OP_ABSENT,
    MDM_OP_ONE_OF, /* values ascending, or codes; one value is the clause "equal" */
    MDM_OP_RANGE,
    MDM_OP_SUPERSET,
    MDM_OP_SUBSET,
    MDM_OP_VERSION,
    MDM_OP_TEXT,   /* template of a string */
    MDM_OP_NUMBER, /* {v}, {v}/k, {v}*k */
    MDM_OP_CHOICE  /* {v} of a set, version or PCI id */
} mdm_operator;

typedef struct mdm_part {
    mdm_text text;
    uint8_t variable;
    bool is_variable;
} mdm_part;

typedef struct mdm_choice {
    mdm_value value;
    uint32_t place;
} mdm_choice;

typedef struct mdm_clause {
    uint8_t attribute;
    uint8_t op;           /* mdm_operator */
    bool is_shared;       /* a variable of it stands in another clause too */
    bool is_coded;        /* strings as codes of the fleet, each once: those that it has */
    uint8_t variables[2]; /* the different ones */
    uint8_t n_variables;
    char arithmetic;      /* '/', '*', or 0 */
    int64_t factor;
    size_t n; /* of what the union holds */
    union {
        const mdm_value *values;
        const uint32_t *codes;
        const mdm_part *parts;
        const mdm_choice *choices; /* ascending by value */
    } of;
} mdm_clause;

typedef struct mdm_object {
    const mdm_clause *clauses; /* in the order of the text */
    size_t n_clauses;
    const mdm_variable *variables;
    size_t n_variables;
    uint64_t listed; /* bit per attribute */
    bool has_shared;
} mdm_object;

typedef struct mdm_objects {
    const mdm_object *at;
    size_t n;
} mdm_objects;

/* What an attribute's clause needs to know of the scheme; and who is tested, the target or the
   source, for the clause version(). */
typedef struct mdm_test {
    const mdm_scheme *scheme;
    bool is_target;
} mdm_test;

/* Of a value, not of a clause of codes. */
mdm_verdict mdm_clause_accepts(const mdm_test *test, const mdm_object *object,
                               const mdm_clause *clause, const mdm_value *value);
/* Whether one choice of the variables suits every clause that shares one. values: one pointer an
   attribute, NULL where the tested device lacks it. */
bool mdm_object_joins(const mdm_test *test, const mdm_object *object,
                      const mdm_value *const *values);
mdm_verdict mdm_relation_holds(const mdm_attribute *attribute, const mdm_value *source,
                               const mdm_value *target);

/* Whether a relation compares the own values of two devices. */
static inline bool mdm_is_compared(const mdm_attribute *attribute)
{
    return attribute->relation != MDM_UNRELATED && attribute->relation != MDM_ANY;
}

/* ---- Templates ---- */

bool mdm_clause_solves(const mdm_scheme *scheme, const mdm_object *object,
                       const mdm_clause *clause, const mdm_value *value);
bool mdm_object_solves(const mdm_scheme *scheme, const mdm_object *object,
                       const mdm_value *const *values);

/* A hash that grows with the text, so that all lengths of a beginning are asked in one walk. */
static inline uint64_t mdm_string_step(uint64_t state, char c)
{
    return (state + (unsigned char)c + 1) * 0x9e3779b97f4a7c15U;
}

static inline uint32_t mdm_string_hash(uint64_t state)
{
    return (uint32_t)((state ^ state >> 29) * 0xbf58476d1ce4e5b9U >> 32);
}

#endif
