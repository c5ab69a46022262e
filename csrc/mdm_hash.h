/*
 * The step of hashing, and the masks that cut short texts out of whole words.
 */
#ifndef MDM_HASH_H
#define MDM_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The constants and the multiply-and-fold step are those of wyhash (public domain). */
#define MDM_SECRET_A 0xa0761d6478bd642fU
#define MDM_SECRET_B 0xe7037ed1a0b428dbU
#define MDM_SECRET_C 0x8ebc6af09c88c6e3U
#define MDM_SECRET_D 0x589965cc75374cc3U

__extension__ typedef unsigned __int128 mdm_u128;

static inline uint64_t mdm_mix(uint64_t left, uint64_t right)
{
    const mdm_u128 product = (mdm_u128)left * right;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t mdm_load(const char *at)
{
    uint64_t word = 0;
    memcpy(&word, at, sizeof word);
    return word;
}

#endif
