/*
 * Sources out of lines of NDJSON: many lines by several threads, each with a compiler of its own, whose
 * sources are then put together. Where there is a mistake, all is read again by one, which finds
 * every mistake in order.
 */
#include "mdm_guard.h"
#include "mdm_join.h"
#include "mdm_lines.h"
#include "mdm_merge.h"
#include "mdm_threads.h"

#include <string.h>

#define MOST_PARTS 64
#define PART_BYTES ((size_t)1 << 17) /* not worth a thread */

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

/* ---- By one thread ---- */

/* Some lines, one behind the other, and what they are made into. */
typedef struct part {
    mdm_sources *sources;
    texts seen;
    mdm_text text;
    const char *limit; /* of what may be read */
    mdm_status status;
} part;

static bool reserve(part *at)
{
    mdm_sources *sources = at->sources;
    const mdm_allocator *memory = sources->compiler.memory;
    return mdm_reserve(memory, &sources->number, &sources->n_given_max, sources->n_given, 1,
                       sizeof *sources->number) &&
           MDM_RESERVE(memory, sources, sources->n, 1) &&
           MDM_RESERVE(memory, &at->seen, sources->n, 1) && widen(memory, &at->seen, sources->n);
}

static mdm_status read_source(part *at, const mdm_raw_line *line, const char **fault)
{
    mdm_sources *sources = at->sources;
    uint32_t *slot = NULL;
    mdm_status status = MDM_OK;
    if (sources->n_given >= UINT32_MAX - 1) {
        return MDM_TOO_MANY;
    }
    if (!reserve(at)) {
        return MDM_NO_MEMORY;
    }
    slot = find(&at->seen, line->rest, line->hash);
    if (*slot == 0 || mdm_line_is_rest(line)) {
        status = mdm_compile_line(&sources->compiler, line->text, &sources->at[sources->n], fault);
        if (status != MDM_OK) {
            return status;
        }
        at->seen.at[sources->n] = (known){line->rest, line->hash};
        *slot = (uint32_t)++sources->n;
    }
    sources->number[sources->n_given++] = *slot - 1;
    return MDM_OK;
}

static mdm_status read_part(part *at, mdm_fault *faults, size_t faults_len, size_t *n_faults)
{
    mdm_text left = at->text;
    mdm_status result = MDM_OK;
    size_t number = 0;
    at->sources->compiler.limit = at->limit;
    for (; left.len > 0; number++) {
        const mdm_raw_line line = mdm_line_cut(&left, true);
        const char *fault = line.text.at;
        const mdm_status status =
            mdm_line_is_blank(line.text) ? MDM_OK : read_source(at, &line, &fault);
        if (status == MDM_BAD_TEXT) {
            result = status;
            if (*n_faults < faults_len) {
                faults[(*n_faults)++] = (mdm_fault){(size_t)(fault - at->text.at), number};
            }
        } else if (status != MDM_OK) {
            return status;
        }
    }
    return result;
}

static mdm_status read_alone(mdm_join *join, mdm_text text, mdm_fault *faults, size_t faults_len,
                             size_t *n_faults)
{
    const mdm_allocator *memory = &join->fleet->memory;
    part whole = {.sources = &join->sources, .text = text, .limit = text.at + text.len};
    mdm_status status = MDM_NO_MEMORY;
    if (mdm_compiler_new(&join->sources.compiler, join->fleet, memory, false)) {
        status = read_part(&whole, faults, faults_len, n_faults);
        free_texts(memory, &whole.seen);
    }
    return status;
}

/* ---- By several ---- */

static size_t count_parts(const mdm_join *join, mdm_text text)
{
    const size_t most = text.len / PART_BYTES;
    const size_t n = join->n_threads < most ? join->n_threads : most;
    return n < MOST_PARTS ? n : MOST_PARTS;
}

/* Ends with a line, near its share of the bytes. */
static void cut_parts(mdm_text text, part *parts, size_t n)
{
    const char *limit = text.at + text.len;
    const char *at = text.at;
    for (size_t i = 0; i < n; i++) {
        const char *end = text.at + text.len / n * (i + 1);
        const char *feed = NULL;
        end = end < at ? at : end;
        feed = i + 1 == n || end == limit ? NULL : memchr(end, '\n', (size_t)(limit - end));
        end = feed == NULL ? limit : feed + 1;
        parts[i].text = (mdm_text){at, (size_t)(end - at)};
        parts[i].limit = limit;
        at = end;
    }
}

