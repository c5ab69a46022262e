/*
 * The AVX-512 path, for processors that can look bytes up in a register (VBMI: Ice Lake, Zen 4).
 */
#include "mdm_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,popcnt,bmi")))

/* Codes of two bytes are looked up in registers while their set fits this many blocks. */
#define MOST_BLOCKS 8
#define BLOCK_WORDS 16
/* A word with fewer bits is looked at bit by bit, where the set is in memory. */
#define SPARSE 8

/* The set as 32 bytes: code c is bit c % 8 of byte c / 8. */
AVX512 static void keep_bytes(const void *given, const mdm_filter *filter, uint64_t *words,
                              size_t n_words)
{
    const uint8_t *codes = given;
    const char *soon = mdm_filter_soon(filter, given);
    const __m512i table =
        _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)filter->set));
    const __m512i bits = _mm512_set1_epi64((long long)0x8040201008040201U);
    const __m512i five = _mm512_set1_epi8(31);
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        __m512i code;
        __m512i of;
        if (words[i] == 0) {
            continue;
        }
        mdm_fetch(soon, i);
        code = _mm512_loadu_si512(codes);
        of = _mm512_permutexvar_epi8(_mm512_and_si512(_mm512_srli_epi16(code, 3), five), table);
        /* Only the low six bits of an index count, and `bits` repeats after eight. */
        words[i] &= _mm512_test_epi8_mask(of, _mm512_permutexvar_epi8(code, bits));
    }
}

/* A block of the set is 64 words of 16 bits: code c is bit c % 16 of word c / 16. */
AVX512 static inline __m512i look_up(__m512i place, const uint64_t *set, size_t n_blocks)
{
    const __m512i block = _mm512_srli_epi16(place, 6);
    __m512i of = _mm512_permutex2var_epi16(_mm512_loadu_si512(set), place,
                                           _mm512_loadu_si512(set + BLOCK_WORDS / 2));
    for (size_t b = 1; b < n_blocks; b++) {
        const uint64_t *at = set + b * BLOCK_WORDS;
        const __m512i other = _mm512_permutex2var_epi16(_mm512_loadu_si512(at), place,
                                                        _mm512_loadu_si512(at + BLOCK_WORDS / 2));
        const __mmask32 here = _mm512_cmpeq_epi16_mask(block, _mm512_set1_epi16((short)b));
        of = _mm512_mask_mov_epi16(of, here, other);
    }
    return of;
}

AVX512 static inline uint64_t halves_in(const uint16_t *codes, const uint64_t *set,
                                        size_t n_blocks)
{
    const __m512i code = _mm512_loadu_si512(codes);
    const __m512i of = look_up(_mm512_srli_epi16(code, 4), set, n_blocks);
    const __m512i bit = _mm512_sllv_epi16(_mm512_set1_epi16(1),
                                          _mm512_and_si512(code, _mm512_set1_epi16(15)));
    return _mm512_test_epi16_mask(of, bit);
}

/* The set as words of 32 bits, gathered. */
AVX512 static inline uint64_t wide_in(__m512i code, const uint64_t *set)
{
    const __m512i of = _mm512_i32gather_epi32(_mm512_srli_epi32(code, 5), set, 4);
    const __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(1),
                                          _mm512_and_si512(code, _mm512_set1_epi32(31)));
    return _mm512_test_epi32_mask(of, bit);
}

AVX512 static inline uint64_t few_in(const uint16_t *halves, const uint32_t *wide,
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

AVX512 static void keep_in_block(const uint16_t *codes, const mdm_filter *filter,
                                 uint64_t *words, size_t n_words)
{
    const char *soon = mdm_filter_soon(filter, codes);
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        if (words[i] != 0) {
            mdm_fetch(soon, 2 * i);
            mdm_fetch(soon, 2 * i + 1);
            words[i] &= halves_in(codes, filter->set, 1) |
                        halves_in(codes + 32, filter->set, 1) << 32;
        }
    }
}

