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

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,popcnt")))

/* Where the bits stand, in bytes; then the classes there, which *classes is moved behind. */
AVX512 static __m512i find_places(uint64_t bits, uint32_t first_class, uint32_t *classes)
{
    _Alignas(64) uint8_t places[MDM_RUN] = {0};
    const __m512i step = _mm512_set1_epi32(16);
    __m512i place = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    size_t n = 0;
    for (unsigned shift = 0; shift < MDM_RUN; shift += 16) {
        const __mmask16 here = (__mmask16)(bits >> shift);
        const __m512i found = _mm512_maskz_compress_epi32(here, place);
        _mm_storeu_si128((__m128i *)(void *)(places + n), _mm512_cvtepi32_epi8(found));
        _mm512_storeu_si512(classes + n,
                            _mm512_add_epi32(found, _mm512_set1_epi32((int)first_class)));
        n += (size_t)__builtin_popcount(here);
        place = _mm512_add_epi32(place, step);
    }
    return _mm512_loadu_si512(places);
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
    const __m512i places = find_places(bits, first_class, batch->classes + batch->n);
    const __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(places));
    const __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(places, 1));
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
            _mm512_storeu_si512(out + MDM_RUN, _mm512_permutex2var_epi16(a, high, b));
        } else {
            squeeze_quarters((const uint32_t *)(const void *)codes, bits,
                             (uint32_t *)(void *)out);
        }
    }
    batch->n += (size_t)__builtin_popcountll(bits);
}
#endif
