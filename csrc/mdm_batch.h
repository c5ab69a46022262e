/*
 * Lines a few at a time: what one needs from memory is on its way while others are looked at.
 */
#ifndef MDM_BATCH_H
#define MDM_BATCH_H

#include "mdm_lines.h"
#include "mdm_parse.h"
#include "mdm_seen.h"

#define MDM_BATCH 16 /* lines; with what they are compared to, they fit the first cache */
#define MDM_BATCH_TOKENS 256

/* What a reader keeps from line to line; it changes how fast a line is read, and nothing else. */
typedef struct mdm_habits {
    mdm_seen seen; /* what follows the name; whole lines that have none */
    mdm_steps steps;
    mdm_memo memo;
    mdm_steps clause_steps;
    mdm_memo clause_memo; /* never open: lists are looked up whole */
    size_t n_parsed;
    size_t name_len; /* of the last line that was guessed */
} mdm_habits;

typedef struct mdm_batch_line {
    mdm_raw_line raw;
    uint32_t guess; /* of what was seen; MDM_NONE: none */
    mdm_ahead ahead;
    bool is_blank;
    bool has_name;
    bool is_sole; /* its name stands elsewhere, so its text is not all that matters */
    uint32_t twin; /* a row with the same description; MDM_NONE: none, so the codes tell */
    mdm_text name;
    uint32_t codes[MDM_MAX_ATTRIBUTES + 1];
} mdm_batch_line;

typedef struct mdm_batch {
    mdm_batch_line lines[MDM_BATCH];
    size_t n;
    const char *limit; /* where the text ends */
    mdm_token tokens[MDM_BATCH_TOKENS];
} mdm_batch;

/* Takes the next lines off the front of a text, and asks for what they need. */
void mdm_batch_cut(mdm_batch *batch, const mdm_fleet *fleet, mdm_habits *habits, mdm_text *left);
/* Finds the twin of a line that has none yet, or its codes. Decoded names are in the scratch
   arena, which is to be emptied before the batch. */
mdm_status mdm_batch_parse(mdm_batch *batch, size_t number, mdm_fleet *fleet, mdm_habits *habits,
                           const char **fault);
void mdm_habits_begin(mdm_habits *habits, const mdm_allocator *memory, size_t n_attributes);
void mdm_habits_end(mdm_habits *habits, const mdm_allocator *memory);

#endif
