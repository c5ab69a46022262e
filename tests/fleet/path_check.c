/*
 * Every path against a plain loop, on codes and sets from a counter: one line a path that this
 * processor has. For processors other than the one of the tests, run under an emulator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdm_kernel.h"

#define N_WORDS 67
#define N_CODES_MOST ((size_t)70000)

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                        \
        }                                                                   \
    } while (0)

static uint64_t state = 1;

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static uint32_t code_at(const void *codes, size_t n_bytes, size_t i)
{
    switch (n_bytes) {
    case 1:
        return ((const uint8_t *)codes)[i];
    case 2:
        return ((const uint16_t *)codes)[i];
    default:
        return ((const uint32_t *)codes)[i];
    }
}

/* 0: an interval; 1: all but one; 2: any set, thin, half or full. */
static void draw_set(uint64_t *set, size_t n_codes, unsigned shape)
{
    const size_t low = next() % n_codes;
    const size_t high = low + next() % (n_codes - low);
    const uint64_t share = next() % 5;
    memset(set, 0, (N_CODES_MOST / 64 + MDM_SET_WORDS + 1) * sizeof *set);
    for (size_t code = 0; code < n_codes; code++) {
        const bool is_inside = low <= code && code <= high;
        const bool is_in = shape == 2 ? next() % 4 < share : is_inside == (shape == 0);
        set[code / 64] |= (uint64_t)is_in << code % 64;
    }
}

static void check(const mdm_kernels *kernels, size_t n_bytes, size_t n_codes, unsigned shape)
{
    static uint64_t set[N_CODES_MOST / 64 + MDM_SET_WORDS + 1];
    uint64_t words[N_WORDS];
    uint64_t wanted[N_WORDS];
    mdm_filter filter;
    uint8_t *codes = malloc(N_WORDS * 64 * n_bytes);
    size_t n_wanted = 0;
    CHECK(codes != NULL);
    draw_set(set, n_codes, shape);
    filter = mdm_filter_of(set, n_codes);
    CHECK(shape == 2 || filter.is_interval || shape == 1);
    for (size_t i = 0; i < N_WORDS; i++) {
        const uint64_t thin = next() & next();
        wanted[i] = words[i] = next() % 4 == 0 ? 0 : next() % 2 == 0 ? thin & next() : next();
        for (size_t bit = 0; bit < 64; bit++) {
            const uint32_t code = (uint32_t)(next() % n_codes);
            memcpy(codes + (i * 64 + bit) * n_bytes, &code, n_bytes);
            if (mdm_filter_bit(&filter, code) == 0) {
                wanted[i] &= ~((uint64_t)1 << bit);
            }
        }
        n_wanted += (size_t)__builtin_popcountll(wanted[i]);
    }
    CHECK(code_at(codes, n_bytes, 0) < n_codes);
    kernels->keep[n_bytes / 2](codes, &filter, words, N_WORDS);
    CHECK(memcmp(words, wanted, sizeof words) == 0);
    CHECK(kernels->count(words, N_WORDS) == n_wanted);
    free(codes);
}

int main(void)
{
    static const char *const paths[] = {"portable", "sse2", "avx2", "avx512", "neon"};
    static const size_t sizes[] = {1, 2, 63, 64, 65, 200, 256, 1000, 1024, 1025, 5000, 9000, 65536,
                                   N_CODES_MOST};
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
        const mdm_kernels *kernels = NULL;
        CHECK(setenv("MDM_PATH", paths[p], 1) == 0);
        kernels = mdm_kernels_wanted();
        if (strcmp(mdm_path_text(kernels->path), paths[p]) != 0) {
            continue;
        }
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            for (unsigned shape = 0; shape < 9; shape++) {
                for (size_t n_bytes = 1; n_bytes <= 4; n_bytes *= 2) {
                    if (sizes[i] <= (size_t)1 << 8 * n_bytes) {
                        check(kernels, n_bytes, sizes[i], shape % 3);
                    }
                }
            }
        }
        printf("%s\n", paths[p]);
    }
    return 0;
}
