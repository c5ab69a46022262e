/*
 * The SSE2 path, which every x86-64 has. It has no lookup in a register, but compares: a set that
 * is an interval of codes, or all but one, needs no lookup; for others it is the portable path.
 */
#include "mdm_kernel.h"

#if defined(__x86_64__)
#include <emmintrin.h>

static inline uint64_t bytes_in(const uint8_t *codes, const mdm_filter *filter)
{
    const __m128i low = _mm_set1_epi8((char)filter->low);
    const __m128i span = _mm_set1_epi8((char)filter->span);
    uint64_t in = 0;
    for (int j = 0; j < 4; j++) {
        const __m128i code = _mm_loadu_si128((const __m128i *)(codes + 16 * j));
        const __m128i above = _mm_sub_epi8(code, low);
        const __m128i is_in = _mm_cmpeq_epi8(_mm_min_epu8(above, span), above);
        in |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_in) << 16 * j;
    }
    return in;
}

static inline uint64_t halves_in(const uint16_t *codes, const mdm_filter *filter)
{
    const __m128i low = _mm_set1_epi16((short)filter->low);
    const __m128i span = _mm_set1_epi16((short)filter->span);
    const __m128i zero = _mm_setzero_si128();
    uint64_t in = 0;
    for (int j = 0; j < 4; j++) {
        const __m128i *from = (const __m128i *)(codes + 16 * j);
        const __m128i a = _mm_subs_epu16(_mm_sub_epi16(_mm_loadu_si128(from), low), span);
        const __m128i b = _mm_subs_epu16(_mm_sub_epi16(_mm_loadu_si128(from + 1), low), span);
        const __m128i is_in =
            _mm_packs_epi16(_mm_cmpeq_epi16(a, zero), _mm_cmpeq_epi16(b, zero));
        in |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_in) << 16 * j;
    }
    return in;
}

static void keep_bytes(const void *given, const mdm_filter *filter, uint64_t *words,
                       size_t n_words)
{
    const uint8_t *codes = given;
    if (!filter->is_interval) {
        mdm_kernels_portable.keep[0](given, filter, words, n_words);
        return;
    }
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        words[i] &= words[i] == 0 ? 0 : bytes_in(codes, filter) ^ filter->outside;
    }
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
        words[i] &= words[i] == 0 ? 0 : halves_in(codes, filter) ^ filter->outside;
    }
}

static void keep_words(const void *given, const mdm_filter *filter, uint64_t *words,
                       size_t n_words)
{
    mdm_kernels_portable.keep[2](given, filter, words, n_words);
}

static size_t count(const uint64_t *words, size_t n_words)
{
    return mdm_kernels_portable.count(words, n_words);
}

const mdm_kernels mdm_kernels_sse2 = {
    .path = MDM_PATH_SSE2,
    .keep = {keep_bytes, keep_halves, keep_words},
    .count = count,
};

#else
typedef int mdm_no_sse2; /* C has no empty files */
#endif
