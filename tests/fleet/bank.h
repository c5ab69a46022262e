/*
 * For the checks of the C core without Python: an allocator that counts, and refuses once; numbers
 * that look drawn.
 */
#ifndef BANK_H
#define BANK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdm.h"

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            exit(1);                                                          \
        }                                                                     \
    } while (0)

/* Numbers of 24 bits that look drawn (Numerical Recipes' linear congruence), the same from a seed. */
static inline uint32_t next(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

typedef struct bank {
    size_t n_bytes;
    size_t n_blocks;
    size_t n_left; /* requests until the refusal */
    int has_refused;
} bank;

#define HEADER ((size_t)16)

static inline void *bank_resize(void *context, void *block, size_t old_size, size_t new_size)
{
    bank *at = context;
    char *begin = block == NULL ? NULL : (char *)block - HEADER;
    size_t known = 0;
    if (begin != NULL) {
        memcpy(&known, begin, sizeof known);
        CHECK(known == old_size);
    } else {
        CHECK(old_size == 0);
    }
    if (new_size == 0) {
        at->n_bytes -= old_size;
        at->n_blocks--;
        free(begin);
        return NULL;
    }
    if (at->n_left-- == 0) {
        at->has_refused = 1;
        return NULL;
    }
    /* Always a new place, so that a stale pointer shows. */
    char *moved = malloc(new_size + HEADER);
    CHECK(moved != NULL);
    memcpy(moved, &new_size, sizeof new_size);
    memset(moved + HEADER, 0xa5, new_size);
    if (begin != NULL) {
        memcpy(moved + HEADER, block, old_size < new_size ? old_size : new_size);
        free(begin);
    } else {
        at->n_blocks++;
    }
    at->n_bytes += new_size - old_size;
    return moved + HEADER;
}

#endif
