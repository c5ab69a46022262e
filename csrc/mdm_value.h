/*
 * Values: the six kinds, parsed as strictly as simulator/values.py does, and compared.
 */
#ifndef MDM_VALUE_H
#define MDM_VALUE_H

#include "mdm_memory.h"

#define MDM_MAX_VALUE 4096 /* bytes; PATH_MAX, as in simulator/values.py */

typedef struct mdm_set {
    const uint32_t *at; /* numbers of members, ascending */
    uint32_t n;
    uint32_t n_unknown; /* members that the fleet has never seen; only in a question */
    uint64_t mask;      /* bit (number mod 64) for each: refuses most sets at a glance */
} mdm_set;

typedef struct mdm_version {
    uint32_t major_part; /* glibc had macros named major and minor */
    uint32_t minor_part;
    uint32_t bugfix;
} mdm_version;

typedef struct mdm_pci_id {
    uint32_t vendor; /* UINT32_MAX: bare */
    uint32_t device;
} mdm_pci_id;

typedef struct mdm_ratio {
    int64_t numerator; /* in lowest terms */
    int64_t denominator;
} mdm_ratio;

typedef union mdm_value {
    int64_t number;
    mdm_text text;
    mdm_set set;
    mdm_version version;
    mdm_pci_id pci_id;
    mdm_ratio ratio;
} mdm_value;

/* Where parsed values live, and how the members of their sets are numbered. */
typedef struct mdm_keeper {
    mdm_arena *arena;
    const mdm_texts *members;
    mdm_texts *grown; /* the members, where they may grow; NULL: unknown ones are counted */
} mdm_keeper;

/* Text is borrowed: a string value points to it. *fault points to where it went wrong. */
mdm_status mdm_value_parse(const mdm_keeper *keeper, mdm_kind kind, mdm_text text,
                           mdm_value *value, const char **fault);
bool mdm_number_parse(mdm_text text, int64_t *number);

/* An order in which equal values meet; that of the language for int, ratio and version. */
int mdm_value_order(mdm_kind kind, const mdm_value *left, const mdm_value *right);
bool mdm_value_equal(mdm_kind kind, const mdm_value *left, const mdm_value *right);
bool mdm_set_within(const mdm_set *inner, const mdm_set *outer);
/* Migration goes from one version to the other: same major, minor not below. */
bool mdm_version_reaches(const mdm_version *source, const mdm_version *target);

#endif
