/*
 * What sources say of the fleet, in few words where that is possible, and what the lanes of a block
 * say of a column.
 */
#ifndef MDM_SAID_H
#define MDM_SAID_H

#include "mdm_encode.h"
#include "mdm_lanes.h"

/* How a clause that is said in few words stands. */
typedef enum mdm_form {
    MDM_SAID_BY_NOBODY, /* an empty seat */
    MDM_SAID_ALL,
    MDM_SAID_RANKS, /* one interval */
    MDM_SAID_CODE,  /* one */
    MDM_SAID_MEMBERS, /* that are required */
    MDM_SAID_AT_LENGTH
} mdm_form;

/* What an object holds of an attribute, near to what it holds of the others. */
typedef struct mdm_said {
    uint8_t form;
    uint8_t absent; /* as of mdm_encoded, as is held */
    uint8_t held;
    union {
        mdm_ranks ranks;
        uint32_t code;
        uint64_t required;
        const mdm_encoded *encoded;
    } as;
} mdm_said;

/* What the lanes say of a column. */
typedef struct mdm_sayings {
    const mdm_said *of[MDM_LANES];
    mdm_said made[MDM_LANES]; /* where it does not stand with the sources */
} mdm_sayings;

mdm_said mdm_said_of(const mdm_encoded *encoded);

static inline const mdm_ranks *mdm_said_ranks(const mdm_said *said, size_t *n)
{
    const bool is_long = said->form == MDM_SAID_AT_LENGTH;
    *n = is_long ? said->as.encoded->n_ranks : said->form == MDM_SAID_RANKS ? 1 : 0;
    return is_long ? said->as.encoded->ranks : &said->as.ranks;
}

static inline const uint32_t *mdm_said_codes(const mdm_said *said, size_t *n)
{
    const bool is_long = said->form == MDM_SAID_AT_LENGTH;
    *n = is_long ? said->as.encoded->n_codes : said->form == MDM_SAID_CODE ? 1 : 0;
    return is_long ? said->as.encoded->codes : &said->as.code;
}

static inline bool mdm_said_asks_members(const mdm_said *said)
{
    return said->form == MDM_SAID_MEMBERS ||
           (said->form == MDM_SAID_AT_LENGTH && said->as.encoded->asks_members);
}

#endif
