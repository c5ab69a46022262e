/*
 * What a reader has seen: texts of lines after their name, which repeat as descriptions do, and
 * the row that each was in first: classes may be numbered anew.
 *
 * There are two ways to a text. One needs all of it. The other guesses by the front of what is
 * left of the file, before anybody has looked where the line ends; a guess that holds tells.
 */
#ifndef MDM_SEEN_H
#define MDM_SEEN_H

#include "mdm_memory.h"

typedef struct mdm_front {
    uint32_t place; /* the number of the text + 1; 0 is empty */
    uint16_t tag;   /* of the hash */
    uint16_t len;   /* of all of the text: the next line begins there */
} mdm_front;

typedef struct mdm_seen {
    bool is_off; /* all lines differ: looking them up does not pay */
    mdm_texts texts;
    mdm_u32s rows;
    mdm_arena arena;
    size_t n_lines;
    size_t n_hits;
    size_t n_bytes;   /* of all texts */
    size_t width;     /* of a front; shorter texts are not guessed */
    mdm_front *fronts;
    size_t n_fronts;
} mdm_seen;

mdm_seen mdm_seen_new(const mdm_allocator *memory);
uint32_t mdm_seen_find(mdm_seen *seen, mdm_text text, uint64_t hash); /* a row, or MDM_NONE */
/* Which text may stand here, up to a line feed before the limit; MDM_NONE: not one that is known.
   What is needed to be sure is asked for. */
uint32_t mdm_seen_guess(const mdm_seen *seen, const char *at, const char *limit, size_t *len);
/* The row, where the guess holds; else MDM_NONE. */
uint32_t mdm_seen_check(mdm_seen *seen, uint32_t number, const char *at);
/* Whatever it lacks memory for, it does not remember. */
void mdm_seen_add(mdm_seen *seen, mdm_text text, uint64_t hash, uint32_t row);
void mdm_seen_cut(mdm_seen *seen, size_t n); /* forgets all but the first n texts */
void mdm_seen_end(mdm_seen *seen); /* forgets everything, and is off */

#endif
