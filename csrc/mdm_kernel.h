/*
 * The inner loops, each in the ways that processors offer. A path is a table of functions; all
 * paths give the same answers.
 */
#ifndef MDM_KERNEL_H
#define MDM_KERNEL_H

#include <stdbool.h>

#include "mdm.h"
#include "mdm_holds.h"

/* Words of a set are given in whole blocks of so many. */
#define MDM_SET_WORDS 16

/* A set of codes. Where it is one interval, or all but one, codes can be compared instead of
   looked up: bit = (code - low <= span) ^ outside. */
typedef struct mdm_filter {
    const uint64_t *set; /* one bit a code */
    size_t n_codes;
    bool is_interval;
    uint32_t low;
    uint32_t span;
    uint64_t outside; /* no bit, or all bits */
    const void *soon; /* as many codes that are asked next, to be fetched meanwhile; or NULL */
} mdm_filter;

mdm_filter mdm_filter_of(const uint64_t *set, size_t n_codes);

/* Clears the bit of each class whose code is not in the set. There are 64 codes a word. */
typedef void mdm_keep(const void *codes, const mdm_filter *filter, uint64_t *words,
                      size_t n_words);

/* How many bits are set. */
typedef size_t mdm_count_bits(const uint64_t *words, size_t n_words);

typedef struct mdm_kernels {
    mdm_path path;
    mdm_keep *keep[3]; /* codes of one, two and four bytes */
    mdm_count_bits *count;
} mdm_kernels;

/* The best path of this processor, or the one that MDM_PATH names in the environment. */
const mdm_kernels *mdm_kernels_wanted(void);

extern const mdm_kernels mdm_kernels_portable;
#if defined(__x86_64__)
extern const mdm_kernels mdm_kernels_sse2;
extern const mdm_kernels mdm_kernels_avx2;
extern const mdm_kernels mdm_kernels_avx512;
#elif defined(__aarch64__)
extern const mdm_kernels mdm_kernels_neon;
#endif

static inline uint64_t mdm_filter_bit(const mdm_filter *filter, uint32_t code)
{
    return filter->set[code / 64] >> code % 64 & 1;
}

#define MDM_LINE 64 /* bytes that are fetched together */

/* What to fetch meanwhile: what is there already, where nothing else is known. */
static inline const char *mdm_filter_soon(const mdm_filter *filter, const void *codes)
{
    return filter->soon == NULL ? codes : filter->soon;
}

static inline void mdm_fetch(const char *soon, size_t line)
{
    __builtin_prefetch(soon + line * MDM_LINE, 0, 2);
}

/* Codes that do not share a word. */
bool mdm_filter_meets_far(const mdm_filter *filter, uint32_t low, uint32_t high);

/* Whether a code from low to high is in the set. */
static inline bool mdm_filter_meets(const mdm_filter *filter, uint32_t low, uint32_t high)
{
    if (low > high) {
        return false;
    }
    if (low / 64 == high / 64) {
        return (filter->set[low / 64] >> low % 64 & UINT64_MAX >> (63 - (high - low))) != 0;
    }
    return mdm_filter_meets_far(filter, low, high);
}

#endif
