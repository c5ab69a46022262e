/*
 * How far a text goes on with bytes that a literal of a clause may have without quotes.
 */
#ifndef MDM_BARE_H
#define MDM_BARE_H

#include "mdm_plain.h"

/* One bit a byte below 0x80: not blank, no control character, and none of "#(){}\ */
static inline int mdm_is_bare(char c)
{
    static const uint64_t bare[2] = {0xfffffcf200000000U, 0x57ffffffefffffffU};
    const unsigned char byte = (unsigned char)c;
    return byte >= 0x80 || (bare[byte / 64] >> byte % 64 & 1) != 0;
}

#if defined(__SSE2__)
/* A bit for each of 16 bytes that is not bare, or a comma. */
static inline int mdm_bare_marks(const char *at)
{
    const __m128i bytes = mdm_vector(at);
    /* Blank and below, and 0x7f, as signed numbers; what is not ASCII is below them. */
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x24));
    const __m128i not_ascii = _mm_cmplt_epi8(bytes, _mm_setzero_si128());
    const __m128i exclaims = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('!'));
    const __m128i odd = _mm_andnot_si128(_mm_or_si128(not_ascii, exclaims), low);
    const __m128i round =
        _mm_cmpeq_epi8(_mm_or_si128(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(')'));
    /* Braces are 0x7b and 0x7d, and 0x7f has both their bits; a bar or a tilde is none. */
    const __m128i curly =
        _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('z')),
                      _mm_cmpeq_epi8(_mm_and_si128(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(1)));
    const __m128i others = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(',')),
                                        _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(odd, round), _mm_or_si128(curly, others)));
}
#endif

/* How many bytes from here are bare and no comma. */
static inline size_t mdm_bare(const char *at, const char *end)
{
    const char *begin = at;
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        const int marks = mdm_bare_marks(at);
        if (marks != 0) {
            return (size_t)(at - begin) + (size_t)__builtin_ctz((unsigned)marks);
        }
    }
#endif
    while (at < end && *at != ',' && mdm_is_bare(*at)) {
        at++;
    }
    return (size_t)(at - begin);
}

/* The same of 17 bytes that may be read, of which 16 are looked at: at most 16. */
static inline size_t mdm_bare_short(const char *at)
{
#if defined(__SSE2__)
    return (size_t)__builtin_ctz((unsigned)mdm_bare_marks(at) | 1U << 16);
#else
    return mdm_bare(at, at + 16);
#endif
}

#endif
