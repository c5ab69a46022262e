/*
 * Lanes by the instructions that every processor of the kind has.
 */
#define MDM_WITH
#define MDM_PART 16
#define MDM_SQUEEZE mdm_squeeze_portable
#define MDM_LANE_TABLE mdm_lanes_portable

#include "mdm_lanes_body.h"
