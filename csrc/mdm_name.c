/*
 * Names: one run of bytes, and a word a row that says where its name is and how long.
 */
#include <string.h>

#include "mdm_fleet.h"

#define LEN_MASK (((uint64_t)1 << MDM_NAME_BITS) - 1)
/* Less is not worth the walk over all rows. */
#define LEAST_GARBAGE ((size_t)4096)

mdm_status mdm_names_add(mdm_fleet *fleet, mdm_text name, uint64_t *word)
{
    mdm_names *names = &fleet->names;
    if (!MDM_RESERVE(&fleet->memory, names, names->n, name.len)) {
        return MDM_NO_MEMORY;
    }
    if (name.len > 0) {
        memcpy(names->at + names->n, name.at, name.len);
    }
    *word = (uint64_t)names->n << MDM_NAME_BITS | name.len;
    names->n += name.len;
    return MDM_OK;
}

mdm_text mdm_names_get(const mdm_fleet *fleet, uint64_t word)
{
    static const char empty[1] = "";
    if (word == MDM_NO_NAME || fleet->names.at == NULL) {
        return (mdm_text){empty, 0};
    }
    return (mdm_text){fleet->names.at + (word >> MDM_NAME_BITS), (size_t)(word & LEN_MASK)};
}

static void compact(mdm_fleet *fleet)
{
    mdm_names *names = &fleet->names;
    const size_t capacity = names->n - names->n_garbage;
    char *at = mdm_resize(&fleet->memory, NULL, 0, capacity, 1);
    size_t n = 0;
    if (at == NULL && capacity > 0) {
        return;
    }
    for (size_t row = 0; row < fleet->rows.n; row++) {
        uint64_t *word = &fleet->rows.name.at[row];
        const mdm_text name = mdm_names_get(fleet, *word);
        if (*word != MDM_NO_NAME) {
            if (name.len > 0) {
                MDM_HOLDS(at != NULL); /* a name of some bytes is among the kept ones */
                memcpy(at + n, name.at, name.len);
            }
            *word = (uint64_t)n << MDM_NAME_BITS | name.len;
            n += name.len;
        }
    }
    mdm_resize(&fleet->memory, names->at, names->capacity, 0, 1);
    *names = (mdm_names){at, capacity, n, 0};
}

size_t mdm_names_len(uint64_t word)
{
    return word == MDM_NO_NAME ? 0 : (size_t)(word & LEN_MASK);
}

void mdm_names_waste(mdm_fleet *fleet, size_t n_bytes)
{
    mdm_names *names = &fleet->names;
    names->n_garbage += n_bytes;
    if (names->n_garbage > LEAST_GARBAGE && names->n_garbage > names->n / 2) {
        compact(fleet);
    }
}

void mdm_names_drop(mdm_fleet *fleet, uint64_t word)
{
    mdm_names_waste(fleet, mdm_names_len(word));
}
