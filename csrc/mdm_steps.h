/*
 * What stood between one of a device's own values and the next, or one clause of an object and the
 * next, when that was last read. Lines say the same attributes in the same order: where a line has
 * the same bytes there, they need not be understood again.
 */
#ifndef MDM_STEPS_H
#define MDM_STEPS_H

#include "mdm_memo.h"
#include "mdm_rule.h"

#define MDM_STEP_BYTES 32
typedef struct mdm_step {
    char bytes[MDM_STEP_BYTES]; /* filled up with 0 */
    char others[MDM_STEP_BYTES]; /* all bits set where it does not matter what stands there */
    uint32_t len;       /* 0: nothing is known */
    uint32_t attribute; /* that follows */
    bool is_string;
} mdm_step;

/* By the attribute before; one more for the first. Objects leave attributes out, so several may
   follow: the last that was learnt stands first. */
#define MDM_STEP_WAYS 4
typedef struct mdm_steps {
    mdm_step after[MDM_MAX_ATTRIBUTES + 1][MDM_STEP_WAYS];
} mdm_steps;

/* The place of a parser in a line. */
typedef struct mdm_walk {
    const char *at;
    const char *end;   /* of the line */
    const char *limit; /* of what may be read; a line that ends before has a line feed there */
    uint64_t present;  /* the attributes that the line had so far */
    size_t last;       /* the last of them; how many the scheme has: none */
} mdm_walk;

/* Members that were taken before their line is parsed. */
typedef struct mdm_ahead {
    const char *begin; /* of the first; NULL: none were */
    mdm_walk place;   /* behind the last */
    mdm_token *tokens;
    size_t n;
} mdm_ahead;

void mdm_steps_clear(mdm_steps *steps, size_t n_attributes);
/* gap is from where the value before ended to where that of the attribute begins. */
void mdm_steps_learn(mdm_steps *steps, size_t last, mdm_text gap, size_t attribute,
                     bool is_string);
/* Takes members as long as they are what is expected, with a value of plain text or of few
   digits; stops before any other. Returns how many; they are not in the line twice. */
size_t mdm_steps_take(const mdm_steps *steps, mdm_memo memo, mdm_walk *place,
                      mdm_token *tokens);

#endif
