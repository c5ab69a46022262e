/*
 * The bulk reader, and what ways into a fleet need of it: rows that no question sees yet.
 */
#ifndef MDM_READER_H
#define MDM_READER_H

#include "mdm_batch.h"

/* Rows after which it is seen whether the table suits them. */
#define MDM_WEIGHED ((size_t)1 << 14)

struct mdm_reader {
    mdm_fleet *fleet;
    mdm_mark mark;
    size_t names_before;
    size_t n; /* rows read */
    size_t n_lines;
    bool is_broken;
    mdm_habits habits;
};

mdm_fleet *mdm_reader_fleet(const mdm_reader *reader); /* NULL where the reader is at its end */
void mdm_reader_break(mdm_reader *reader); /* from now on it can only be freed */
/* Room for n more rows; *row is the first of them. */
mdm_status mdm_reader_reserve(mdm_reader *reader, size_t n, size_t *row);
/* n rows with class and name are there. */
void mdm_reader_push(mdm_reader *reader, size_t n);
/* After its rows have found their place, or none: the fleet is open to others again. */
void mdm_reader_end(mdm_reader *reader);

#endif
