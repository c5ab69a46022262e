/*
 * Lists of objects, taken apart: each clause of an attribute is kept once, an object is a row of
 * the numbers of its clauses, and a list is some objects. Equal texts share all that follows.
 *
 * A variable that another clause declares is declared where it first stands instead, so that a
 * clause stands alone. What the clauses of one object have in common through their variables is
 * kept as a joint: the clauses that share some, together.
 *
 * All is only appended to, so a failed call is undone by cutting back to a mark.
 */
#ifndef MDM_LISTS_H
#define MDM_LISTS_H

#include "mdm_columns.h"
#include "mdm_rule.h"

typedef struct mdm_lone_clause {
    mdm_clause clause;
    const mdm_variable *variables; /* of this clause */
} mdm_lone_clause;

/* The clauses of one attribute. The number of at[i] is i + 1; 0 stands for an attribute that is not
   listed. */
typedef struct mdm_clauses {
    mdm_texts texts;
    mdm_lone_clause *at;
    size_t capacity;
} mdm_clauses;

/* An object of the clauses that share variables; numbers are those of each alone. */
typedef struct mdm_joint {
    mdm_object object;
    const uint32_t *numbers;
} mdm_joint;

/* Numbered as clauses are; 0 stands for none. */
typedef struct mdm_joints {
    mdm_texts texts;
    mdm_joint *at;
    size_t capacity;
} mdm_joints;

typedef struct mdm_list {
    uint32_t first; /* in the objects of lists */
    uint32_t n;
    uint32_t n_classes; /* that are in use and publish it */
} mdm_list;

typedef struct mdm_lists {
    mdm_texts texts; /* as they stood in the line */
    mdm_list *at;
    size_t capacity;
    mdm_u32s objects; /* of all lists, one after the other: rows */
    mdm_u32s before;  /* for each of them the object before it that has the same row; MDM_NONE */
    size_t n_objects;
    mdm_texts rows;      /* different objects, by the numbers of their clauses */
    mdm_u32s last;       /* for each of them the last object of a list */
    mdm_columns columns; /* of those numbers: one an attribute, then that of the joint */
    mdm_clauses *clauses; /* one an attribute */
    mdm_joints joints;
} mdm_lists;

typedef struct mdm_lists_mark {
    size_t n;
    size_t n_objects;
    size_t n_rows;
    size_t n_joints;
    size_t n_clauses[MDM_MAX_ATTRIBUTES];
} mdm_lists_mark;

bool mdm_lists_new(const mdm_allocator *memory, mdm_lists *lists, size_t n_attributes);
void mdm_lists_free(const mdm_allocator *memory, mdm_lists *lists);
void mdm_lists_here(const mdm_lists *lists, mdm_lists_mark *mark);
void mdm_lists_cut(mdm_lists *lists, const mdm_lists_mark *mark); /* before the arena is */
size_t mdm_lists_bytes(const mdm_lists *lists);

/* What is told of what has been read; clauses are in the arena, and their texts stay. */
mdm_status mdm_lists_add_clause(mdm_lists *lists, mdm_arena *arena, mdm_text text, uint64_t hash,
                                const mdm_lone_clause *clause, uint32_t *number);
mdm_status mdm_lists_add_joint(mdm_lists *lists, mdm_arena *arena, mdm_text text, uint64_t hash,
                               const mdm_joint *joint, uint32_t *number);
/* numbers: one a column. */
mdm_status mdm_lists_intern_row(mdm_lists *lists, mdm_arena *arena, const uint32_t *numbers,
                                uint32_t *row);
/* The list of an object. */
size_t mdm_lists_find(const mdm_lists *lists, uint32_t object);
/* The text stays where it is. */
mdm_status mdm_lists_add(mdm_lists *lists, const mdm_allocator *memory, mdm_text text,
                         uint64_t hash, const uint32_t *rows, size_t n_rows, uint32_t *number);

#endif
