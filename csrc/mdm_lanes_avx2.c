/*
 * Lanes by AVX2.
 */
#if defined(__x86_64__)

#define MDM_WITH __attribute__((target("avx2")))
#define MDM_LANE_TABLE mdm_lanes_avx2

#include "mdm_lanes_body.h"

#else

typedef int mdm_no_avx2; /* an empty file is none of the language */

#endif
