/*
 * Classes of a run that are left, moved together: the codes of each column in the same places.
 */
#include <string.h>

#include "mdm_lanes.h"

/* ---- Portable ---- */

#define SQUEEZE(name, type)                                                            \
    static void name(const void *given, const uint8_t *places, size_t n, void *out)    \
    {                                                                                  \
        const type *codes = given;                                                     \
        type *to = out;                                                                \
        for (size_t i = 0; i < n; i++) {                                               \
            to[i] = codes[places[i]];                                                  \
        }                                                                              \
    }

SQUEEZE(squeeze_bytes, uint8_t)
SQUEEZE(squeeze_halves, uint16_t)
SQUEEZE(squeeze_words, uint32_t)

static void squeeze_column(const mdm_strand *strand, size_t first, const uint8_t *places, size_t n,
                           void *out)
{
    const uint8_t *codes = (const uint8_t *)strand->codes + first * strand->n_bytes;
    switch (strand->n_bytes) {
    case 1:
        squeeze_bytes(codes, places, n, out);
        break;
    case 2:
        squeeze_halves(codes, places, n, out);
        break;
    default:
        squeeze_words(codes, places, n, out);
        break;
    }
}

void mdm_squeeze_portable(const mdm_strand *strands, size_t n, size_t first, uint64_t bits,
                          uint32_t first_class, mdm_batch *batch)
{
    uint8_t places[MDM_RUN];
    size_t n_left = 0;
    for (uint64_t left = bits; left != 0; left &= left - 1) {
        places[n_left] = (uint8_t)__builtin_ctzll(left);
        batch->classes[batch->n + n_left] = first_class + places[n_left];
        n_left++;
    }
    for (size_t i = 0; i < n; i++) {
        squeeze_column(&strands[i], first, places, n_left,
                       batch->codes[i] + batch->n * strands[i].n_bytes);
    }
    batch->n += n_left;
}

/* ---- AVX-512 ---- */

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt")))

/* Where the bits stand, in bytes. */
AVX512 static __m512i find_places(uint64_t bits)
{
    _Alignas(64) static const uint8_t all[MDM_RUN] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    return _mm512_maskz_compress_epi8(bits, _mm512_load_si512(all));
}

/* The classes at n places. */
AVX512 static void squeeze_classes(__m512i places, uint32_t first_class, size_t n, uint32_t *out)
{
    _Alignas(64) uint8_t bytes[MDM_RUN];
    const __m512i first = _mm512_set1_epi32((int)first_class);
    _mm512_store_si512(bytes, places);
    for (size_t i = 0; i < n; i += 16) {
        const __m128i here = _mm_load_si128((const __m128i *)(const void *)(bytes + i));
        _mm512_storeu_si512(out + i, _mm512_add_epi32(_mm512_cvtepu8_epi32(here), first));
    }
}

AVX512 static void squeeze_quarters(const uint32_t *codes, uint64_t bits, uint32_t *out)
{
    for (unsigned shift = 0; shift < MDM_RUN; shift += 16) {
        const __mmask16 here = (__mmask16)(bits >> shift);
        _mm512_storeu_si512(
            out, _mm512_maskz_compress_epi32(here, _mm512_loadu_si512(codes + shift)));
        out += __builtin_popcount(here);
    }
}

AVX512 void mdm_squeeze_avx512(const mdm_strand *strands, size_t n, size_t first, uint64_t bits,
                               uint32_t first_class, mdm_batch *batch)
{
    const size_t n_left = (size_t)__builtin_popcountll(bits);
    const __m512i places = find_places(bits);
    const __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(places));
    const __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(places, 1));
    squeeze_classes(places, first_class, n_left, batch->classes + batch->n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t n_bytes = strands[i].n_bytes;
        const uint8_t *codes = (const uint8_t *)strands[i].codes + first * n_bytes;
        uint8_t *out = batch->codes[i] + batch->n * n_bytes;
        if (n_bytes == 1) {
            _mm512_storeu_si512(out,
                                _mm512_permutexvar_epi8(places, _mm512_loadu_si512(codes)));
        } else if (n_bytes == 2) {
            const __m512i a = _mm512_loadu_si512(codes);
            const __m512i b = _mm512_loadu_si512(codes + MDM_RUN);
            _mm512_storeu_si512(out, _mm512_permutex2var_epi16(a, low, b));
            if (n_left > MDM_RUN / 2) {
                _mm512_storeu_si512(out + MDM_RUN, _mm512_permutex2var_epi16(a, high, b));
            }
        } else {
            squeeze_quarters((const uint32_t *)(const void *)codes, bits,
                             (uint32_t *)(void *)out);
        }
    }
    batch->n += n_left;
}
#endif
