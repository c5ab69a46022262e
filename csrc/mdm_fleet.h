/*
 * What a fleet is made of. Dictionaries, members and lists are only appended to, so a failed
 * call is undone by cutting them back to a mark.
 */
#ifndef MDM_FLEET_H
#define MDM_FLEET_H

#include "mdm_rule.h"

/* The values of one attribute. The value of code c is at[c - 1]. */
typedef struct mdm_dictionary {
    mdm_texts texts;
    mdm_value *at;
    size_t capacity;
} mdm_dictionary;

typedef struct mdm_list {
    mdm_objects objects;
    uint32_t n_classes; /* that are in use and publish it */
} mdm_list;

typedef struct mdm_lists {
    mdm_texts texts; /* as they stood in the line */
    mdm_list *at;
    size_t capacity;
} mdm_lists;

#define MDM_FREE_CLASS UINT32_MAX

/* The rows of one class. A single row stands inline: where all descriptions differ, a block a
   class would cost more than all the rest. */
typedef struct mdm_class {
    uint32_t n_rows;
    uint32_t capacity; /* 0: inline; MDM_FREE_CLASS: not in use */
    union {
        uint32_t one; /* or the next free class */
        uint32_t *many;
    } rows;
} mdm_class;

/* Class 0 is nobody's: free rows point to it, so a scan needs no test for them. */
typedef struct mdm_class_table {
    mdm_class *at;
    size_t capacity;
    size_t n;
    size_t n_live;     /* with rows */
    uint32_t free;     /* 0: none */
    mdm_u32s hashes;
    mdm_u32s *columns; /* codes: an array an attribute, then that of the lists */
    size_t n_columns;
    uint32_t *slots;
    size_t n_slots;
    size_t n_used; /* slots that are not empty */
} mdm_class_table;

#define MDM_NO_NAME UINT64_MAX
#define MDM_NAME_BITS 13 /* a name is at most 4096 bytes */

typedef struct mdm_names {
    char *at;
    size_t capacity;
    size_t n;
    size_t n_garbage;
} mdm_names;

typedef struct mdm_words {
    uint64_t *at;
    size_t capacity;
} mdm_words;

typedef struct mdm_row_table {
    mdm_u32s class_of; /* 0: free */
    mdm_u32s place;    /* in the rows of its class; the next free row where it is free */
    mdm_words name;    /* where it begins, and its length in the low bits */
    size_t n;
    size_t n_devices;
    uint32_t free; /* MDM_NONE: none */
} mdm_row_table;

typedef struct mdm_mark {
    mdm_arena_mark arena;
    size_t n_members;
    size_t n_lists;
    size_t n_codes[MDM_MAX_ATTRIBUTES];
} mdm_mark;

struct mdm_fleet {
    mdm_allocator memory;
    mdm_scheme scheme;
    bool keeps_names;
    mdm_arena arena;   /* texts, values, objects */
    mdm_arena scratch; /* what one line needs while it is read */
    mdm_texts members; /* of all sets */
    mdm_dictionary *dictionaries;
    mdm_lists lists;
    mdm_class_table classes;
    mdm_row_table rows;
    mdm_names names;
    uint64_t generation;      /* grows with every change */
    const mdm_mark *read_from; /* where the open reader began; NULL: none is open */
};

mdm_mark mdm_fleet_mark(const mdm_fleet *fleet);
void mdm_fleet_cut(mdm_fleet *fleet, const mdm_mark *mark);
size_t mdm_fleet_find(const mdm_fleet *fleet, mdm_text name, size_t hint); /* n: unknown */

/* ---- mdm_class.c: equal descriptions ---- */

/* Codes are one an attribute, then that of the list. */
mdm_status mdm_class_intern(mdm_fleet *fleet, const uint32_t *codes, uint32_t *class);
void mdm_class_expect(const mdm_fleet *fleet, const uint32_t *codes); /* soon to be interned */
mdm_status mdm_class_reserve(mdm_fleet *fleet, uint32_t class, size_t more, bool is_exact);
void mdm_class_push(mdm_fleet *fleet, uint32_t class, uint32_t row); /* reserved before */
void mdm_class_pull(mdm_fleet *fleet, uint32_t class, uint32_t row);
void mdm_class_drop_empty(mdm_fleet *fleet, uint32_t class);
const uint32_t *mdm_class_rows(const mdm_class *class);

/* ---- mdm_name.c ---- */

mdm_status mdm_names_add(mdm_fleet *fleet, mdm_text name, uint64_t *word);
mdm_text mdm_names_get(const mdm_fleet *fleet, uint64_t word);
void mdm_names_drop(mdm_fleet *fleet, uint64_t word);

#endif
