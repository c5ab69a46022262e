/*
 * The loops over lanes, written once and compiled for each path: who includes this says MDM_WITH,
 * the instructions that may be used, and the name of the table.
 */
#include "mdm_lanes.h"

typedef uint64_t vector __attribute__((vector_size(MDM_LANE_BYTES), may_alias));

static inline vector *as_vectors(mdm_lanes *lanes)
{
    return (vector *)lanes;
}

#define ROW(type, k) \
    ((const vector *)at[k].rows)[((const type *)at[k].codes)[first + i]]

/* One, two or four columns of one width; more at once would not stay in registers. */
#define MEET(name, type)                                                                      \
    MDM_WITH static bool name(const mdm_strand *at, size_t n, size_t first, mdm_lanes *out) \
    {                                                                                         \
        vector *met = as_vectors(out);                                                        \
        vector any = {0};                                                                     \
        for (; n >= 4; n -= 4, at += 4) {                                                     \
            any ^= any;                                                                       \
            for (size_t i = 0; i < MDM_RUN; i++) {                                            \
                met[i] &= (ROW(type, 0) & ROW(type, 1)) & (ROW(type, 2) & ROW(type, 3));      \
                any |= met[i];                                                                \
            }                                                                                 \
            if (!has_any(&any)) {                                                             \
                return false;                                                                 \
            }                                                                                 \
        }                                                                                     \
        for (; n >= 2; n -= 2, at += 2) {                                                     \
            for (size_t i = 0; i < MDM_RUN; i++) {                                            \
                met[i] &= ROW(type, 0) & ROW(type, 1);                                        \
            }                                                                                 \
        }                                                                                     \
        for (; n > 0; n--, at++) {                                                            \
            for (size_t i = 0; i < MDM_RUN; i++) {                                            \
                met[i] &= ROW(type, 0);                                                       \
            }                                                                                 \
        }                                                                                     \
        return true;                                                                          \
    }

MDM_WITH static inline bool has_any(const vector *any)
{
    const vector v = *any;
    return (v[0] | v[1] | v[2] | v[3] | v[4] | v[5] | v[6] | v[7]) != 0;
}

MEET(meet_bytes, uint8_t)
MEET(meet_halves, uint16_t)
MEET(meet_words, uint32_t)

MDM_WITH static bool meet(const mdm_strands *strands, size_t first, mdm_lanes *out)
{
    vector *met = as_vectors(out);
    const vector start = *(const vector *)&strands->start;
    vector any = {0};
    for (size_t i = 0; i < MDM_RUN; i++) {
        met[i] = start;
    }
    if (!meet_bytes(strands->at[0], strands->n[0], first, out) ||
        !meet_halves(strands->at[1], strands->n[1], first, out) ||
        !meet_words(strands->at[2], strands->n[2], first, out)) {
        return false;
    }
    for (size_t i = 0; i < MDM_RUN; i++) {
        any |= met[i];
    }
    return has_any(&any);
}

MDM_WITH static void fold(const mdm_folds *folds, mdm_lanes *out)
{
    vector *met = as_vectors(out);
    const vector heads = *(const vector *)&folds->heads;
    for (size_t i = 0; i < MDM_RUN; i++) {
        vector v = met[i];
        for (size_t s = 0; s < folds->n; s++) {
            const vector same = *(const vector *)&folds->same[s];
            v |= (v >> ((uint64_t)1 << s)) & same;
        }
        met[i] = v & heads;
    }
}

/* A full adder: a + b + c = 2 high + low. */
#define ADD(high, low, a, b, c)                   \
    do {                                          \
        const vector half_ = (a) ^ (b);           \
        const vector c_ = (c);                    \
        (high) = ((a) & (b)) | (half_ & c_);      \
        (low) = half_ ^ c_;                       \
    } while (0)

/* Carry-save adders (Harley and Seal; Warren, Hacker's Delight 5-1): eight vectors at a time become
   one of weight eight. */
MDM_WITH static void tally(const mdm_lanes *given, mdm_lanes *out)
{
    const vector *met = (const vector *)given;
    vector *planes = as_vectors(out);
    vector ones = planes[0];
    vector twos = planes[1];
    vector fours = planes[2];
    for (size_t i = 0; i < MDM_RUN; i += 8) {
        vector two_a;
        vector two_b;
        vector four_a;
        vector four_b;
        vector carry;
        ADD(two_a, ones, ones, met[i], met[i + 1]);
        ADD(two_b, ones, ones, met[i + 2], met[i + 3]);
        ADD(four_a, twos, twos, two_a, two_b);
        ADD(two_a, ones, ones, met[i + 4], met[i + 5]);
        ADD(two_b, ones, ones, met[i + 6], met[i + 7]);
        ADD(four_b, twos, twos, two_a, two_b);
        ADD(carry, fours, fours, four_a, four_b);
        for (size_t p = 3; has_any(&carry); p++) {
            const vector before = planes[p];
            planes[p] = before ^ carry;
            carry &= before;
        }
    }
    planes[0] = ones;
    planes[1] = twos;
    planes[2] = fours;
}

const mdm_lane_kernels MDM_LANE_TABLE = {meet, fold, tally};
