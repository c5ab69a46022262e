/*
 * Many sources at a time: one bit a source, 256 in a vector, and the loops over such vectors in the
 * ways that processors offer.
 *
 * For each code of each column stands a row of bits: the sources that accept it. So a target is the
 * AND of one row a column.
 */
#ifndef MDM_LANES_H
#define MDM_LANES_H

#include <stdbool.h>

#include "mdm_kernel.h"
#include "mdm_rule.h"

/* 256 rather than 512: the rows of a block then fit the nearest caches, and a block of sources that
   are alike passes over more of the fleet. */
#define MDM_LANES 256
#define MDM_LANE_WORDS (MDM_LANES / 64)
#define MDM_LANE_BYTES (MDM_LANES / 8)
#define MDM_RUN 64   /* classes that are asked at once: a word of bits */
#define MDM_GROUP 8  /* classes of a run that are narrowed in registers */
#define MDM_PLANES 32 /* of the number of all devices */
#define MDM_FOLDS 6

typedef struct mdm_lanes {
    _Alignas(MDM_LANE_BYTES) uint64_t at[MDM_LANE_WORDS];
} mdm_lanes;

#define MDM_CHUNK 6 /* members whose combinations have a row each */
#define MDM_CHUNK_ROWS (1 + (1 << MDM_CHUNK)) /* and one of code 0 */
#define MDM_MAX_CHUNKS 2 /* that stand for a column of sets */
#define MDM_MAX_STRANDS (MDM_MAX_CHUNKS * MDM_MAX_ATTRIBUTES + 1)

/* The codes of a column, one a class, and their rows: each code's own, or those that a map says. */
typedef struct mdm_strand {
    const void *codes;
    const uint16_t *map; /* by code; NULL: a row a code */
    uint32_t first_row;  /* among all rows */
    uint32_t n_bytes; /* a code: 1, 2 or 4 */
} mdm_strand;

typedef struct mdm_strands {
    mdm_lanes start; /* the lanes that are asked at all */
    const mdm_lanes *rows;
    size_t n;
    bool was_empty; /* what was met last, which guesses whether some columns suffice */
    mdm_strand at[MDM_MAX_STRANDS];
} mdm_strands;

/* Neighbours that belong together: bit i of step s says that lane i + 2^s is of the same source. */
typedef struct mdm_folds {
    size_t n;
    mdm_lanes same[MDM_FOLDS];
    mdm_lanes heads; /* the first lane of each source */
} mdm_folds;

/* What lanes hold of the codes of a column, but for lists of codes. Ranks and members are never asked
   of the same column. */
typedef struct mdm_layer {
    size_t n_codes; /* with 0 */
    size_t n_settled;
    const uint32_t *by_rank; /* codes; NULL: they follow the ranks */
    bool has_ranks;          /* at the ends of intervals, rows have a bit toggled */
    bool has_members;
    mdm_lanes all;    /* lanes that hold every code but 0 */
    mdm_lanes absent; /* that hold code 0 */
    mdm_lanes members; /* that ask for members */
    size_t n_places;
    size_t n_chunks; /* 0: a row a code; else rows of combinations, chunk by chunk */
    const uint64_t *places; /* by code: the places of its members */
    mdm_lanes required[64]; /* by place */
    mdm_lanes forbidden[64];
} mdm_layer;

#define MDM_BATCH_LEN ((size_t)4 * MDM_RUN)

/* Classes to be asked together, column by column: those of several runs that may find lanes. */
typedef struct mdm_batch {
    size_t n;
    uint32_t classes[MDM_BATCH_LEN];
    _Alignas(MDM_LANE_BYTES) uint8_t codes[MDM_MAX_STRANDS][MDM_BATCH_LEN * sizeof(uint32_t)];
} mdm_batch;

/* Adds classes of a run, those of the bits, whose codes stand from `first` on. There is room for a
   whole run. */
typedef void mdm_squeeze(const mdm_strand *strands, size_t n, size_t first, uint64_t bits,
                         uint32_t first_class, mdm_batch *batch);

/* The lanes that accept each of the MDM_RUN classes from `first` on; false where there are none. */
typedef bool mdm_meet(mdm_strands *strands, size_t first, mdm_lanes *met);
/* Meets, folds and tallies a run at once, but for groups of classes that a tied lane accepts: these
   are met only, and left with all others cleared. False: nothing is left. */
typedef bool mdm_sum(mdm_strands *strands, size_t first, const mdm_folds *folds,
                     const mdm_lanes *tied, mdm_lanes *left, mdm_lanes *planes);
/* ORs what belongs together into the first lane of each source. */
typedef void mdm_fold(const mdm_folds *folds, mdm_lanes *met);
/* Adds each lane's bits to its number, whose bits are one a plane. */
typedef void mdm_tally(const mdm_lanes *met, mdm_lanes *planes);

/* Makes the rows of a layer. */
typedef void mdm_lay(const mdm_layer *layer, mdm_lanes *rows);
/* Keeps the lanes of n rows that are in the others too. */
typedef void mdm_narrow_rows(mdm_lanes *rows, const mdm_lanes *others, size_t n);

typedef struct mdm_lane_kernels {
    mdm_squeeze *squeeze;
    mdm_meet *meet;
    mdm_sum *sum;
    mdm_fold *fold;
    mdm_tally *tally;
    mdm_lay *lay;
    mdm_narrow_rows *narrow;
} mdm_lane_kernels;

/* Where a path has none of its own, the compiler knows its vectors. */
const mdm_lane_kernels *mdm_lane_kernels_of(mdm_path path);

mdm_squeeze mdm_squeeze_portable;

extern const mdm_lane_kernels mdm_lanes_portable;
#if defined(__x86_64__)
mdm_squeeze mdm_squeeze_avx512;
extern const mdm_lane_kernels mdm_lanes_avx512;
#endif

#endif
