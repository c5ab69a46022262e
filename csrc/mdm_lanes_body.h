/*
 * The loops over lanes, written once and compiled for each path. Who includes this says MDM_WITH, the
 * instructions that may be used; MDM_PART, the bytes of a register; MDM_MAJORITY and MDM_PARITY of
 * three registers; MDM_HAS, whether one has a bit; and the names of the table and of what squeezes
 * classes. It has place(), which says where the rows of a run of classes are: of one strand, in bytes
 * from the first row.
 */
#include <string.h>

typedef uint64_t vector __attribute__((vector_size(MDM_LANE_BYTES), may_alias));
typedef uint64_t part __attribute__((vector_size(MDM_PART), may_alias)); /* what a register holds */

static inline vector *as_vectors(mdm_lanes *lanes)
{
    return (vector *)lanes;
}

#include "mdm_lanes_rows.h"

/* ---- Meeting ---- */

#define AT_ONCE 16
#define FEW 4 /* columns that often suffice to see that nobody is left */
#define NEXT (sizeof(vector) / sizeof(part))
#define ALL_GROUPS ((1U << MDM_RUN / MDM_GROUP) - 1)

/* What a run was narrowed to by columns before: a vector a class, or one for all. */
typedef struct narrowed {
    const vector *met;
    size_t step; /* from class to class: 0 or 1 */
} narrowed;

/* Narrows a group of classes by n columns, in registers. */
MDM_WITH static inline __attribute__((always_inline)) bool
narrow_group(const char *rows, const uint32_t *places, size_t n, const part *from, size_t step,
             part *kept)
{
    part any = {0};
    for (size_t k = 0; k < MDM_GROUP; k++) {
        kept[k] = from[k * step * NEXT];
    }
    for (size_t c = 0; c < n; c++, places += MDM_RUN) {
        for (size_t k = 0; k < MDM_GROUP; k++) {
            kept[k] &= *(const part *)(const void *)(rows + places[k]);
        }
    }
    for (size_t k = 0; k < MDM_GROUP; k++) {
        any |= kept[k];
    }
    return MDM_HAS(any);
}

/* Each class of a run by n columns; groups of classes that nobody is left for are passed over. Gives
   the groups for which somebody is. */
MDM_WITH static unsigned narrow_run(const char *rows, const uint32_t *places, size_t n,
                                    unsigned groups, narrowed before, vector *met)
{
    unsigned found = 0;
    for (unsigned left = groups; left != 0; left &= left - 1) {
        const unsigned group = (unsigned)__builtin_ctz(left);
        const vector *from = before.met + group * MDM_GROUP * before.step;
        for (size_t p = 0; p < NEXT; p++) {
            part kept[MDM_GROUP];
            part *to = (part *)&met[group * MDM_GROUP] + p;
            found |= (unsigned)narrow_group(rows + p * sizeof(part), places + group * MDM_GROUP, n,
                                            (const part *)from + p, before.step, kept)
                     << group;
            for (size_t k = 0; k < MDM_GROUP; k++) {
                to[k * NEXT] = kept[k];
            }
        }
    }
    return found;
}

/* Narrows a run by all columns but the last few, whose places are left. Gives the groups for which
   somebody is left. */
MDM_WITH static unsigned narrow_first(const mdm_strands *strands, size_t first, vector *met,
                                      uint32_t *places, size_t *n_last, narrowed *before)
{
    unsigned groups = ALL_GROUPS;
    size_t n_asked = 0;
    size_t n = strands->was_empty ? FEW : AT_ONCE;
    *before = (narrowed){(const vector *)&strands->start, 0};
    for (;; n_asked += n, n = AT_ONCE) {
        n = strands->n - n_asked < n ? strands->n - n_asked : n;
        for (size_t c = 0; c < n; c++) {
            place(&strands->at[n_asked + c], first, places + c * MDM_RUN);
        }
        if (n_asked + n == strands->n) {
            *n_last = n;
            return groups;
        }
        groups = narrow_run((const char *)strands->rows, places, n, groups, *before, met);
        *before = (narrowed){met, 1};
        if (groups == 0) {
            return 0;
        }
    }
}

MDM_WITH static bool meet(mdm_strands *strands, size_t first, mdm_lanes *out)
{
    uint32_t places[AT_ONCE * MDM_RUN];
    narrowed before;
    size_t n = 0;
    const unsigned groups = narrow_first(strands, first, as_vectors(out), places, &n, &before);
    const unsigned found = narrow_run((const char *)strands->rows, places, n, groups, before,
                                      as_vectors(out));
    strands->was_empty = found == 0;
    return found != 0;
}

/* ---- Counting ---- */

/* A full adder: a + b + c = 2 high + low. */
#define ADD(high, low, a, b, c)                    \
    do {                                           \
        const part a_ = (a);                       \
        const part b_ = (b);                       \
        const part c_ = (c);                       \
        (high) = MDM_MAJORITY(a_, b_, c_);         \
        (low) = MDM_PARITY(a_, b_, c_);            \
    } while (0)

