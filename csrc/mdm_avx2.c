/*
 * The AVX2 path.
 */
#include "mdm_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,popcnt,bmi")))

/* A word with fewer bits is looked at bit by bit. */
#define SPARSE 8

AVX2 static inline uint64_t few_in(const uint16_t *halves, const uint32_t *wide,
                              const mdm_filter *filter, uint64_t word)
{
    uint64_t kept = 0;
    MDM_HOLDS(wide != NULL || halves != NULL); /* codes are kept in one of two widths */
    for (uint64_t left = word; left != 0; left &= left - 1) {
        const int bit = __builtin_ctzll(left);
        /* cppcheck-suppress nullPointer ; MDM_HOLDS says so */
        kept |= mdm_filter_bit(filter, wide == NULL ? halves[bit] : wide[bit]) << bit;
    }
    return kept;
}

/* The set as 32 bytes: code c is bit c % 8 of byte c / 8. */
AVX2 static inline uint32_t bytes_in(__m256i codes, __m256i low, __m256i high)
{
    const __m256i bits = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64,
                                          -128, 1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32,
                                          64, -128);
    const __m256i byte = _mm256_and_si256(_mm256_srli_epi16(codes, 3), _mm256_set1_epi8(15));
    /* Bit 7 of a code says which half; blendv looks at just that bit. */
    const __m256i of = _mm256_blendv_epi8(_mm256_shuffle_epi8(low, byte),
                                          _mm256_shuffle_epi8(high, byte), codes);
    const __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(codes, _mm256_set1_epi8(7)));
    const __m256i is_in = _mm256_cmpeq_epi8(_mm256_and_si256(of, bit), bit);
    return (uint32_t)_mm256_movemask_epi8(is_in);
}

AVX2 static void keep_bytes(const void *given, const mdm_filter *filter, uint64_t *words,
                            size_t n_words)
{
    const uint8_t *codes = given;
    const __m128i *halves = (const __m128i *)filter->set;
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128(halves));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128(halves + 1));
    const char *soon = mdm_filter_soon(filter, given);
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        const __m256i *at = (const __m256i *)codes;
        if (words[i] != 0) {
            mdm_fetch(soon, i);
            words[i] &= (uint64_t)bytes_in(_mm256_loadu_si256(at), low, high) |
                        (uint64_t)bytes_in(_mm256_loadu_si256(at + 1), low, high) << 32;
        }
    }
}

/* ---- Sets that are intervals ---- */

AVX2 static inline __m256i halves_between(__m256i codes, const mdm_filter *filter)
{
    const __m256i above = _mm256_sub_epi16(codes, _mm256_set1_epi16((short)filter->low));
    const __m256i span = _mm256_set1_epi16((short)filter->span);
    return _mm256_cmpeq_epi16(_mm256_min_epu16(above, span), above);
}

AVX2 static inline uint64_t compare_halves(const uint16_t *codes, const mdm_filter *filter)
{
    uint64_t in = 0;
    for (int j = 0; j < 2; j++) {
        const __m256i *at = (const __m256i *)(codes + 32 * j);
        const __m256i first = halves_between(_mm256_loadu_si256(at), filter);
        const __m256i second = halves_between(_mm256_loadu_si256(at + 1), filter);
        const __m256i packed =
            _mm256_permute4x64_epi64(_mm256_packs_epi16(first, second), _MM_SHUFFLE(3, 1, 2, 0));
        in |= (uint64_t)(uint32_t)_mm256_movemask_epi8(packed) << 32 * j;
    }
    return in ^ filter->outside;
}

AVX2 static inline uint64_t compare_words(const uint32_t *codes, const mdm_filter *filter)
{
    const __m256i low = _mm256_set1_epi32((int)filter->low);
    const __m256i span = _mm256_set1_epi32((int)filter->span);
    uint64_t in = 0;
    for (int j = 0; j < 8; j++) {
        const __m256i code = _mm256_loadu_si256((const __m256i *)(codes + 8 * j));
        const __m256i above = _mm256_sub_epi32(code, low);
        const __m256i is_in = _mm256_cmpeq_epi32(_mm256_min_epu32(above, span), above);
        in |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(is_in)) << 8 * j;
    }
    return in ^ filter->outside;
}

/* ---- Sets in memory, as words of 32 bits: gathered, the bit of each code moved to the sign ---- */

AVX2 static inline uint64_t gathered_in(__m256i codes, const uint64_t *set)
{
    const __m256i of = _mm256_i32gather_epi32((const int *)(const void *)set,
                                              _mm256_srli_epi32(codes, 5), 4);
    const __m256i shift = _mm256_andnot_si256(codes, _mm256_set1_epi32(31));
    const __m256i signs = _mm256_sllv_epi32(of, shift);
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(signs));
}

AVX2 static inline uint64_t look_up_halves(const uint16_t *codes, const mdm_filter *filter)
{
    uint64_t in = 0;
    for (int j = 0; j < 8; j++) {
        const __m128i *at = (const __m128i *)(codes + 8 * j);
        in |= gathered_in(_mm256_cvtepu16_epi32(_mm_loadu_si128(at)), filter->set) << 8 * j;
    }
    return in;
}

AVX2 static inline uint64_t look_up_words(const uint32_t *codes, const mdm_filter *filter)
{
    uint64_t in = 0;
    for (int j = 0; j < 8; j++) {
        const __m256i *at = (const __m256i *)(codes + 8 * j);
        in |= gathered_in(_mm256_loadu_si256(at), filter->set) << 8 * j;
    }
    return in;
}

AVX2 static void keep_halves(const void *given, const mdm_filter *filter, uint64_t *words,
                             size_t n_words)
{
    const uint16_t *codes = given;
    const char *soon = mdm_filter_soon(filter, given);
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        if (words[i] != 0) {
            mdm_fetch(soon, 2 * i);
            mdm_fetch(soon, 2 * i + 1);
        }
        if (filter->is_interval) {
            words[i] &= words[i] == 0 ? 0 : compare_halves(codes, filter);
        } else if (__builtin_popcountll(words[i]) < SPARSE) {
            words[i] = few_in(codes, NULL, filter, words[i]);
        } else {
            words[i] &= look_up_halves(codes, filter);
        }
    }
}

AVX2 static void keep_words(const void *given, const mdm_filter *filter, uint64_t *words,
                            size_t n_words)
{
    const uint32_t *codes = given;
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        if (__builtin_popcountll(words[i]) < SPARSE) {
            words[i] = few_in(NULL, codes, filter, words[i]);
        } else {
            words[i] &= filter->is_interval ? compare_words(codes, filter)
                                            : look_up_words(codes, filter);
        }
    }
}

AVX2 static size_t count(const uint64_t *words, size_t n_words)
{
    size_t n = 0;
    for (size_t i = 0; i < n_words; i++) {
        n += (size_t)__builtin_popcountll(words[i]);
    }
    return n;
}

const mdm_kernels mdm_kernels_avx2 = {
    .path = MDM_PATH_AVX2,
    .keep = {keep_bytes, keep_halves, keep_words},
    .count = count,
};

#else
typedef int mdm_no_avx2; /* C has no empty files */
#endif
