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
    mdm_lists_free(memory, &sources->own);
    mdm_arena_free(&sources->scratch);
    mdm_arena_free(&sources->arena);
}

/* The attributes whose values are looked at, one a bit. */
static uint64_t needed(const mdm_join *join)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    uint64_t bits = (join->accepted_by & MDM_TARGET) != 0 ? UINT64_MAX : 0;
    for (size_t a = 0; a < scheme->n_attributes; a++) {
        if (mdm_is_compared(&scheme->attributes[a])) {
            bits |= (uint64_t)1 << scheme->attributes[a].of;
        }
    }
    return bits;
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

/* A value that the fleet knows is the fleet's, so that equal texts have one place. */
static const mdm_value *keep_value(mdm_join *join, const mdm_line *line, size_t attribute)
{
    const mdm_dictionary *dictionary = &join->fleet->dictionaries[attribute];
    const mdm_text text = line->texts[attribute];
    const uint32_t number = mdm_texts_find(&dictionary->texts, text, mdm_hash(text.at, text.len));
    mdm_value *kept = NULL;
    if (number != MDM_NONE) {
        return &dictionary->at[number];
    }
    kept = mdm_take(&join->sources.arena, 1, sizeof *kept);
    if (kept == NULL) {
        return NULL;
    }
    *kept = line->values[attribute];
    return join->fleet->scheme.attributes[attribute].kind != MDM_STRING ||
                   mdm_take_text(&join->sources.arena, text, &kept->text)
               ? kept
               : NULL;
}

static bool keep_values(mdm_join *join, const mdm_line *line, uint64_t wanted, mdm_source *source)
{
    const size_t n = join->fleet->scheme.n_attributes;
    const mdm_value **values = mdm_take(&join->sources.arena, n, sizeof(const mdm_value *));
    if (values == NULL) {
        return false;
    }
    source->values = values;
    for (size_t i = 0; i < n; i++) {
        values[i] = NULL;
        if ((line->present & wanted) >> i & 1) {
            values[i] = keep_value(join, line, i);
            if (values[i] == NULL) {
                return false;
            }
        }
    }
    return true;
}

static mdm_status parse_source(mdm_join *join, mdm_text text, const char **fault)
{
    const mdm_fleet *fleet = join->fleet;
    mdm_sources *sources = &join->sources;
    mdm_parser parser = {.fleet = fleet,
                         .lists = &sources->own,
                         .keeper = {&sources->arena, &fleet->members, NULL},
                         .scratch = &sources->scratch};
    mdm_source *source = &sources->at[sources->n];
    const uint64_t wanted = needed(join);
    mdm_line line;
    mdm_status status = MDM_OK;
    mdm_arena_reset(&sources->scratch);
    status = mdm_line_parse(&parser, text, &line);
    if (status == MDM_BAD_TEXT) {
        *fault = parser.fault;
    }
    if (status != MDM_OK) {
        return status;
    }
    *source = (mdm_source){.list = line.codes[fleet->scheme.n_attributes]};
    return wanted == 0 || keep_values(join, &line, wanted, source) ? MDM_OK : MDM_NO_MEMORY;
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
        status = parse_source(join, line->text, fault);
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
    join->sources.lists = &join->sources.own;
    if (!mdm_lists_new(&join->fleet->memory, &join->sources.own,
                       join->fleet->scheme.n_attributes)) {
        return MDM_NO_MEMORY;
    }
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
    const mdm_fleet *fleet = join->fleet;
    const mdm_columns *columns = &fleet->classes.columns;
    const size_t n = fleet->scheme.n_attributes;
    mdm_sources *sources = &join->sources;
    const mdm_value **values = mdm_take(&sources->arena, n, sizeof(const mdm_value *));
    if (values == NULL) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t code = mdm_code(columns, i, class);
        values[i] = code == 0 ? NULL : &fleet->dictionaries[i].at[code - 1];
    }
    sources->at[sources->n++] = (mdm_source){values, NULL, mdm_code(columns, n, class)};
    return MDM_OK;
}

static bool reserve_sources(mdm_join *join, size_t n_given, size_t n_sources)
{
    const mdm_allocator *memory = &join->fleet->memory;
    mdm_sources *sources = &join->sources;
    sources->lists = &join->fleet->lists;
    return mdm_fit(memory, &sources->number, &sources->n_given_max, n_given,
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

/* ---- Encoded ---- */

static bool encode_clauses(mdm_join *join, size_t attribute)
{
    const mdm_fleet *fleet = join->fleet;
    const mdm_clauses *clauses = &join->sources.lists->clauses[attribute];
    const mdm_test test = {&fleet->scheme, true};
    mdm_encoded *made =
        mdm_take(&join->sources.arena, clauses->texts.n + 1, sizeof *made);
    bool is_done = made != NULL;
    if (is_done) {
        mdm_encode_unlisted(fleet, attribute, &made[0]);
    }
    for (size_t i = 0; i < clauses->texts.n && is_done; i++) {
        const mdm_lone_clause *lone = &clauses->at[i];
        const mdm_object object = {.variables = lone->variables};
        is_done = mdm_encode_clause(fleet, &join->sources.arena, &test, &object, &lone->clause,
                                    &made[i + 1]);
    }
    join->sources.clauses[attribute] = made;
    return is_done;
}

static bool encode_relations(mdm_join *join, mdm_source *source, size_t n)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    mdm_encoded *made = mdm_take(&join->sources.arena, n, sizeof *made);
    bool is_done = made != NULL;
    source->relations = made;
    for (size_t a = 0; a < scheme->n_attributes && is_done; a++) {
        const mdm_attribute *at = &scheme->attributes[a];
        if (mdm_is_compared(at)) {
            is_done = mdm_encode_relation(join->fleet, &join->sources.arena, a,
                                          source->values[at->of], made++);
        }
    }
    return is_done;
}

static bool find_asked(mdm_join *join)
{
    const mdm_lists *lists = join->sources.lists;
    const size_t n = join->fleet->scheme.n_attributes;
    mdm_asked *asked = mdm_take(&join->sources.arena, lists->rows.n, sizeof *asked);
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

bool mdm_sources_encode(mdm_join *join)
{
    const mdm_scheme *scheme = &join->fleet->scheme;
    bool is_done = (join->accepted_by & MDM_SOURCE) == 0 || find_asked(join);
    size_t n_compared = 0;
    for (size_t a = 0; a < scheme->n_attributes && is_done; a++) {
        join->n_compared_before[a] = (uint8_t)n_compared;
        n_compared += mdm_is_compared(&scheme->attributes[a]) ? 1 : 0;
        if ((join->accepted_by & MDM_SOURCE) != 0 && !join->columns[a].is_late) {
            is_done = encode_clauses(join, a);
        }
    }
    for (size_t i = 0; i < join->sources.n && n_compared > 0 && is_done; i++) {
        is_done = encode_relations(join, &join->sources.at[i], n_compared);
    }
    return is_done;
}
