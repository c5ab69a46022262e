/*
 * What a clause or a relation accepts, said about the codes of a dictionary without a walk over it.
 *
 * A code is held where its rank lies in an interval, where its set has and lacks certain members,
 * or where it stands in a list of codes; the three never name the same code twice:
 *
 *     ranks     equal, one_of, range, version and whatever else is a stretch of the order of
 *               values; values that are equal in another spelling are neighbours. Settled codes.
 *     members   superset, subset, equal and empty of sets. Settled codes, where the table of
 *               members is kept.
 *     codes     strings (found by their text), one of several sets, templates, and all codes that
 *               are not settled.
 *
 * A question turns it into bits by code. For many sources at once, rows of a bit a source are built
 * from it: toggle the source at both ends of each interval, then go through the ranks with XOR; per
 * combination of members, or per member, note who requires and who forbids it (mdm_members_of tells
 * the members of a code); and set the source in the rows of its codes.
 */
#ifndef MDM_ENCODE_H
#define MDM_ENCODE_H

#include "mdm_fleet.h"

typedef struct mdm_ranks {
    uint32_t begin;
    uint32_t end; /* not included */
} mdm_ranks;

typedef struct mdm_encoded {
    mdm_verdict absent; /* of code 0 */
    mdm_verdict held;   /* of the codes that are held; of the others MDM_NO */
    bool holds_all; /* every code, whatever the rest says */
    bool asks_members;
    uint32_t n_ranks;
    uint32_t n_codes;
    const mdm_ranks *ranks; /* ascending, apart */
    const uint32_t *codes;  /* each once */
    uint64_t required;      /* bit a place in the table of members */
    uint64_t forbidden;
} mdm_encoded;

/* About the values of the clause's attribute. What *made points to is in the arena. False: the
   memory ended. */
bool mdm_encode_clause(const mdm_fleet *fleet, mdm_arena *arena, const mdm_test *test,
                       const mdm_object *object, const mdm_clause *clause, mdm_encoded *made);
/* About the target's values; source: the value of the attribute that the relation takes it from,
   NULL where the source lacks it. An attribute that is not compared holds every code. */
bool mdm_encode_relation(const mdm_fleet *fleet, mdm_arena *arena, size_t attribute,
                         const mdm_value *source, mdm_encoded *made);
/* Attributes that an object does not list. */
void mdm_encode_unlisted(const mdm_fleet *fleet, size_t attribute, mdm_encoded *made);

/* Sets the bit of each code that is held; code 0 is not looked at. */
void mdm_encoded_mark(const mdm_fleet *fleet, size_t attribute, const mdm_encoded *encoded,
                      uint64_t *bits);

/* The settled codes from 64 * block on that have all required members and no forbidden one. */
uint64_t mdm_members_ask(const mdm_dictionary *dictionary, uint64_t required, uint64_t forbidden,
                         size_t block);

/* The places of the members of a settled code. */
static inline uint64_t mdm_members_of(const mdm_member_table *members, size_t code)
{
    const uint64_t *block = NULL;
    uint64_t places = 0;
    if (members->n == 0) {
        return 0; /* and there is no table */
    }
    block = members->at + code / 64 * members->stride;
    for (uint32_t place = 0; place < members->n; place++) {
        places |= (block[place] >> code % 64 & 1) << place;
    }
    return places;
}

#endif
