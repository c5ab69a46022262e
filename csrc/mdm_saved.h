/*
 * The form of a saved fleet; mdm.h describes it.
 */
#ifndef MDM_SAVED_H
#define MDM_SAVED_H

#include <string.h>

#include "mdm_fleet.h"

#define MDM_SAVED_MAGIC "\x89mdevf\r\n"
#define MDM_SAVED_VERSION 1
#define MDM_SAVED_HEAD ((size_t)72)
#define MDM_SECTION_HEAD ((size_t)24)
#define MDM_SAVED_FLAT 1U
#define MDM_SAVED_NAMES 2U
#define MDM_SAVED_NO_NAME UINT16_MAX

/* The sections of a scheme of n attributes, by number. */
#define MDM_SECTION_LABEL ((size_t)0)
#define MDM_SECTION_VALUES ((size_t)1)
#define MDM_SECTION_LISTS(n) ((n) + 1)
#define MDM_SECTION_CLASSES(n) ((n) + 2)
#define MDM_SECTION_CODES(n) ((n) + 3)
#define MDM_SECTION_FREE(n) (2 * (n) + 4)
#define MDM_SECTION_NAMES(n) (2 * (n) + 5)

typedef struct mdm_saved_head {
    uint32_t n_attributes;
    uint64_t fingerprint;
    uint64_t n_rows;
    uint64_t n_classes;
    uint64_t n_weighed;
    uint64_t n_unsorted;
    uint32_t flags;
    uint32_t layout;
} mdm_saved_head;

typedef struct mdm_section {
    uint32_t number;
    uint32_t width;
    uint64_t n;
    uint64_t n_text;
} mdm_section;

/* ---- Numbers ---- */

static inline void mdm_put_number(char *at, size_t width, uint64_t number)
{
    for (size_t i = 0; i < width; i++) {
        at[i] = (char)(unsigned char)(number >> 8 * i);
    }
}

static inline uint64_t mdm_get_number(const char *at, size_t width)
{
    uint64_t number = 0;
    for (size_t i = 0; i < width; i++) {
        number |= (uint64_t)(unsigned char)at[i] << 8 * i;
    }
    return number;
}

/* The same where a constant width makes one load or store of it. */
static inline void mdm_put_code(char *at, size_t width, uint32_t code)
{
    switch (width) {
    case 1:
        mdm_put_number(at, 1, code);
        break;
    case 2:
        mdm_put_number(at, 2, code);
        break;
    default:
        mdm_put_number(at, 4, code);
        break;
    }
}

static inline uint32_t mdm_get_code(const char *at, size_t width)
{
    return (uint32_t)(width == 1   ? mdm_get_number(at, 1)
                      : width == 2 ? mdm_get_number(at, 2)
                                   : mdm_get_number(at, 4));
}

static inline uint32_t mdm_width_of(uint64_t largest)
{
    return largest < 0x100 ? 1 : largest < 0x10000 ? 2 : 4;
}

/* ---- The checksum. Each step can be undone, so no change of one word alone is lost. ---- */

typedef struct mdm_checksum {
    uint64_t sum;
    uint64_t word; /* that is not whole yet */
    size_t n;      /* bytes of it */
} mdm_checksum;

static inline void mdm_checksum_word(mdm_checksum *checksum, uint64_t word)
{
    const uint64_t mixed = (checksum->sum ^ word) * 0x9e3779b97f4a7c15U;
    checksum->sum = mixed << 29 | mixed >> 35;
}

static inline void mdm_checksum_byte(mdm_checksum *checksum, char byte)
{
    checksum->word |= (uint64_t)(unsigned char)byte << 8 * checksum->n++;
    if (checksum->n == 8) {
        mdm_checksum_word(checksum, checksum->word);
        checksum->word = 0;
        checksum->n = 0;
    }
}

static inline void mdm_checksum_add(mdm_checksum *checksum, const char *at, size_t n)
{
    for (; n > 0 && checksum->n != 0; n--) {
        mdm_checksum_byte(checksum, *at++);
    }
    //@ dynamic_split n;
    for (; n >= 8; n -= 8, at += 8) {
        mdm_checksum_word(checksum, mdm_get_number(at, 8));
    }
    for (; n > 0; n--) {
        mdm_checksum_byte(checksum, *at++);
    }
}

/* Of all but the direction, which each question may choose. */
uint64_t mdm_scheme_fingerprint(const mdm_scheme *scheme);

#endif
