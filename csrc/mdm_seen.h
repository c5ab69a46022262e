/*
 * What a reader has seen: texts of lines after their name, which repeat as descriptions do, and
 * the class that each was found to be.
 */
#ifndef MDM_SEEN_H
#define MDM_SEEN_H

#include "mdm_memory.h"

typedef struct mdm_seen {
    bool is_off; /* all lines differ: looking them up does not pay */
    mdm_texts texts;
    mdm_u32s classes;
    mdm_arena arena;
    size_t n_lines;
    size_t n_hits;
} mdm_seen;

mdm_seen mdm_seen_new(const mdm_allocator *memory);
uint32_t mdm_seen_find(mdm_seen *seen, mdm_text text, uint64_t hash); /* a class; 0: never seen */
/* Whatever it lacks memory for, it does not remember. */
void mdm_seen_add(mdm_seen *seen, mdm_text text, uint64_t hash, uint32_t class);
void mdm_seen_end(mdm_seen *seen); /* forgets everything, and is off */

#endif
