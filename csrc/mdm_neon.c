/*
 * The NEON path, which every 64-bit ARM has.
 */
#include "mdm_kernel.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/* One bit a byte, of 64 bytes that are all ones or all zeroes. */
static inline uint64_t bits_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    const uint8x16_t weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t low = vpaddq_u8(vandq_u8(a, weights), vandq_u8(b, weights));
    const uint8x16_t high = vpaddq_u8(vandq_u8(c, weights), vandq_u8(d, weights));
    const uint8x16_t four = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(four, four)), 0);
}

/* The set as 32 bytes: code c is bit c % 8 of byte c / 8. */
static inline uint8x16_t bytes_in(const uint8_t *codes, uint8x16x2_t set)
{
    const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t code = vld1q_u8(codes);
    const uint8x16_t bit = vqtbl1q_u8(bits, vandq_u8(code, vdupq_n_u8(7)));
    return vtstq_u8(vqtbl2q_u8(set, vshrq_n_u8(code, 3)), bit);
}

static void keep_bytes(const void *given, const mdm_filter *filter, uint64_t *words,
                       size_t n_words)
{
    const uint8_t *codes = given;
    const uint8_t *at = (const uint8_t *)filter->set;
    const uint8x16x2_t set = {{vld1q_u8(at), vld1q_u8(at + 16)}};
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        if (words[i] != 0) {
            words[i] &= bits_of(bytes_in(codes, set), bytes_in(codes + 16, set),
                                bytes_in(codes + 32, set), bytes_in(codes + 48, set));
        }
    }
}

static inline uint8x16_t halves_in(const uint16_t *codes, const mdm_filter *filter)
{
    const uint16x8_t low = vdupq_n_u16((uint16_t)filter->low);
    const uint16x8_t span = vdupq_n_u16((uint16_t)filter->span);
    const uint16x8_t first = vcleq_u16(vsubq_u16(vld1q_u16(codes), low), span);
    const uint16x8_t second = vcleq_u16(vsubq_u16(vld1q_u16(codes + 8), low), span);
    return vcombine_u8(vmovn_u16(first), vmovn_u16(second));
}

static void keep_halves(const void *given, const mdm_filter *filter, uint64_t *words,
                        size_t n_words)
{
    const uint16_t *codes = given;
    if (!filter->is_interval) {
        mdm_kernels_portable.keep[1](given, filter, words, n_words);
        return;
    }
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        if (words[i] != 0) {
            words[i] &= bits_of(halves_in(codes, filter), halves_in(codes + 16, filter),
                                halves_in(codes + 32, filter), halves_in(codes + 48, filter)) ^
                        filter->outside;
        }
    }
}

static void keep_words(const void *given, const mdm_filter *filter, uint64_t *words,
                       size_t n_words)
{
    mdm_kernels_portable.keep[2](given, filter, words, n_words);
}

static size_t count(const uint64_t *words, size_t n_words)
{
    size_t n = 0;
    for (size_t i = 0; i < n_words; i++) {
        n += vaddv_u8(vcnt_u8(vcreate_u8(words[i])));
    }
    return n;
}

const mdm_kernels mdm_kernels_neon = {
    .path = MDM_PATH_NEON,
    .keep = {keep_bytes, keep_halves, keep_words},
    .count = count,
};

#else
typedef int mdm_no_neon; /* C has no empty files */
#endif
