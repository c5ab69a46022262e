/*
 * Calls that are refused memory.
 */
#include "program.h"

#define MOST_BEFORE 32

void program_refuse(program *at)
{
    at->refusal = (uint8_t)(1 + law_below(&at->bytes, 2 * MOST_BEFORE));
}

void program_arm(program *at)
{
    if (at->refusal != 0) {
        at->before = at->is_reading ? 0 : law_checksum(at->fleet);
        law_refuse((at->refusal - 1U) / 2, at->refusal % 2 == 0);
    }
}

bool program_failed(program *at, mdm_status status)
{
    const bool was_armed = at->refusal != 0;
    const bool was_refused = was_armed && law_was_refused();
    at->status = status;
    at->refusal = 0;
    LAW(status != MDM_NO_MEMORY || was_refused);
    if (status == MDM_OK || !was_armed) {
        return false;
    }
    LAW(at->is_reading || law_checksum(at->fleet) == at->before);
    return status == MDM_NO_MEMORY;
}
