/*
 * The portable path.
 */
#include "mdm_kernel.h"

/* A word with fewer bits is looked at bit by bit. */
#define SPARSE 20

static inline uint64_t bit_of(const mdm_filter *filter, uint32_t code)
{
    return mdm_filter_bit(filter, code);
}

/* The loop that compares is one that compilers make vectors of. */
#define KEEP(name, type)                                                                      \
    static uint64_t name##_compared(const type *codes, const mdm_filter *filter)              \
    {                                                                                         \
        uint8_t is_in[64];                                                                    \
        uint64_t kept = 0;                                                                    \
        for (int bit = 0; bit < 64; bit++) {                                                  \
            is_in[bit] = (type)(codes[bit] - (type)filter->low) <= (type)filter->span;        \
        }                                                                                     \
        for (int bit = 0; bit < 64; bit++) {                                                  \
            kept |= (uint64_t)is_in[bit] << bit;                                              \
        }                                                                                     \
        return kept ^ filter->outside;                                                        \
    }                                                                                         \
                                                                                              \
    static uint64_t name##_looked_up(const type *codes, const mdm_filter *filter)             \
    {                                                                                         \
        uint64_t kept = 0;                                                                    \
        for (int bit = 0; bit < 64; bit++) {                                                  \
            kept |= bit_of(filter, codes[bit]) << bit;                                        \
        }                                                                                     \
        return kept;                                                                          \
    }                                                                                         \
                                                                                              \
    static void name(const void *given, const mdm_filter *filter, uint64_t *words,            \
                     size_t n_words)                                                          \
    {                                                                                         \
        const type *codes = given;                                                            \
        for (size_t i = 0; i < n_words; i++, codes += 64) {                                   \
            uint64_t kept = 0;                                                                \
            if (__builtin_popcountll(words[i]) >= SPARSE) {                                   \
                words[i] &= filter->is_interval ? name##_compared(codes, filter)              \
                                                : name##_looked_up(codes, filter);            \
                continue;                                                                     \
            }                                                                                 \
            for (uint64_t left = words[i]; left != 0; left &= left - 1) {                     \
                const int bit = __builtin_ctzll(left);                                        \
                kept |= bit_of(filter, codes[bit]) << bit;                                    \
            }                                                                                 \
            words[i] = kept;                                                                  \
        }                                                                                     \
    }

KEEP(keep_bytes, uint8_t)
KEEP(keep_halves, uint16_t)
KEEP(keep_words, uint32_t)

static size_t count(const uint64_t *words, size_t n_words)
{
    size_t n = 0;
    for (size_t i = 0; i < n_words; i++) {
        n += (size_t)__builtin_popcountll(words[i]);
    }
    return n;
}

const mdm_kernels mdm_kernels_portable = {
    .path = MDM_PATH_PORTABLE,
    .keep = {keep_bytes, keep_halves, keep_words},
    .count = count,
};
