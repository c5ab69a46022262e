/*
 * What a fleet is made of. Dictionaries, members and lists are only appended to, so a failed
 * call is undone by cutting them back to a mark.
 */
#ifndef MDM_FLEET_H
#define MDM_FLEET_H

#include <stdatomic.h>

#include "mdm_columns.h"
#include "mdm_kernel.h"
#include "mdm_leaves.h"
#include "mdm_lists.h"
#include "mdm_lock.h"

#define MDM_MAX_MEMBERS 64

/* Which sets have which member: a block of 64 codes is `stride` words, one a member, of one bit a
   code. Kept while there are few members; else a set is compared by itself. */
typedef struct mdm_member_table {
    bool is_crowded; /* too many members: not kept */
    uint32_t n;      /* members of the fleet that occur */
    uint32_t stride;
    uint32_t numbers[MDM_MAX_MEMBERS]; /* in the fleet, in the order of arrival here */
    uint64_t *at;
    size_t capacity;
} mdm_member_table;

/* The values of one attribute. The value of code c is at[c - 1]. Codes up to n_settled have a rank,
   which is their place in the order of values, or, of sets, are in the table of members. */
typedef struct mdm_dictionary {
    mdm_texts texts;
    mdm_value *at;
    size_t capacity;
    size_t n_settled;
    mdm_u32s by_rank; /* codes; none: codes follow the order of values */
    mdm_member_table members;
} mdm_dictionary;

typedef struct mdm_words {
    uint64_t *at;
    size_t capacity;
} mdm_words;

#define MDM_MAX_KEYS 4
typedef struct mdm_zone {
    uint32_t low; /* codes; above high where there are none */
    uint32_t high;
} mdm_zone;

typedef struct mdm_zone_list {
    mdm_zone *at;
    size_t capacity;
} mdm_zone_list;

typedef struct mdm_zones {
    size_t n_keys; /* 0: none */
    size_t columns[MDM_MAX_KEYS];
    uint32_t n_codes[MDM_MAX_KEYS]; /* when the order was made: a run's codes are its digits */
    mdm_zone_list pages;  /* page by page, one a key */
    mdm_zone_list blocks; /* page by page, key by key, one a block of 64 classes */
    mdm_u32s free;        /* one a run: a free class among its own; 0: none */
} mdm_zones;

/* Class 0 is nobody's: free rows point to it, so a scan needs no test for them.

   Where nearly all descriptions differ, looking for an equal one costs more than it saves. Then
   the table is flat: each device has a class of its own, and no class is found by its codes. */
typedef struct mdm_class_table {
    bool is_flat;
    size_t n;
    size_t n_live;       /* with rows */
    uint32_t free;       /* in no run that is known; 0: none */
    mdm_words live;      /* bit a class; whole pages of them */
    mdm_columns columns; /* of codes: one an attribute, then that of the lists */
    mdm_class *at;       /* unless it is flat, as are hashes and slots */
    size_t capacity;
    mdm_u32s hashes;
    uint32_t *slots;
    size_t n_slots;
    size_t n_used;   /* slots that are not empty */
    mdm_u32s row_of; /* where it is flat; of a free class, the next free one */
    mdm_zones zones;
    size_t n_unsorted; /* classes made since the last sort that are not among their run */
    size_t n_weighed;  /* devices when it was last seen which table suits them */
} mdm_class_table;

#define MDM_NO_NAME UINT64_MAX
#define MDM_NAME_BITS 13 /* a name is at most 4096 bytes */

typedef struct mdm_names {
    char *at;
    size_t capacity;
    size_t n;
    size_t n_garbage;
} mdm_names;

/* A class a row, in two bytes while there are few. */
typedef struct mdm_class_of {
    void *at;
    size_t capacity;
    bool is_wide;
} mdm_class_of;

typedef struct mdm_row_table {
    mdm_class_of class_of; /* 0: free */
    mdm_u32s next;  /* of a free row, the next free one; none while no row was freed */
    mdm_words name; /* where it begins, and its length in the low bits */
    size_t n;
    size_t n_devices;
    uint32_t free; /* MDM_NONE: none */
} mdm_row_table;

typedef struct mdm_mark {
    mdm_arena_mark arena;
    size_t n_members;
    size_t n_classes;
    size_t n_unsorted;
    size_t n_codes[MDM_MAX_ATTRIBUTES];
    mdm_lists_mark lists;
} mdm_mark;

struct mdm_fleet {
    mdm_allocator memory;
    mdm_lock *lock;
    mdm_scheme scheme;
    bool keeps_names;
    mdm_layout layout; /* that is wanted */
    mdm_arena arena;   /* texts, values, objects */
    mdm_arena scratch; /* what one line needs while it is read */
    mdm_texts members; /* of all sets */
    mdm_dictionary *dictionaries;
    mdm_lists lists;
    mdm_class_table classes;
    mdm_row_table rows;
    mdm_names names;
    size_t n_cuts; /* how often codes were taken back */
    const mdm_kernels *kernels;
    uint64_t generation;      /* grows with every change */
    mdm_mark *read_from; /* where the open reader began; NULL: none is open */
    atomic_size_t n_holders; /* the caller, and streams that were given away */
};

