/*
 * The lines that the work reads: descriptions of twelve attributes, from counters and nothing else,
 * so that a line depends on its number alone.
 */
#ifndef LINES_H
#define LINES_H

#include "mdm.h"

#define N_CLASSES 2000U

/* Whole lines of NDJSON, one behind the other; line i ends before at[ends[i]]. */
typedef struct lines {
    char *at;
    size_t len;
    size_t capacity;
    size_t *ends;
    size_t n;
} lines;

typedef enum rule { RULE_NONE, RULE_NARROW, RULE_BROAD } rule;

/* Devices are compared by the objects of one side, or by relations and no objects. */
extern const mdm_scheme scheme_of_objects;
extern const mdm_scheme scheme_of_relations;

/* Adds devices that share N_CLASSES descriptions, the first of each class before any other. */
void lines_repeating(lines *to, unsigned first, unsigned n, rule objects);
/* Adds devices that share nothing but values. */
void lines_differing(lines *to, unsigned first, unsigned n, rule objects);
const char *line_at(const lines *from, size_t number, size_t *len);
void lines_free(lines *from);

#endif
