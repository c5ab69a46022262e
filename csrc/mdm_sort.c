/*
 * Rows in ascending order.
 */
#include "mdm_query.h"

/* Rows that are sorted by insertion, and rows that are sorted through a copy on the stack. */
#define FEW 48
#define SOME 4096
#define DIGIT 10

static void sort_few(uint32_t *at, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const uint32_t row = at[i];
        size_t j = i;
        for (; j > 0 && at[j - 1] > row; j--) {
            at[j] = at[j - 1];
        }
        at[j] = row;
    }
}

/* One pass of a radix sort: by DIGIT bits from `shift` up, stable. */
static void sort_digit(const uint32_t *from, uint32_t *to, size_t n, unsigned shift)
{
    uint32_t next[1U << DIGIT] = {0};
    for (size_t i = 0; i < n; i++) {
        next[from[i] >> shift & ((1U << DIGIT) - 1)]++;
    }
    for (uint32_t digit = 0, begin = 0; digit < 1U << DIGIT; digit++) {
        const uint32_t n_equal = next[digit];
        next[digit] = begin;
        begin += n_equal;
    }
    for (size_t i = 0; i < n; i++) {
        to[next[from[i] >> shift & ((1U << DIGIT) - 1)]++] = from[i];
    }
}

/* Rows that agree above their lowest `bits`, through a copy on the stack. */
static void sort_some(uint32_t *at, size_t n, unsigned bits)
{
    uint32_t copy[SOME];
    for (unsigned shift = 0; shift < bits; shift += 2 * DIGIT) {
        sort_digit(at, copy, n, shift);
        sort_digit(copy, at, n, shift + DIGIT < bits ? shift + DIGIT : shift);
    }
}

/* American flag sort (McIlroy, Bostic, McIlroy 1993): by one byte in place, then each bucket by
   the next, until the rest fits in the copy. At most four deep. */
/* NOLINTNEXTLINE(misc-no-recursion): once a byte of a row, as said */
static void sort_rows(uint32_t *at, size_t n, unsigned bits)
{
    const unsigned shift = bits > 8 ? bits - 8 : 0;
    size_t next[256];
    size_t end[256] = {0};
    if (n <= FEW) {
        sort_few(at, n);
        return;
    }
    if (n <= SOME) {
        sort_some(at, n, bits);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        end[at[i] >> shift & 255]++;
    }
    for (size_t b = 0, begin = 0; b < 256; b++) {
        next[b] = begin;
        begin += end[b];
        end[b] = begin;
    }
    for (size_t b = 0; b < 256; b++) {
        while (next[b] < end[b]) {
            uint32_t row = at[next[b]];
            for (size_t to = row >> shift & 255; to != b; to = row >> shift & 255) {
                const uint32_t other = at[next[to]];
                at[next[to]++] = row;
                row = other;
            }
            at[next[b]++] = row;
        }
    }
    for (size_t b = 0; b < 256 && shift > 0; b++) {
        const size_t begin = b == 0 ? 0 : end[b - 1];
        sort_rows(at + begin, end[b] - begin, shift);
    }
}

static bool is_ascending(const uint32_t *at, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (at[i - 1] > at[i]) {
            return false;
        }
    }
    return true;
}

void mdm_rows_sort(uint32_t *rows, size_t n, size_t n_rows)
{
    unsigned bits = 1;
    while (bits < 32 && n_rows >> bits > 0) {
        bits++;
    }
    if (!is_ascending(rows, n)) {
        sort_rows(rows, n, bits);
    }
}
