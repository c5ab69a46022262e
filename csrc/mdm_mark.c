/*
 * Encoded forms as bits by code.
 */
#include "mdm_encode.h"

static void fill(uint64_t *bits, size_t begin, size_t end)
{
    for (; begin < end && begin % 64 != 0; begin++) {
        bits[begin / 64] |= (uint64_t)1 << begin % 64;
    }
    for (; begin + 64 <= end; begin += 64) {
        bits[begin / 64] = UINT64_MAX;
    }
    if (begin < end) {
        bits[begin / 64] |= ((uint64_t)1 << (end - begin)) - 1;
    }
}

static void mark_ranks(const mdm_dictionary *dictionary, mdm_ranks ranks, uint64_t *bits)
{
    if (dictionary->by_rank.at == NULL) {
        fill(bits, (size_t)ranks.begin + 1, (size_t)ranks.end + 1);
        return;
    }
    for (uint32_t rank = ranks.begin; rank < ranks.end; rank++) {
        const uint32_t code = dictionary->by_rank.at[rank];
        bits[code / 64] |= (uint64_t)1 << code % 64;
    }
}

void mdm_encoded_mark(const mdm_fleet *fleet, size_t attribute, const mdm_encoded *encoded,
                      uint64_t *bits)
{
    const mdm_dictionary *dictionary = &fleet->dictionaries[attribute];
    if (encoded->holds_all) {
        fill(bits, 1, dictionary->texts.n + 1);
        return;
    }
    for (uint32_t i = 0; i < encoded->n_ranks; i++) {
        mark_ranks(dictionary, encoded->ranks[i], bits);
    }
    for (size_t block = 0; encoded->asks_members && block * 64 <= dictionary->n_settled; block++) {
        bits[block] |= mdm_members_ask(dictionary, encoded->required, encoded->forbidden, block);
    }
    for (uint32_t i = 0; i < encoded->n_codes; i++) {
        bits[encoded->codes[i] / 64] |= (uint64_t)1 << encoded->codes[i] % 64;
    }
}
