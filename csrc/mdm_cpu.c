/*
 * Which path to take.
 */
#include <stdlib.h>
#include <string.h>

#include "mdm_fleet.h"

const char *mdm_path_text(mdm_path path)
{
    static const char *const texts[] = {"portable", "sse2", "avx2", "avx512", "neon"};
    const size_t number = (size_t)path;
    return number < sizeof texts / sizeof *texts ? texts[number] : "no such path";
}

/* From the best on. */
static const mdm_kernels *const paths[] = {
    &mdm_kernels_portable,
};

static bool has(mdm_path path)
{
    return path == MDM_PATH_PORTABLE;
}

const mdm_kernels *mdm_kernels_wanted(void)
{
    const char *wanted = getenv("MDM_PATH");
    const mdm_kernels *best = NULL;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!has(paths[i]->path)) {
            continue;
        }
        if (wanted != NULL && strcmp(wanted, mdm_path_text(paths[i]->path)) == 0) {
            return paths[i];
        }
        best = best == NULL ? paths[i] : best;
    }
    return best;
}

mdm_path mdm_fleet_path(const mdm_fleet *fleet)
{
    return fleet->kernels->path;
}
