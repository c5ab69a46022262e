/*
 * Sets encoded: by the places of their members.
 */
#include "mdm_encoder.h"

static uint64_t all_places(const mdm_member_table *members)
{
    return members->n == 0 ? 0 : UINT64_MAX >> (64 - members->n);
}

/* The places of a set's members. False: a member is in no settled set. */
static bool places_of(const mdm_member_table *members, const mdm_set *set, uint64_t *places)
{
    bool is_known = set->n_unknown == 0;
    *places = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        const uint32_t place = mdm_member_place(members, set->at[i]);
        if (place == MDM_NONE) {
            is_known = false;
        } else {
            *places |= (uint64_t)1 << place;
        }
    }
    return is_known;
}

void mdm_encoder_ask_members(mdm_encoder *encoder, const mdm_set *set, mdm_set_question question)
{
    const mdm_member_table *members = &encoder->dictionary->members;
    uint64_t places = 0;
    const bool is_known = places_of(members, set, &places);
    if (encoder->dictionary->n_settled == 0 || (!is_known && question != MDM_IS_WITHIN)) {
        return;
    }
    encoder->asks_members = true;
    encoder->required = question == MDM_IS_WITHIN ? 0 : places;
    encoder->forbidden = question == MDM_HAS ? 0 : all_places(members) & ~places;
}

bool mdm_encoder_add_set(mdm_encoder *encoder, const mdm_set *set)
{
    const mdm_dictionary *dictionary = encoder->dictionary;
    mdm_encoder_ask_members(encoder, set, MDM_IS);
    for (size_t block = 0; encoder->asks_members && block * 64 <= dictionary->n_settled; block++) {
        uint64_t left = mdm_members_ask(dictionary, encoder->required, encoder->forbidden, block);
        for (; left != 0; left &= left - 1) {
            if (!mdm_encoder_add(encoder, (uint32_t)(block * 64 + (size_t)__builtin_ctzll(left)))) {
                return false;
            }
        }
    }
    encoder->asks_members = false;
    return true;
}

/* ---- Asked ---- */

uint64_t mdm_members_ask(const mdm_dictionary *dictionary, uint64_t required, uint64_t forbidden,
                         size_t block)
{
    const mdm_member_table *members = &dictionary->members;
    const uint64_t *words = members->at == NULL ? NULL : members->at + block * members->stride;
    const size_t n_left = dictionary->n_settled + 1 - block * 64;
    uint64_t held = n_left < 64 ? ((uint64_t)1 << n_left) - 1 : UINT64_MAX;
    held &= block == 0 ? ~(uint64_t)1 : UINT64_MAX;
    for (; required != 0; required &= required - 1) {
        MDM_HOLDS(words != NULL); /* a member has a row of the table */
        held &= words[__builtin_ctzll(required)];
    }
    for (; forbidden != 0; forbidden &= forbidden - 1) {
        MDM_HOLDS(words != NULL);
        held &= ~words[__builtin_ctzll(forbidden)];
    }
    return held;
}