/* Adds a carry to the planes from one on: some always, as a branch a plane is rarely foreseen. */
MDM_WITH static inline void carry_on(part carry, part *plane)
{
    for (size_t i = 0; i < 3; i++, plane += NEXT) {
        const part before = *plane;
        *plane = before ^ carry;
        carry &= before;
    }
    for (; MDM_HAS(carry); plane += NEXT) {
        const part before = *plane;
        *plane = before ^ carry;
        carry &= before;
    }
}

/* Carry-save adders (Harley and Seal; Warren, Hacker's Delight 5-1): eight vectors at a time become
   one of weight eight. */
MDM_WITH static inline void tally_group(const part *met, size_t step, part *planes)
{
    part ones = planes[0];
    part twos = planes[NEXT];
    part fours = planes[2 * NEXT];
    part two_a;
    part two_b;
    part four_a;
    part four_b;
    part carry;
    ADD(two_a, ones, ones, met[0], met[step]);
    ADD(two_b, ones, ones, met[2 * step], met[3 * step]);
    ADD(four_a, twos, twos, two_a, two_b);
    ADD(two_a, ones, ones, met[4 * step], met[5 * step]);
    ADD(two_b, ones, ones, met[6 * step], met[7 * step]);
    ADD(four_b, twos, twos, two_a, two_b);
    ADD(carry, fours, fours, four_a, four_b);
    planes[0] = ones;
    planes[NEXT] = twos;
    planes[2 * NEXT] = fours;
    carry_on(carry, planes + 3 * NEXT);
}

MDM_WITH static void tally(const mdm_lanes *met, mdm_lanes *planes)
{
    for (size_t i = 0; i < MDM_RUN; i += MDM_GROUP) {
        for (size_t p = 0; p < NEXT; p++) {
            tally_group((const part *)&met[i] + p, NEXT, (part *)planes + p);
        }
    }
}

MDM_WITH static inline __attribute__((always_inline)) void
fold_group(const mdm_folds *folds, size_t p, part *met, size_t step)
{
    for (size_t s = 0; s < folds->n; s++) {
        const part same = ((const part *)&folds->same[s])[p];
        const part far = (part){0} + ((uint64_t)1 << s);
        for (size_t k = 0; k < MDM_GROUP; k++) {
            met[k * step] |= (met[k * step] >> far) & same;
        }
    }
    for (size_t k = 0; k < MDM_GROUP; k++) {
        met[k * step] &= ((const part *)&folds->heads)[p];
    }
}

MDM_WITH static void fold(const mdm_folds *folds, mdm_lanes *out)
{
    for (size_t i = 0; i < MDM_RUN; i += MDM_GROUP) {
        for (size_t p = 0; p < NEXT; p++) {
            fold_group(folds, p, (part *)&out[i] + p, NEXT);
        }
    }
}

/* What a run is summed with. */
typedef struct summed {
    const mdm_folds *folds;
    const mdm_lanes *tied;
    mdm_lanes *left;
    mdm_lanes *planes;
    bool is_tied; /* some class is left */
} summed;

MDM_WITH static void leave_group(summed *at, size_t class, size_t p, const part *kept)
{
    part *out = (part *)&at->left[class] + p;
    if (!at->is_tied) {
        memset(at->left, 0, MDM_RUN * sizeof *at->left);
        at->is_tied = true;
    }
    for (size_t k = 0; k < MDM_GROUP; k++) {
        out[k * NEXT] = kept[k];
    }
}

/* A part of a group, of which somebody is left. */
MDM_WITH static inline void sum_group(summed *at, size_t class, size_t p, part *kept)
{
    part tied = {0};
    for (size_t k = 0; k < MDM_GROUP; k++) {
        tied |= kept[k];
    }
    tied &= ((const part *)at->tied)[p];
    if (MDM_HAS(tied)) {
        leave_group(at, class, p, kept);
        return;
    }
    if (at->folds->n > 0) {
        fold_group(at->folds, p, kept, 1);
    }
    tally_group(kept, 1, (part *)at->planes + p);
}

MDM_WITH static bool sum(mdm_strands *strands, size_t first, const mdm_folds *folds,
                         const mdm_lanes *tied, mdm_lanes *left, mdm_lanes *planes)
{
    uint32_t places[AT_ONCE * MDM_RUN];
    vector met[MDM_RUN];
    narrowed before;
    size_t n = 0;
    summed at = {folds, tied, left, planes, false};
    unsigned groups = narrow_first(strands, first, met, places, &n, &before);
    strands->was_empty = true;
    for (; groups != 0; groups &= groups - 1) {
        const size_t class = (size_t)__builtin_ctz(groups) * MDM_GROUP;
        const vector *from = before.met + class * before.step;
        for (size_t p = 0; p < NEXT; p++) {
            part kept[MDM_GROUP];
            if (narrow_group((const char *)strands->rows + p * sizeof(part), places + class, n,
                             (const part *)from + p, before.step, kept)) {
                strands->was_empty = false;
                sum_group(&at, class, p, kept);
            }
        }
    }
    return at.is_tied;
}

const mdm_lane_kernels MDM_LANE_TABLE = {MDM_SQUEEZE, meet, sum, fold, tally, lay, narrow};
