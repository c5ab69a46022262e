/*
 * For the checks of the C core without Python: a scheme with an attribute of every kind.
 */
#ifndef KINDS_H
#define KINDS_H

#include "mdm.h"

static const mdm_attribute attributes[] = {
    {"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_UNDECIDED, 0},
    {"count", 5, MDM_INT, MDM_UNRELATED, 1, MDM_NO, 0},
    {"modes", 5, MDM_SET, MDM_SUPERSET, 2, MDM_YES, 0},
    {"version", 7, MDM_VERSION, MDM_MINOR, 3, MDM_UNDECIDED, 0},
    {"id", 2, MDM_PCI_ID, MDM_UNRELATED, 4, MDM_UNDECIDED, 0},
    {"share", 5, MDM_RATIO, MDM_UNRELATED, 5, MDM_UNDECIDED, 0},
};
static const mdm_scheme scheme = {attributes, 6, MDM_BOTH, MDM_UNDECIDED, MDM_UNDECIDED, 0};

#endif
