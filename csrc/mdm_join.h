/*
 * Many sources against all targets.
 *
 * Equal sources are one. Each object of a source takes a lane (a source without objects one lane),
 * and 256 lanes are a block, which asks every class once. Variables that tie columns together are
 * judged for the pairs that are left; what rows of bits do not suit (columns of very many codes, lists
 * of very many objects) is asked by itself.
 */
#ifndef MDM_JOIN_H
#define MDM_JOIN_H

#include <stdatomic.h>

#include "mdm_compiler.h"
#include "mdm_lanes.h"
#include "mdm_query.h"
#include "mdm_said.h"

#define MDM_MAX_COLUMNS (MDM_MAX_ATTRIBUTES + 1)

#define MDM_UNLISTED UINT8_MAX

/* What is asked by an object of a source's list. */
typedef struct mdm_asked {
    uint64_t listed; /* bit an attribute */
    bool has_joint;
} mdm_asked;

typedef struct mdm_sources {
    uint32_t *number; /* of what was given, each: its source */
    size_t n_given;
    size_t n_given_max;
    mdm_compiled *at;
    size_t capacity;
    size_t n;
    mdm_compiler compiler;
    mdm_encoded unlisted[MDM_MAX_ATTRIBUTES];
    mdm_asked *asked; /* by object; in the arena of the compiler, as is what follows */
    size_t n_listed;  /* attributes that some object lists */
    uint8_t listed[MDM_MAX_ATTRIBUTES]; /* its place among these; MDM_UNLISTED: it is none */
    mdm_said *said; /* by object and listed attribute */
} mdm_sources;

/* The lanes of one source in a block. They never lie across two words. */
typedef struct mdm_seat {
    const uint32_t *objects; /* one a lane; NULL: it is not asked for them */
    uint32_t source;
    uint16_t lane;
    uint16_t n_lanes;
} mdm_seat;

typedef struct mdm_block {
    size_t first_seat;
    size_t n_seats;
} mdm_block;

/* Sources in blocks. */
typedef struct mdm_seating {
    mdm_seat *seats;
    mdm_block *blocks;
    uint32_t *alone; /* sources with too many objects for a block, or that ask for a large column */
    size_t n_sources; /* there is room for */
    size_t n_seats;
    size_t n_blocks;
    size_t n_alone;
} mdm_seating;

typedef struct mdm_join_column {
    size_t begin;  /* of its rows */
    size_t second; /* where the clauses of a compared attribute have rows of their own */
    size_t n_codes;
    bool is_large; /* too many codes for rows: who asks for it is asked alone */
    bool may_be_undecided;
    const uint64_t *places; /* of a set: the members of each settled code, as in mdm_member_table */
    size_t n_chunks; /* of a set of many codes: its rows may be those of combinations of members */
    uint16_t *maps;  /* then, for each chunk: by code its row */
    bool is_mapped;  /* many codes with an order: those that a block does not tell apart share a row */
    size_t map_row;  /* then, where a block keeps its map */
} mdm_join_column;

/* The rows of a column of a block. */
typedef enum mdm_shape {
    MDM_PLAIN, /* one a code */
    MDM_MERGED, /* one for neighbours that no lane tells apart */
    MDM_SPLIT /* those of chunks of members, which are ANDed */
} mdm_shape;

/* Of a block: a column, and its rows in both planes. */
typedef struct mdm_asked_column {
    uint32_t column;
    uint32_t n_rows; /* of a map */
    uint32_t n_dead; /* of 2^16 codes: those that no lane accepts */
    bool is_key;     /* of the fleet's order, with codes of one byte */
    const uint16_t *map;
    const mdm_lanes *rows[2];
} mdm_asked_column;

#define MDM_MAX_GATES 4
#define MDM_GATE_WORDS ((size_t)1024) /* a bit for each code of a column that has rows */

/* A column some of whose codes no lane accepts: classes of these need not be asked. */
typedef struct mdm_gate {
    uint8_t column;
    mdm_filter filter; /* the codes that some lane accepts */
    uint64_t codes[MDM_GATE_WORDS + MDM_SET_WORDS];
} mdm_gate;

