/*
 * Two places a hash; where both are taken, who comes later takes the first.
 */
#include "mdm_selves.h"

#include <string.h>

#define N_PLACES ((size_t)1 << 12)
/* Where hardly any is met again, no more is asked. */
#define TRIED 2048
#define LEAST_SHARE 8

void mdm_selves_open(mdm_selves *selves, const mdm_allocator *memory)
{
    mdm_self *at = mdm_resize(memory, NULL, 0, N_PLACES, sizeof *at);
    if (at != NULL) {
        memset(at, 0, N_PLACES * sizeof *at);
        *selves = (mdm_selves){at, 0, 0};
    }
}

void mdm_selves_close(mdm_selves *selves, const mdm_allocator *memory)
{
    if (selves->at != NULL) {
        mdm_resize(memory, selves->at, N_PLACES, 0, sizeof *selves->at);
    }
    *selves = (mdm_selves){NULL, 0, 0};
}

static bool is_same(const mdm_self *known, const mdm_self *asked)
{
    return known->len == asked->len && memcmp(known->at, asked->at, asked->len) == 0;
}

mdm_self *mdm_selves_ask(mdm_selves *selves, const char *at, const char *end, mdm_self *asked)
{
    const char *brace = NULL;
    mdm_self *places[2];
    if (selves->at == NULL ||
        (selves->n_asked >= TRIED && selves->n_found < selves->n_asked / LEAST_SHARE)) {
        return NULL;
    }
    brace = at == end ? NULL : memchr(at, '}', (size_t)(end - at));
    if (brace == NULL) {
        return NULL;
    }
    *asked = (mdm_self){at, (size_t)(brace - at) + 1, NULL};
    places[0] = &selves->at[mdm_hash(at, asked->len) & (N_PLACES - 1)];
    places[1] = &selves->at[(size_t)(places[0] - selves->at) ^ 1];
    selves->n_asked++;
    for (size_t i = 0; i < 2; i++) {
        if (is_same(places[i], asked)) {
            selves->n_found++;
            asked->codes = places[i]->codes;
            return places[i];
        }
    }
    return places[0]->at != NULL && places[1]->at == NULL ? places[1] : places[0];
}