mdm_mark mdm_fleet_mark(const mdm_fleet *fleet);
void mdm_fleet_cut(mdm_fleet *fleet, const mdm_mark *mark);
/* n: unknown. It is looked for first at the hint, which is n at most. */
size_t mdm_fleet_find(const mdm_fleet *fleet, mdm_text name, size_t hint);

static inline uint32_t mdm_class_at(const mdm_class_of *class_of, size_t row)
{
    return class_of->is_wide ? ((const uint32_t *)class_of->at)[row]
                             : ((const uint16_t *)class_of->at)[row];
}

static inline uint32_t mdm_row_class(const mdm_fleet *fleet, size_t row)
{
    return mdm_class_at(&fleet->rows.class_of, row);
}

static inline void mdm_row_class_set(mdm_fleet *fleet, size_t row, uint32_t class)
{
    mdm_class_of *class_of = &fleet->rows.class_of;
    if (class_of->is_wide) {
        ((uint32_t *)class_of->at)[row] = class;
    } else {
        ((uint16_t *)class_of->at)[row] = (uint16_t)class;
    }
}

static inline const void *mdm_row_class_at(const mdm_fleet *fleet, size_t row)
{
    const mdm_class_of *class_of = &fleet->rows.class_of;
    return (const char *)class_of->at + row * (class_of->is_wide ? 4 : 2);
}

void mdm_row_classes_set(mdm_fleet *fleet, size_t first, const uint32_t *classes, size_t n);
bool mdm_row_classes_reserve(mdm_fleet *fleet, size_t n, size_t more);
bool mdm_row_classes_widen(mdm_fleet *fleet);
void mdm_row_classes_trim(mdm_fleet *fleet, size_t n);

/* ---- mdm_intern.c: equal descriptions found ---- */

/* Codes are one an attribute, then that of the list. */
mdm_status mdm_class_intern(mdm_fleet *fleet, const uint32_t *codes, uint32_t *class);
void mdm_class_expect(const mdm_fleet *fleet, const uint32_t *codes); /* soon to be interned */
/* A class for one more device with the codes of this one: the same, unless the table is flat. */
mdm_status mdm_class_twin(mdm_fleet *fleet, uint32_t *class);
mdm_status mdm_classes_reserve(mdm_fleet *fleet, size_t more);
void mdm_class_drop_empty(mdm_fleet *fleet, uint32_t class);
/* Where the table is flat: forgets the classes from n on, none of which is live. */
void mdm_class_cut(mdm_fleet *fleet, size_t n);
void mdm_class_clear_free(mdm_fleet *fleet); /* flat: the codes of free classes */

/* ---- mdm_ranks.c: the values of an attribute in order, and sets by member ---- */

/* At the end of a change that stays, since what is settled is never cut. A wish; and in a large
   dictionary a few values wait for more. Strings have no order: their codes are found by text. */
void mdm_dictionaries_settle(mdm_fleet *fleet);
void mdm_dictionary_free(const mdm_allocator *memory, mdm_dictionary *dictionary);
size_t mdm_dictionary_bytes(const mdm_dictionary *dictionary);
/* The place of a member in the table; MDM_NONE: it is in no set that is settled. */
uint32_t mdm_member_place(const mdm_member_table *members, uint32_t number);

static inline uint32_t mdm_code_at(const mdm_dictionary *dictionary, size_t rank)
{
    return dictionary->by_rank.at == NULL ? (uint32_t)rank + 1 : dictionary->by_rank.at[rank];
}

/* ---- mdm_class.c: the rows of classes ---- */

/* is_packed: for rows above all of the class, and no others. */
mdm_status mdm_class_reserve(mdm_fleet *fleet, uint32_t class, size_t more, bool is_packed);
/* For rows that are not of their class yet, in any order. */
mdm_status mdm_class_reserve_rows(mdm_fleet *fleet, size_t first, size_t n, bool is_packed);
void mdm_class_push(mdm_fleet *fleet, uint32_t class, uint32_t row); /* reserved before */
/* Not flat: rows above all others that have a class already, or none, and room in it. */
void mdm_class_push_rows(mdm_fleet *fleet, size_t first, size_t n);
#define MDM_MANY_SHARE 8 /* of more rows than 1 in so many, all lists are written anew */
/* How many rows have each class. */
void mdm_row_sizes(const mdm_fleet *fleet, uint32_t *sizes);
/* Not flat: the lists of all classes anew, in the order of rows, once there is room for them. */
void mdm_class_push_all(mdm_fleet *fleet, const uint32_t *sizes);
/* Flat: n classes that are not live yet, and know their rows, as these know them. */
void mdm_class_push_run(mdm_fleet *fleet, size_t class, size_t n);
void mdm_class_pull(mdm_fleet *fleet, uint32_t class, uint32_t row);
/* Not flat: the same in two steps; what was reserved stays so between them. */
void mdm_class_take(mdm_fleet *fleet, uint32_t class, uint32_t row);
void mdm_class_settle(mdm_fleet *fleet, uint32_t class);
/* Flat: a row gets the codes of a class that is not live: in its own class or a free one, where that
   is of the same run, else in class `end`, which is not above it. Gives where the next may go. */
