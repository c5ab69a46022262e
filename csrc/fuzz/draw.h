/*
 * Schemes and descriptions drawn from bytes: the text that the core gets, and what it means to the
 * naive model. The pools are small, so that devices meet.
 */
#ifndef DRAW_H
#define DRAW_H

#include "naive.h"

typedef struct drawn {
    char text[2048]; /* as mdm_description writes it */
    size_t len;
    naive_description meaning;
    naive_answer answer; /* NAIVE_BAD: the core has to refuse it */
} drawn;

typedef struct drawn_scheme {
    mdm_attribute attributes[LAW_ATTRIBUTES];
    mdm_scheme scheme;
} drawn_scheme;

/* That of law.h with relations and settings. */
void draw_scheme(law_bytes *bytes, drawn_scheme *to);
/* The heap is that of the meaning. */
void draw_description(law_bytes *bytes, const mdm_scheme *scheme, naive_heap *heap, drawn *to);
/* Devices without lists, always the same. */
#define DRAW_PROBES 12
const drawn *draw_probes(void);
/* One that no draw gives, but for the number always the same. */
void draw_numbered(uint32_t number, drawn *to);

#endif
