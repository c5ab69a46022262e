/*
 * An encoded form being made; shared by the files that encode.
 */
#ifndef MDM_ENCODER_H
#define MDM_ENCODER_H

#include "mdm_encode.h"

typedef struct mdm_encoder {
    mdm_arena *arena;
    const mdm_dictionary *dictionary;
    const mdm_attribute *attribute;
    const mdm_test *test;
    const mdm_object *object;
    const mdm_clause *clause; /* or, NULL, a relation to a source */
    const mdm_value *source;
    mdm_u32s codes;
    size_t n_codes;
    struct {
        mdm_ranks *at;
        size_t capacity;
    } ranks;
    size_t n_ranks;
    uint32_t next_rank; /* stretches are asked for from the lowest up */
    bool asks_members;
    uint64_t required;
    uint64_t forbidden;
} mdm_encoder;

/* Each is false where the memory ends. */
bool mdm_encoder_add(mdm_encoder *encoder, uint32_t code);
bool mdm_encoder_try(mdm_encoder *encoder, uint32_t code); /* added if it is accepted */
/* The settled values from low to high: all, or those that are accepted. */
bool mdm_encoder_span(mdm_encoder *encoder, const mdm_value *low, const mdm_value *high);
bool mdm_encoder_try_span(mdm_encoder *encoder, const mdm_value *low, const mdm_value *high);

/* ---- mdm_encode_set.c ---- */

/* Settled sets that have exactly these members, or at least, or at most. */
typedef enum mdm_set_question { MDM_IS, MDM_HAS, MDM_IS_WITHIN } mdm_set_question;

void mdm_encoder_ask_members(mdm_encoder *encoder, const mdm_set *set, mdm_set_question question);
/* One of several sets: their codes. */
bool mdm_encoder_add_set(mdm_encoder *encoder, const mdm_set *set);

/* ---- mdm_encode_template.c ---- */

bool mdm_encode_number(mdm_encoder *encoder);
/* Whether a text template has so few texts that they are looked up, and that done. */
bool mdm_is_short_template(const mdm_encoder *encoder);
bool mdm_encode_texts(mdm_encoder *encoder);

#endif
