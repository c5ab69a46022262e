/*
 * Which path over lanes to take.
 */
#include "mdm_lanes.h"

#include <stdlib.h>
#include <string.h>

static bool has_avx2(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") != 0;
#else
    return false;
#endif
}

static bool has_avx512(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") != 0;
#else
    return false;
#endif
}

const mdm_lane_kernels *mdm_lane_kernels_wanted(void)
{
    const char *wanted = getenv("MDM_PATH");
    const bool is_any = wanted == NULL;
#if defined(__x86_64__)
    if (has_avx512() && (is_any || strcmp(wanted, mdm_path_text(MDM_PATH_AVX512)) == 0)) {
        return &mdm_lanes_avx512;
    }
    if (has_avx2() && (is_any || strcmp(wanted, mdm_path_text(MDM_PATH_AVX2)) == 0)) {
        return &mdm_lanes_avx2;
    }
#endif
    return &mdm_lanes_portable;
}
