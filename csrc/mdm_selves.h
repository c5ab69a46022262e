/*
 * What devices said of themselves, as it stood in lines before: sources of one class say the same, and
 * what was read once need not be read again.
 *
 * A text goes to the first brace that closes, and is known only where reading ended there: then it
 * ends there wherever it stands.
 */
#ifndef MDM_SELVES_H
#define MDM_SELVES_H

#include "mdm_memory.h"

typedef struct mdm_self {
    const char *at; /* in a line; NULL: empty */
    size_t len;
    const uint32_t *codes; /* one an attribute */
} mdm_self;

typedef struct mdm_selves {
    mdm_self *at; /* NULL: it is off */
    size_t n_asked;
    size_t n_found;
} mdm_selves;

/* Without memory it stays off. */
void mdm_selves_open(mdm_selves *selves, const mdm_allocator *memory);
void mdm_selves_close(mdm_selves *selves, const mdm_allocator *memory);
/* Where the text that begins here has its place, and what it is: asked->codes are there where it is
   known. NULL: it has none, or all is off. */
mdm_self *mdm_selves_ask(mdm_selves *selves, const char *at, const char *end, mdm_self *asked);

#endif
