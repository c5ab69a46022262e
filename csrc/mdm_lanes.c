/*
 * Which path over lanes to take.
 */
#include "mdm_lanes.h"

const mdm_lane_kernels *mdm_lane_kernels_of(mdm_path path)
{
    switch (path) {
#if defined(__x86_64__)
    case MDM_PATH_AVX512:
        return &mdm_lanes_avx512;
    case MDM_PATH_AVX2:
        return &mdm_lanes_avx2;
#endif
    default:
        return &mdm_lanes_portable;
    }
}
