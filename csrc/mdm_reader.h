/*
 * What other ways into a fleet need of the bulk reader: rows that no question sees yet.
 */
#ifndef MDM_READER_H
#define MDM_READER_H

#include "mdm_fleet.h"

mdm_fleet *mdm_reader_fleet(const mdm_reader *reader); /* NULL where the reader is at its end */
void mdm_reader_break(mdm_reader *reader); /* from now on it can only be freed */
/* Room for n more rows; *row is the first of them. */
mdm_status mdm_reader_reserve(mdm_reader *reader, size_t n, size_t *row);
/* n rows with class and name are there. */
void mdm_reader_push(mdm_reader *reader, size_t n);
/* After its rows have found their place, or none: the fleet is open to others again. */
void mdm_reader_end(mdm_reader *reader);

#endif
