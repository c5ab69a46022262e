/*
 * Lanes by AVX-512.
 */
#if defined(__x86_64__)

#define MDM_WITH __attribute__((target("avx512f,avx512vl")))
#define MDM_PART 32
#define MDM_SQUEEZE mdm_squeeze_avx512
#define MDM_LANE_TABLE mdm_lanes_avx512

#include "mdm_lanes_body.h"

#else

typedef int mdm_no_avx512; /* an empty file is none of the language */

#endif
