/*
 * Text cut into lines, and lines after their name: what follows it repeats as descriptions do.
 */
#ifndef MDM_LINES_H
#define MDM_LINES_H

#include "mdm_memory.h"

/* Text comes from far away: what is asked for so many bytes before is there in time. */
#define MDM_AHEAD ((size_t)2048)

/* A line that begins with {"name":"...", where the name is plain ASCII, has a name and a rest,
   which begins with the quote behind it; the rest of any other is all of it. */
typedef struct mdm_raw_line {
    mdm_text text;
    mdm_text name; /* at NULL: none, or not so written */
    mdm_text rest;
    uint64_t hash; /* of the rest, if asked for */
} mdm_raw_line;

/* The name and the rest of the line that begins here, as far as the limit or where it ends.
   Where the name has the usual length, nothing that follows waits for its end to be found. */
void mdm_line_name(mdm_raw_line *line, const char *at, const char *limit, size_t usual);
/* Whether it looks like the rest of a line with a name: it is no object then, and was never seen. */
static inline bool mdm_line_is_rest(const mdm_raw_line *line)
{
    return line->name.at == NULL && line->rest.len > 0 && line->rest.at[0] == '"';
}

bool mdm_line_is_blank(mdm_text line);
/* Cuts a line off the front of a text that is not empty. */
mdm_raw_line mdm_line_cut(mdm_text *text, bool hashes);

#endif
