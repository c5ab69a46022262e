/*
 * The sources of a join: lines of NDJSON, rows of the fleet, or all its classes. Equal ones are
 * kept once.
 */
#include "mdm_join.h"

#include <string.h>

void mdm_sources_drop(mdm_sources *sources)
{
    const mdm_allocator *memory = sources->compiler.memory;
    if (memory == NULL) {
        return; /* there is nothing yet */
    }
    mdm_resize(memory, sources->number, sources->n_given_max, 0, sizeof *sources->number);
    MDM_TRIM(memory, sources, 0);
    mdm_compiler_free(&sources->compiler);
    memset(sources, 0, sizeof *sources);
}

void mdm_sources_free(mdm_join *join)
{
    mdm_sources_drop(&join->sources);
}

/* ---- Devices of the fleet ---- */

static mdm_status add_class(mdm_join *join, size_t class)
{
    mdm_sources *sources = &join->sources;
    const mdm_status status =
        mdm_compile_class(&sources->compiler, class, &sources->at[sources->n]);
    sources->n += status == MDM_OK ? 1 : 0;
    return status;
}

static bool reserve_sources(mdm_join *join, size_t n_given, size_t n_sources)
{
    const mdm_allocator *memory = &join->fleet->memory;
    mdm_sources *sources = &join->sources;
    return mdm_compiler_new(&sources->compiler, join->fleet, memory, true) &&
           mdm_fit(memory, &sources->number, &sources->n_given_max, n_given,
                   sizeof *sources->number) &&
           MDM_FIT(memory, sources, n_sources);
}

mdm_status mdm_sources_of_rows(mdm_join *join, const uint32_t *rows, size_t rows_len)
{
    const mdm_fleet *fleet = join->fleet;
    mdm_sources *sources = &join->sources;
    const size_t n_classes = fleet->classes.n;
    const size_t most = rows_len < n_classes ? rows_len : n_classes;
    mdm_status status = MDM_OK;
    uint32_t *known_as = NULL; /* by class: source + 1 */
    if (!reserve_sources(join, rows_len, most)) {
        return MDM_NO_MEMORY;
    }
    known_as = mdm_resize(&fleet->memory, NULL, 0, n_classes, sizeof *known_as);
    if (known_as == NULL) {
        return MDM_NO_MEMORY;
    }
    memset(known_as, 0, n_classes * sizeof *known_as);
    for (size_t i = 0; i < rows_len && status == MDM_OK; i++) {
        const uint32_t class = rows[i] < fleet->rows.n ? mdm_row_class(fleet, rows[i]) : 0;
        if (class == 0) {
            status = MDM_NO_ROW;
        } else if (known_as[class] == 0) {
            status = add_class(join, class);
            known_as[class] = (uint32_t)sources->n;
        }
        if (status == MDM_OK) {
            sources->number[sources->n_given++] = known_as[class] - 1;
        }
    }
    mdm_resize(&fleet->memory, known_as, n_classes, 0, sizeof *known_as);
    return status;
}

mdm_status mdm_sources_of_classes(mdm_join *join)
{
    const mdm_fleet *fleet = join->fleet;
    mdm_sources *sources = &join->sources;
    mdm_status status = MDM_OK;
    if (!reserve_sources(join, fleet->classes.n_live, fleet->classes.n_live)) {
        return MDM_NO_MEMORY;
    }
    for (size_t class = 1; class < fleet->classes.n && status == MDM_OK; class++) {
        if (mdm_class_is_live(fleet, class)) {
            sources->number[sources->n_given++] = (uint32_t)sources->n;
            status = add_class(join, class);
        }
    }
    return status;
}

/* ---- What is asked ---- */

#define AT_ONCE ((size_t)256) /* objects; as many lie in one page */

static void look_at_some(const mdm_join *join, mdm_asked *asked, size_t first, size_t n)
{
    const mdm_columns *columns = &mdm_source_lists(join)->columns;
    const size_t n_attributes = join->fleet->scheme.n_attributes;
    uint32_t numbers[AT_ONCE];
    mdm_codes_read(columns, n_attributes, first, n, numbers);
    for (size_t i = 0; i < n; i++) {
        asked[i] = (mdm_asked){0, numbers[i] != 0};
    }
    for (size_t a = 0; a < n_attributes; a++) {
        mdm_codes_read(columns, a, first, n, numbers);
        for (size_t i = 0; i < n; i++) {
            asked[i].listed |= (uint64_t)(numbers[i] != 0) << a;
        }
    }
}

static bool find_asked(mdm_join *join)
{
    const mdm_lists *lists = mdm_source_lists(join);
    mdm_asked *asked =
        mdm_take(&join->sources.compiler.arena, lists->rows.n, sizeof *asked);
    if (asked == NULL) {
        return false;
    }
    for (size_t first = 0; first < lists->rows.n; first += AT_ONCE) {
        const size_t left = lists->rows.n - first;
        look_at_some(join, asked + first, first, left < AT_ONCE ? left : AT_ONCE);
    }
    join->sources.asked = asked;
    return true;
}

bool mdm_sources_look(mdm_join *join)
{
    if (!mdm_compiler_encode(&join->sources.compiler, join->n_threads)) {
        return false;
    }
    for (size_t a = 0; a < join->fleet->scheme.n_attributes; a++) {
        mdm_encode_unlisted(join->fleet, a, &join->sources.unlisted[a]);
    }
    return (join->accepted_by & MDM_SOURCE) == 0 || (find_asked(join) && mdm_sources_say(join));
}