/* A block compiled. Of two planes the first is what is not refused, the second what is accepted. */
typedef struct mdm_field {
    mdm_lanes start[2];
    size_t n_columns; /* that are asked; those that accept least are the first */
    mdm_asked_column columns[MDM_MAX_STRANDS];
    const mdm_lanes *keys[MDM_MAX_KEYS]; /* the rows of the keys of the fleet's order, or NULL */
    size_t n_gates;
    mdm_gate gates[MDM_MAX_GATES];
    mdm_lanes tied; /* lanes whose object has variables that tie columns together */
    bool has_tied;
    mdm_folds folds;
    bool is_split; /* something may be undecided */
    uint64_t asked; /* attributes that an object asks for, one a bit */
    uint32_t source_of[MDM_LANES]; /* MDM_NONE: nobody sits there */
    uint32_t object_of[MDM_LANES]; /* a row of the lists of sources; MDM_NONE: none */
    bool is_undecided[MDM_MAX_COLUMNS];
    bool is_used[MDM_MAX_COLUMNS];
    mdm_shape shapes[MDM_MAX_COLUMNS];
    uint32_t n_merged[MDM_MAX_COLUMNS]; /* rows of a merged column */
    mdm_lanes *rows[2]; /* by column and code */
} mdm_field;

/* What one thread works on. */
typedef struct mdm_desk {
    mdm_strands strands[2];
    mdm_batch batch;
    mdm_lanes met[2][MDM_RUN];
    mdm_lanes planes[2][MDM_PLANES];
    uint32_t counts[2][MDM_LANES];
    atomic_flag is_taken;
} mdm_desk;

struct mdm_join {
    const mdm_fleet *fleet;
    mdm_direction accepted_by;
    unsigned n_threads;
    uint64_t generation; /* of the fleet */
    const mdm_lane_kernels *kernels;
    mdm_sources sources;
    mdm_join_column columns[MDM_MAX_COLUMNS];
    uint64_t large;     /* attributes that are large, one a bit */
    bool asks_large;    /* every source asks for a large column */
    const mdm_encoded *target_clauses[MDM_MAX_ATTRIBUTES]; /* what they hold of sources */
    const uint32_t *rank_of[MDM_MAX_ATTRIBUTES]; /* by code; NULL: codes follow ranks */
    size_t first_clause[MDM_MAX_ATTRIBUTES]; /* of targets: where each attribute's rows begin */
    size_t n_rows; /* of a field */
    mdm_seating all;
    uint32_t *counts[2]; /* a source: possible, accepted */
    size_t n_counted;    /* blocks of all, then the sources alone */
    void *memory;        /* of fields, desks and rows; they begin aligned */
    size_t memory_bytes;
    mdm_field *fields;
    size_t n_together; /* blocks that threads ask a page for; 0: threads share blocks, not pages */
    mdm_desk *desks; /* a thread so many, or one */
    size_t first_judged; /* what was given, from here on, has bits by class */
    size_t n_judged;
    size_t n_words;      /* of bits by class */
    uint64_t *bits;      /* of each place: possible, then accepted; after all one row of scratch */
    size_t n_places;     /* there is room for in bits */
    uint32_t *place_of;  /* a source: its place in bits; MDM_NONE: it was not judged */
    mdm_seating judged;
};

/* ---- mdm_join.c ---- */

void mdm_join_free_bits(mdm_join *join);

/* ---- mdm_join_columns.c ---- */

/* After the sources have been read. */
bool mdm_join_find_columns(mdm_join *join);

/* ---- mdm_sources.c, mdm_sources_read.c ---- */

/* What the objects ask; after the sources have been read. */
bool mdm_sources_look(mdm_join *join);

mdm_status mdm_sources_read(mdm_join *join, mdm_text text, mdm_fault *faults, size_t faults_len,
                            size_t *n_faults);
mdm_status mdm_sources_of_rows(mdm_join *join, const uint32_t *rows, size_t rows_len);
mdm_status mdm_sources_of_classes(mdm_join *join);
void mdm_sources_drop(mdm_sources *sources); /* zero, or as far as it was made */
void mdm_sources_free(mdm_join *join);

static inline bool mdm_is_key(const mdm_zones *zones, size_t column)
{
    bool is_key = false;
    for (size_t k = 0; k < zones->n_keys; k++) {
        is_key = is_key || zones->columns[k] == column;
    }
    return is_key;
}

static inline const mdm_lists *mdm_source_lists(const mdm_join *join)
{
    return join->sources.compiler.lists;
}

/* The objects of a source; none where it is not asked for them. */
static inline const mdm_list *mdm_source_list(const mdm_join *join, uint32_t source)
{
    const uint32_t list = join->sources.at[source].list;
    return (join->accepted_by & MDM_SOURCE) == 0 || list == MDM_NONE
               ? NULL
               : &mdm_source_lists(join)->at[list];
}

static inline const mdm_value *mdm_source_value_of(const mdm_join *join, uint32_t source,
                                                   size_t attribute)
{
    return mdm_compiled_value(&join->sources.compiler, attribute,
                              join->sources.at[source].values[attribute]);
}

/* What the relation of a compared attribute holds. */
static inline const mdm_encoded *mdm_source_relation(const mdm_join *join, uint32_t source,
                                                     size_t attribute)
{
    return mdm_compiled_relation(&join->sources.compiler, attribute, &join->sources.at[source]);
}

