/*
 * The portable path.
 */
#include "mdm_kernel.h"

/* A word with fewer bits is looked at bit by bit. */
#define SPARSE 20

static inline uint64_t bit_of(const uint64_t *set, size_t code)
{
    return set[code / 64] >> code % 64 & 1;
}

#define KEEP(name, type)                                                                       \
    static void name(const void *given, const uint64_t *set, size_t n_codes, uint64_t *words, \
                     size_t n_words)                                                           \
    {                                                                                          \
        const type *codes = given;                                                             \
        (void)n_codes;                                                                         \
        for (size_t i = 0; i < n_words; i++, codes += 64) {                                    \
            uint64_t kept = 0;                                                                 \
            if (__builtin_popcountll(words[i]) < SPARSE) {                                     \
                for (uint64_t left = words[i]; left != 0; left &= left - 1) {                  \
                    const int bit = __builtin_ctzll(left);                                     \
                    kept |= bit_of(set, codes[bit]) << bit;                                    \
                }                                                                              \
            } else {                                                                           \
                for (int bit = 0; bit < 64; bit++) {                                           \
                    kept |= bit_of(set, codes[bit]) << bit;                                    \
                }                                                                              \
            }                                                                                  \
            words[i] &= kept;                                                                  \
        }                                                                                      \
    }

KEEP(keep_bytes, uint8_t)
KEEP(keep_halves, uint16_t)
KEEP(keep_words, uint32_t)

const mdm_kernels mdm_kernels_portable = {
    .path = MDM_PATH_PORTABLE,
    .keep = {keep_bytes, keep_halves, keep_words},
};