static void read_one(const void *context, size_t number)
{
    part *const *parts = context;
    part *at = &(*parts)[number];
    size_t n_faults = 0;
    at->status = read_part(at, NULL, 0, &n_faults);
}

/* Sources that are there already are not added. */
static mdm_status add_sources(part *all, part *more, const mdm_moved *moved)
{
    mdm_sources *to = all->sources;
    mdm_sources *from = more->sources;
    for (size_t i = 0; i < from->n_given; i++) {
        const uint32_t number = from->number[i];
        const known *text = &more->seen.at[number];
        uint32_t *slot = NULL;
        if (to->n_given >= UINT32_MAX - 1) {
            return MDM_TOO_MANY;
        }
        if (!reserve(all)) {
            return MDM_NO_MEMORY;
        }
        slot = find(&all->seen, text->text, text->hash);
        if (*slot == 0) {
            const mdm_status status =
                mdm_compiled_move(&to->compiler, moved, &from->at[number]);
            if (status != MDM_OK) {
                return status;
            }
            to->at[to->n] = from->at[number];
            all->seen.at[to->n] = *text;
            *slot = (uint32_t)++to->n;
        }
        to->number[to->n_given++] = *slot - 1;
    }
    return MDM_OK;
}

static mdm_status put_together(part *parts, size_t n)
{
    mdm_status status = parts[0].status;
    for (size_t i = 1; i < n && status == MDM_OK; i++) {
        status = parts[i].status;
    }
    for (size_t i = 1; i < n && status == MDM_OK; i++) {
        mdm_moved moved;
        status = mdm_compiler_merge(&parts[0].sources->compiler, &parts[i].sources->compiler,
                                    &moved);
        if (status == MDM_OK) {
            status = add_sources(&parts[0], &parts[i], &moved);
        }
    }
    return status;
}

/* Compilers that threads may use. */
static bool open_parts(mdm_join *join, const mdm_allocator *memory, part *parts,
                       mdm_sources *others, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        parts[i].sources = i == 0 ? &join->sources : &others[i - 1];
        if (!mdm_compiler_new(&parts[i].sources->compiler, join->fleet, memory, false)) {
            return false;
        }
    }
    return true;
}

static mdm_status read_together(mdm_join *join, mdm_text text, mdm_sources *others, size_t n)
{
    const mdm_allocator *memory = &join->fleet->memory;
    part parts[MOST_PARTS] = {{.status = MDM_OK}};
    part *const shared = parts;
    mdm_status status = MDM_NO_MEMORY;
    mdm_guard guard;
    if (!mdm_guard_begin(&guard, memory)) {
        return MDM_NO_MEMORY;
    }
    cut_parts(text, parts, n);
    if (open_parts(join, &guard.shared, parts, others, n)) {
        mdm_run(join->n_threads, read_one, &shared, n);
        status = put_together(parts, n);
    }
    for (size_t i = 0; i < n && parts[i].sources != NULL; i++) {
        free_texts(&guard.shared, &parts[i].seen);
    }
    for (size_t i = 0; i + 1 < n; i++) {
        mdm_sources_drop(&others[i]);
    }
    mdm_compiler_call(&join->sources.compiler, memory);
    mdm_guard_end(&guard);
    return status;
}

mdm_status mdm_sources_read(mdm_join *join, mdm_text text, mdm_fault *faults, size_t faults_len,
                            size_t *n_faults)
{
    const mdm_allocator *memory = &join->fleet->memory;
    const size_t n = count_parts(join, text);
    mdm_sources *others = NULL;
    mdm_status status = MDM_OK;
    *n_faults = 0;
    if (n < 2) {
        return read_alone(join, text, faults, faults_len, n_faults);
    }
    others = mdm_resize(memory, NULL, 0, n - 1, sizeof *others);
    if (others == NULL) {
        return MDM_NO_MEMORY;
    }
    memset(others, 0, (n - 1) * sizeof *others);
    status = read_together(join, text, others, n);
    mdm_resize(memory, others, n - 1, 0, sizeof *others);
    if (status == MDM_OK || status == MDM_NO_MEMORY) {
        return status;
    }
    mdm_sources_drop(&join->sources);
    return read_alone(join, text, faults, faults_len, n_faults);
}
