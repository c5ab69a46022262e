/*
 * Lanes by AVX-512.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "mdm_lanes.h"

#define MDM_WITH __attribute__((target("avx512f,avx512vl")))
#define MDM_PART 32
#define MDM_TERNARY(a, b, c, table) \
    (part) _mm256_ternarylogic_epi64((__m256i)(a), (__m256i)(b), (__m256i)(c), table)
#define MDM_MAJORITY(a, b, c) MDM_TERNARY(a, b, c, 0xe8)
#define MDM_PARITY(a, b, c) MDM_TERNARY(a, b, c, 0x96)
#define MDM_HAS(part) (_mm256_test_epi64_mask((__m256i)(part), (__m256i)(part)) != 0)
#define MDM_SQUEEZE mdm_squeeze_avx512
#define MDM_LANE_TABLE mdm_lanes_avx512

#define AT_ONCE_PLACED 16 /* classes */

/* Reads two bytes more than a map has. */
MDM_WITH static inline __m512i map_codes(const uint16_t *map, __m512i codes)
{
    return _mm512_and_si512(_mm512_i32gather_epi32(codes, map, sizeof *map),
                            _mm512_set1_epi32(UINT16_MAX));
}

MDM_WITH static inline void put_places(__m512i rows, uint32_t first_row, uint32_t *places)
{
    rows = _mm512_add_epi32(rows, _mm512_set1_epi32((int)first_row));
    _mm512_storeu_si512(places, _mm512_slli_epi32(rows, __builtin_ctz(MDM_LANE_BYTES)));
}

MDM_WITH static void place(const mdm_strand *strand, size_t first, uint32_t *places)
{
    const uint8_t *codes = (const uint8_t *)strand->codes + first * strand->n_bytes;
    for (size_t i = 0; i < MDM_RUN; i += AT_ONCE_PLACED, codes += AT_ONCE_PLACED * strand->n_bytes) {
        __m512i found;
        if (strand->n_bytes == 1) {
            found = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)codes));
        } else if (strand->n_bytes == 2) {
            found = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)codes));
        } else {
            found = _mm512_loadu_si512(codes);
        }
        if (strand->map != NULL) {
            found = map_codes(strand->map, found);
        }
        put_places(found, strand->first_row, places + i);
    }
}

#include "mdm_lanes_body.h"

#else

typedef int mdm_no_avx512; /* an empty file is none of the language */

#endif