AVX512 static void keep_in_blocks(const uint16_t *codes, const mdm_filter *filter,
                                  size_t n_blocks, uint64_t *words, size_t n_words)
{
    const char *soon = mdm_filter_soon(filter, codes);
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        if (__builtin_popcountll(words[i]) < SPARSE) {
            words[i] = few_in(codes, NULL, filter, words[i]);
        } else {
            mdm_fetch(soon, 2 * i);
            mdm_fetch(soon, 2 * i + 1);
            words[i] &= halves_in(codes, filter->set, n_blocks) |
                        halves_in(codes + 32, filter->set, n_blocks) << 32;
        }
    }
}

AVX512 static void keep_gathered(const uint16_t *codes, const mdm_filter *filter, uint64_t *words,
                                 size_t n_words)
{
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        uint64_t in = 0;
        if (__builtin_popcountll(words[i]) < SPARSE) {
            words[i] = few_in(codes, NULL, filter, words[i]);
            continue;
        }
        for (int j = 0; j < 4; j++) {
            const __m256i *at = (const __m256i *)(codes + 16 * j);
            in |= wide_in(_mm512_cvtepu16_epi32(_mm256_loadu_si256(at)), filter->set) << 16 * j;
        }
        words[i] &= in;
    }
}

AVX512 static void compare_halves(const uint16_t *codes, const mdm_filter *filter,
                                  uint64_t *words, size_t n_words)
{
    const __m512i low = _mm512_set1_epi16((short)filter->low);
    const __m512i span = _mm512_set1_epi16((short)filter->span);
    const char *soon = mdm_filter_soon(filter, codes);
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        if (words[i] != 0) {
            mdm_fetch(soon, 2 * i);
            mdm_fetch(soon, 2 * i + 1);
            const __m512i first = _mm512_sub_epi16(_mm512_loadu_si512(codes), low);
            const __m512i second = _mm512_sub_epi16(_mm512_loadu_si512(codes + 32), low);
            const uint64_t in = _mm512_cmple_epu16_mask(first, span) |
                                (uint64_t)_mm512_cmple_epu16_mask(second, span) << 32;
            words[i] &= in ^ filter->outside;
        }
    }
}

AVX512 static void keep_halves(const void *codes, const mdm_filter *filter, uint64_t *words,
                               size_t n_words)
{
    const size_t n_blocks = (filter->n_codes + 1023) / 1024;
    if (filter->is_interval) {
        compare_halves(codes, filter, words, n_words);
    } else if (n_blocks <= 1) {
        keep_in_block(codes, filter, words, n_words);
    } else if (n_blocks <= MOST_BLOCKS) {
        keep_in_blocks(codes, filter, n_blocks, words, n_words);
    } else {
        keep_gathered(codes, filter, words, n_words);
    }
}

AVX512 static inline uint64_t words_in(const uint32_t *codes, const mdm_filter *filter)
{
    const __m512i low = _mm512_set1_epi32((int)filter->low);
    const __m512i span = _mm512_set1_epi32((int)filter->span);
    uint64_t in = 0;
    for (int j = 0; j < 4; j++) {
        const __m512i code = _mm512_loadu_si512(codes + 16 * j);
        const uint64_t part =
            filter->is_interval
                ? _mm512_cmple_epu32_mask(_mm512_sub_epi32(code, low), span)
                : wide_in(code, filter->set);
        in |= part << 16 * j;
    }
    return in ^ (filter->is_interval ? filter->outside : 0);
}

AVX512 static void keep_words(const void *given, const mdm_filter *filter, uint64_t *words,
                              size_t n_words)
{
    const uint32_t *codes = given;
    for (size_t i = 0; i < n_words; i++, codes += 64) {
        words[i] = __builtin_popcountll(words[i]) < SPARSE
                       ? few_in(NULL, codes, filter, words[i])
                       : words[i] & words_in(codes, filter);
    }
}

AVX512 static size_t count(const uint64_t *words, size_t n_words)
{
    size_t n = 0;
    for (size_t i = 0; i < n_words; i++) {
        n += (size_t)__builtin_popcountll(words[i]);
    }
    return n;
}

const mdm_kernels mdm_kernels_avx512 = {
    .path = MDM_PATH_AVX512,
    .keep = {keep_bytes, keep_halves, keep_words},
    .count = count,
};

#else
typedef int mdm_no_avx512; /* C has no empty files */
#endif
