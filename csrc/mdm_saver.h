/*
 * A fleet while it is saved: which section comes next, and how far it is.
 */
#ifndef MDM_SAVER_H
#define MDM_SAVER_H

#include "mdm_saved.h"

#define MDM_PIECE ((size_t)1 << 14)

typedef enum mdm_stage {
    MDM_STAGE_HEAD,
    MDM_STAGE_SECTION,
    MDM_STAGE_NUMBERS,
    MDM_STAGE_TEXT,
    MDM_STAGE_END,
    MDM_STAGE_DONE
} mdm_stage;

struct mdm_saver {
    const mdm_fleet *fleet;
    uint64_t generation;
    char *label;
    size_t label_len;
    size_t n_classes;
    size_t n_live;
    uint32_t *numbers; /* of classes, from 1; 0: not in use */
    uint32_t *live;    /* classes by number */
    mdm_stage stage;
    mdm_section section;
    mdm_checksum checksum;
    uint64_t n_done;   /* numbers of the section, or texts */
    size_t n_text;     /* bytes of the text that comes next */
    uint32_t free_row; /* that comes next */
    size_t n_piece;
    size_t n_given; /* of the piece */
    char piece[MDM_PIECE];
};

/* ---- mdm_save_section.c: what sections hold ---- */

void mdm_saver_begin(mdm_saver *saver, size_t number);
/* The next n numbers of the section. */
void mdm_saver_numbers(mdm_saver *saver, size_t n, uint32_t *numbers);
mdm_text mdm_saver_text(const mdm_saver *saver, size_t i); /* of the section */

#endif
