/*
 * The inner loop of reading: how far text is plain. A vector at a time where every processor of
 * the architecture has them, a word elsewhere; never past the end.
 */
#ifndef MDM_PLAIN_H
#define MDM_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>

static inline __m128i mdm_vector(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}
#endif

/* Stands for itself in a JSON string, and may stand in a value: printable ASCII but quote and
   backslash. */
static inline int mdm_is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The top bit of each byte of a word that is not plain. Bytes after the first such may be marked
   wrongly, by the borrow (Mycroft's test). */
static inline uint64_t mdm_marks(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101U;
    const uint64_t quotes = word ^ ones * '"';
    const uint64_t slashes = word ^ ones * '\\';
    const uint64_t deletes = word ^ ones * 0x7f;
    return (word | (word - ones * 0x20) | ((quotes - ones) & ~quotes) |
            ((slashes - ones) & ~slashes) | ((deletes - ones) & ~deletes)) &
           ones * 0x80;
}

/* How many bytes from here are plain. */
static inline size_t mdm_plain(const char *at, const char *end)
{
    const char *begin = at;
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = mdm_vector(at);
        /* As signed numbers: control characters are small, what is not ASCII is below them, and
           one more than 0x7f is the lowest of all. */
        const __m128i odd =
            _mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(0x21));
        const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        const __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        const int marks = _mm_movemask_epi8(_mm_or_si128(odd, _mm_or_si128(quotes, slashes)));
        if (marks != 0) {
            return (size_t)(at - begin) + (size_t)__builtin_ctz((unsigned)marks);
        }
    }
#elif defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; end - at >= 8; at += 8) {
        uint64_t word = 0;
        memcpy(&word, at, sizeof word);
        if (mdm_marks(word) != 0) {
            return (size_t)(at - begin) + (size_t)__builtin_ctzll(mdm_marks(word)) / 8;
        }
    }
#endif
    //@ dynamic_split end - at;
    while (at < end && mdm_is_plain(*at)) {
        at++;
    }
    return (size_t)(at - begin);
}

static inline int mdm_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How many of the next 8 bytes are digits; 0 also where all of them are. */
static inline size_t mdm_digits(const char *at)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = 0x0101010101010101U;
    uint64_t word = 0;
    uint64_t marks = 0;
    memcpy(&word, at, sizeof word);
    word ^= ones * '0';
    marks = (word | (word + ones * (0x80 - 10))) & ones * 0x80;
    return marks == 0 ? 0 : (size_t)__builtin_ctzll(marks) / 8;
#else
    size_t n = 0;
    while (n < 8 && mdm_is_digit(at[n])) {
        n++;
    }
    return n % 8;
#endif
}

#endif
