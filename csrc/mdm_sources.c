/*
 * The sources of a join: lines of NDJSON, rows of the fleet, or all its classes. Equal ones are
 * kept once.
 */
#include "mdm_join.h"
#include "mdm_lines.h"

#include <string.h>

void mdm_sources_free(mdm_join *join)
{
    const mdm_allocator *memory = &join->fleet->memory;
    mdm_sources *sources = &join->sources;
    mdm_resize(memory, sources->number, sources->n_given_max, 0, sizeof *sources->number);
    MDM_TRIM(memory, sources, 0);
    mdm_compiler_free(&sources->compiler);
}

static bool reserve_given(mdm_join *join)
{
    mdm_sources *sources = &join->sources;
    return mdm_reserve(&join->fleet->memory, &sources->number, &sources->n_given_max,
                       sources->n_given, 1, sizeof *sources->number);
}

/* ---- Lines ---- */

typedef struct known {
    mdm_text text;
    uint64_t hash;
} known;

/* What follows the names, by its hash. Texts are borrowed. */
typedef struct texts {
    known *at;
    size_t capacity;
    uint32_t *slots; /* number + 1; 0 is empty */
    size_t n_slots;
} texts;

static void free_texts(const mdm_allocator *memory, texts *seen)
{
    MDM_TRIM(memory, seen, 0);
    mdm_resize(memory, seen->slots, seen->n_slots, 0, sizeof *seen->slots);
}

static bool widen(const mdm_allocator *memory, texts *seen, size_t n)
{
    const size_t n_slots = seen->n_slots == 0 ? 64 : seen->n_slots * 2;
    uint32_t *slots = NULL;
    if (n + n / 2 < seen->n_slots) {
        return true;
    }
    slots = mdm_resize(memory, NULL, 0, n_slots, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0, n_slots * sizeof *slots);
    for (size_t i = 0; i < n; i++) {
        size_t slot = seen->at[i].hash & (n_slots - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (n_slots - 1);
        }
        slots[slot] = (uint32_t)i + 1;
    }
    mdm_resize(memory, seen->slots, seen->n_slots, 0, sizeof *slots);
    seen->slots = slots;
    seen->n_slots = n_slots;
    return true;
}

/* The slot of a text, which is empty where the text is new. */
static uint32_t *find(const texts *seen, mdm_text text, uint64_t hash)
{
    const size_t mask = seen->n_slots - 1;
    size_t slot = hash & mask;
    for (; seen->slots[slot] != 0; slot = (slot + 1) & mask) {
        const known *at = &seen->at[seen->slots[slot] - 1];
        if (at->hash == hash && at->text.len == text.len &&
            memcmp(at->text.at, text.at, text.len) == 0) {
            break;
        }
    }
    return &seen->slots[slot];
}

static mdm_status read_source(mdm_join *join, texts *seen, const mdm_raw_line *line,
                              const char **fault)
{
    const mdm_allocator *memory = &join->fleet->memory;
    mdm_sources *sources = &join->sources;
    uint32_t *slot = NULL;
    mdm_status status = MDM_OK;
    if (sources->n_given >= UINT32_MAX - 1) {
        return MDM_TOO_MANY;
    }
    if (!reserve_given(join) || !MDM_RESERVE(memory, sources, sources->n, 1) ||
        !MDM_RESERVE(memory, seen, sources->n, 1) || !widen(memory, seen, sources->n)) {
        return MDM_NO_MEMORY;
    }
    slot = find(seen, line->rest, line->hash);
    if (*slot == 0) {
        status = mdm_compile_line(&sources->compiler, line->text, &sources->at[sources->n], fault);
        if (status != MDM_OK) {
            return status;
        }
        seen->at[sources->n] = (known){line->rest, line->hash};
        *slot = (uint32_t)++sources->n;
    }
    sources->number[sources->n_given++] = *slot - 1;
    return MDM_OK;
}

mdm_status mdm_sources_read(mdm_join *join, mdm_text text, mdm_fault *faults, size_t faults_len,
                            size_t *n_faults)
{
    mdm_text left = text;
    texts seen = {NULL, 0, NULL, 0};
    mdm_status result = MDM_OK;
    size_t number = 0;
    *n_faults = 0;
    if (!mdm_compiler_new(&join->sources.compiler, join->fleet, false)) {
        return MDM_NO_MEMORY;
    }
    join->sources.compiler.limit = text.at + text.len;
    for (; left.len > 0; number++) {
        const mdm_raw_line line = mdm_line_cut(&left, true);
        const char *fault = line.text.at;
        const mdm_status status =
            mdm_line_is_blank(line.text) ? MDM_OK : read_source(join, &seen, &line, &fault);
        if (status == MDM_BAD_TEXT) {
            result = status;
            if (*n_faults < faults_len) {
                faults[(*n_faults)++] = (mdm_fault){(size_t)(fault - text.at), number};
            }
        } else if (status != MDM_OK) {
            result = status;
            break;
        }
    }
    free_texts(&join->fleet->memory, &seen);
    return result;
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
    return mdm_compiler_new(&sources->compiler, join->fleet, true) &&
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

static bool find_asked(mdm_join *join)
{
    const mdm_lists *lists = mdm_source_lists(join);
    const size_t n = join->fleet->scheme.n_attributes;
    mdm_asked *asked =
        mdm_take(&join->sources.compiler.arena, lists->rows.n, sizeof *asked);
    if (asked == NULL) {
        return false;
    }
    for (size_t object = 0; object < lists->rows.n; object++) {
        asked[object] = (mdm_asked){0, mdm_code(&lists->columns, n, object) != 0};
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t object = 0; object < lists->rows.n; object++) {
            asked[object].listed |= (uint64_t)(mdm_code(&lists->columns, a, object) != 0) << a;
        }
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
