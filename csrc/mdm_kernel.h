/*
 * The inner loops, each in the ways that processors offer. A path is a table of functions; all
 * paths give the same answers.
 */
#ifndef MDM_KERNEL_H
#define MDM_KERNEL_H

#include "mdm.h"

/* Clears the bit of each class whose code is not in the set. There are 64 codes a word; the set has
   one bit a code, in whole blocks of MDM_SET_WORDS. */
typedef void mdm_keep(const void *codes, const uint64_t *set, size_t n_codes, uint64_t *words,
                      size_t n_words);

#define MDM_SET_WORDS 16

typedef struct mdm_kernels {
    mdm_path path;
    mdm_keep *keep[3]; /* codes of one, two and four bytes */
} mdm_kernels;

/* The best path of this processor, or the one that MDM_PATH names in the environment. */
const mdm_kernels *mdm_kernels_wanted(void);

extern const mdm_kernels mdm_kernels_portable;

#endif