size_t mdm_class_recode(mdm_fleet *fleet, uint32_t row, uint32_t from, size_t end);
/* Flat: a row leaves its class for one that is not live yet. The old one is free, and keeps its codes
   until the order is made anew, or they are cleared. */
void mdm_class_succeed(mdm_fleet *fleet, uint32_t class, uint32_t row);

static inline bool mdm_class_is_live(const mdm_fleet *fleet, size_t class)
{
    return (fleet->classes.live.at[class / 64] >> class % 64 & 1) != 0;
}

/* Of a live class the runs of its rows, each ascending and above the one before. */
static inline size_t mdm_class_runs(const mdm_fleet *fleet, size_t class)
{
    return fleet->classes.is_flat ? 1 : mdm_leaves_count(&fleet->classes.at[class]);
}

static inline mdm_run_of_rows mdm_class_run(const mdm_fleet *fleet, size_t class, size_t run)
{
    return fleet->classes.is_flat ? (mdm_run_of_rows){&fleet->classes.row_of.at[class], 1}
                                  : mdm_leaves_run(&fleet->classes.at[class], run);
}

static inline uint32_t mdm_class_size(const mdm_fleet *fleet, size_t class)
{
    return fleet->classes.is_flat ? 1 : fleet->classes.at[class].n_rows;
}

/* ---- mdm_renumber.c ---- */

/* Gives values of few codes new ones in their order; a wish. True: codes have changed. */
bool mdm_dictionaries_renumber(mdm_fleet *fleet);

/* ---- mdm_free_list.c: free classes of a flat table, by run ---- */

#define MDM_NO_RUN UINT32_MAX /* of codes that came after the order, or without one */
uint32_t mdm_run_of(const mdm_zones *zones, const uint32_t *codes);
uint32_t mdm_class_run_of(const mdm_class_table *classes, size_t class);
uint32_t mdm_free_first(mdm_class_table *classes, uint32_t run); /* 0: none */
uint32_t mdm_free_take(mdm_class_table *classes, uint32_t run);  /* likewise */
void mdm_free_give(mdm_class_table *classes, uint32_t class);    /* which has its codes yet */
void mdm_free_forget_runs(mdm_class_table *classes);

/* ---- mdm_zones.c: the order of a flat table ---- */

bool mdm_zones_reserve(const mdm_allocator *memory, mdm_zones *zones, size_t n_pages);
void mdm_zones_free(const mdm_allocator *memory, mdm_zones *zones);
void mdm_zones_note(mdm_zones *zones, size_t class, size_t key, uint32_t code);
/* Of n classes from one on. */
void mdm_zones_note_run(mdm_zones *zones, size_t class, size_t key, const uint32_t *codes, size_t n);

static inline mdm_zone *mdm_zone_of_page(const mdm_zones *zones, size_t page, size_t key)
{
    return &zones->pages.at[page * zones->n_keys + key];
}

/* The first of its MDM_PAGE_WORDS blocks. */
static inline mdm_zone *mdm_zones_of_blocks(const mdm_zones *zones, size_t page, size_t key)
{
    return &zones->blocks.at[(page * zones->n_keys + key) * MDM_PAGE_WORDS];
}

bool mdm_classes_is_unsorted(const mdm_fleet *fleet); /* it is time to make the order anew */
/* Where it is time. */
void mdm_classes_sort(mdm_fleet *fleet);
void mdm_classes_zone(mdm_fleet *fleet); /* the zones of the order that is there; a wish */

/* ---- mdm_flat.c: which table suits the devices ---- */

bool mdm_classes_new(mdm_fleet *fleet, mdm_class_table *classes, size_t n_columns);
void mdm_classes_free(mdm_fleet *fleet);
/* Makes the table flat, or classes of it again, where that suits; a wish. n_rows: all that have a
   class, those of an open reader too. */
void mdm_classes_weigh(mdm_fleet *fleet, size_t n_rows);

/* ---- mdm_name.c ---- */

mdm_status mdm_names_add(mdm_fleet *fleet, mdm_text name, uint64_t *word);
mdm_text mdm_names_get(const mdm_fleet *fleet, uint64_t word);
void mdm_names_drop(mdm_fleet *fleet, uint64_t word);
size_t mdm_names_len(uint64_t word);
/* So many bytes belong to no row any more. */
void mdm_names_waste(mdm_fleet *fleet, size_t n_bytes);

#endif