/* What an object of a source holds of an attribute. */
static inline const mdm_encoded *mdm_source_clause(const mdm_join *join, uint32_t object,
                                                   size_t attribute)
{
    const uint32_t number = mdm_code(&mdm_source_lists(join)->columns, attribute, object);
    return number == 0 ? &join->sources.unlisted[attribute]
                       : mdm_compiled_clause(&join->sources.compiler, attribute, number);
}

/* ---- mdm_said.c ---- */

/* Puts side by side what each object says; after the sources have been looked at. */
bool mdm_sources_say(mdm_join *join);

/* What the lanes say of a column: by the relation, by their objects. */
typedef void mdm_find_said(const mdm_join *join, const mdm_field *field, size_t column,
                           mdm_sayings *said);
mdm_find_said mdm_find_relations;
mdm_find_said mdm_find_clauses;

/* ---- mdm_seating.c ---- */

/* Puts sources that ask for the same part of the fleet together. */
bool mdm_sources_sort(const mdm_join *join, uint32_t *list, size_t n);

/* Room for so many sources; then those of a list are seated. */
bool mdm_seating_new(mdm_join *join, mdm_seating *seating, size_t n_sources);
void mdm_seating_free(mdm_join *join, mdm_seating *seating);
void mdm_seat_all(const mdm_join *join, mdm_seating *seating, const uint32_t *sources, size_t n);

/* ---- mdm_field.c ---- */

void mdm_field_open(const mdm_join *join, const mdm_seating *seating, size_t block,
                    mdm_field *field);
void mdm_field_close(const mdm_join *join, mdm_field *field);

/* ---- mdm_gate.c: what a block passes over ---- */

/* Puts the columns that accept least first, and makes gates of them. */
void mdm_field_find_gates(const mdm_join *join, mdm_field *field);
/* Narrows the classes of a page, a bit each, to those that may be accepted. False: none may. */
bool mdm_gate_page(const mdm_join *join, const mdm_field *field, size_t page, uint64_t *left);

/* ---- mdm_fill.c, mdm_fill_lists.c: the rows of one column ---- */

/* The clauses of an attribute that targets have. */
bool mdm_target_clauses_encode(mdm_join *join, size_t attribute);
void mdm_field_fill_clauses(const mdm_join *join, mdm_field *field, size_t attribute,
                            size_t n_planes);

void mdm_field_fill(const mdm_join *join, mdm_field *field, size_t column);
void mdm_field_fill_lists(const mdm_join *join, mdm_field *field);

/* ---- mdm_joints.c ---- */

/* Whether one choice of the variables of a lane's object suits a class. */
bool mdm_lane_joins(const mdm_join *join, const mdm_field *field, size_t lane, size_t class);
/* What a clause of the targets' lists says of a source's value; number 0: that it is not listed. */
unsigned mdm_target_clause(const mdm_join *join, size_t attribute, uint32_t number,
                           const mdm_value *value);
/* Whether one choice of the variables of a target's object suits the source. */
bool mdm_target_joins(const mdm_join *join, uint32_t object, uint32_t source);

/* ---- mdm_ask.c: a block against a page ---- */

/* keeps: where the bits by class are kept for; NULL: it is counted. */
void mdm_ask_page(const mdm_join *join, const mdm_seating *keeps, size_t block,
                  const mdm_field *field, mdm_desk *desk, size_t page);
/* What waits in the batch of a desk. */
void mdm_ask_rest(const mdm_join *join, const mdm_field *field, mdm_desk *desk);

/* ---- mdm_pass.c: blocks against every class ---- */

/* Counts for the sources of these blocks; or bits by class, where place_of says where. */
void mdm_pass(mdm_join *join, const mdm_seating *seating, size_t first_block, size_t n_blocks,
              bool keeps_bits);

/* ---- mdm_tally.c: what was met, counted or kept ---- */

void mdm_desk_clear(mdm_desk *desk);
void mdm_desk_count(const mdm_join *join, const mdm_field *field, mdm_desk *desk,
                    const uint32_t *classes);
/* Adds what a desk has counted to the sources of a block. */
void mdm_desk_give(const mdm_join *join, const mdm_seating *seating, size_t block,
                   const mdm_field *field, mdm_desk *desk);
/* The bits of a word of classes, for the sources of a block. */
void mdm_desk_keep(const mdm_join *join, const mdm_seating *seating, size_t block,
                   const mdm_lanes *met, size_t plane, size_t class_word);

/* ---- mdm_found.c: answers for the sources that were judged ---- */

static inline uint64_t *mdm_join_bits(const mdm_join *join, uint32_t source, size_t plane)
{
    return join->bits + (2 * (size_t)join->place_of[source] + plane) * join->n_words;
}

#endif
