/*
 * Which path to take, and how a set of codes is given to it.
 */
#include <stdlib.h>
#include <string.h>

#include "mdm_fleet.h"

const char *mdm_path_text(mdm_path path)
{
    static const char *const texts[] = {"portable", "sse2", "avx2", "avx512", "neon"};
    const size_t number = (size_t)path;
    return number < sizeof texts / sizeof *texts ? texts[number] : "no such path";
}

/* From the best on. */
static const mdm_kernels *const paths[] = {
#if defined(__x86_64__)
    &mdm_kernels_avx512,
    &mdm_kernels_avx2,
    &mdm_kernels_sse2,
#elif defined(__aarch64__)
    &mdm_kernels_neon,
#endif
    &mdm_kernels_portable,
};

static bool has(mdm_path path)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    switch (path) {
    case MDM_PATH_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
    case MDM_PATH_AVX2:
        return __builtin_cpu_supports("avx2");
    default:
        return true;
    }
#else
    return path != MDM_PATH_AVX512;
#endif
}

const mdm_kernels *mdm_kernels_wanted(void)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets it */
    const char *wanted = getenv("MDM_PATH");
    const mdm_kernels *best = NULL;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!has(paths[i]->path)) {
            continue;
        }
        if (wanted != NULL && strcmp(wanted, mdm_path_text(paths[i]->path)) == 0) {
            return paths[i];
        }
        best = best == NULL ? paths[i] : best;
    }
    return best;
}

mdm_path mdm_fleet_path(const mdm_fleet *fleet)
{
    return fleet->kernels->path;
}

/* ---- Filters ---- */

static bool bit_of(const uint64_t *set, size_t code)
{
    return (set[code / 64] >> code % 64 & 1) != 0;
}

/* The first code from `code` on that is in the set, or is not; n_codes: none. */
static size_t next_code(const uint64_t *set, size_t n_codes, size_t code, bool is_in)
{
    while (code < n_codes) {
        const uint64_t word = (is_in ? set[code / 64] : ~set[code / 64]) >> code % 64;
        if (word != 0) {
            code += (size_t)__builtin_ctzll(word);
            return code < n_codes ? code : n_codes;
        }
        code = (code / 64 + 1) * 64;
    }
    return n_codes;
}

mdm_filter mdm_filter_of(const uint64_t *set, size_t n_codes)
{
    mdm_filter made = {.set = set, .n_codes = n_codes};
    const bool starts_in = bit_of(set, 0);
    size_t low = next_code(set, n_codes, 0, !starts_in);
    size_t high = next_code(set, n_codes, low, starts_in);
    const bool ends = next_code(set, n_codes, high, !starts_in) == n_codes;
    if (starts_in && high == n_codes) {
        /* The interval of the codes in the set begins with the first. */
        high = low;
        low = 0;
    } else if (starts_in) {
        made.outside = UINT64_MAX;
    }
    made.is_interval = ends && low < high;
    made.low = (uint32_t)low;
    made.span = (uint32_t)(high - low - 1);
    return made;
}

bool mdm_filter_meets_far(const mdm_filter *filter, uint32_t low, uint32_t high)
{
    return next_code(filter->set, (size_t)high + 1, low, true) <= high;
}
