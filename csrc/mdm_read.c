/*
 * The bulk reader. New rows stand behind those of the fleet, where no question sees them, until
 * they are committed.
 *
 * What follows the name repeats as descriptions do. So the text of a line after its name is
 * looked up first, and only a text that was never seen is parsed, strictly. What is not of the
 * form {"name":"...", or has anything but plain ASCII in the name, is parsed as well.
 */
#include <string.h>

#include "mdm_parse.h"
#include "mdm_reader.h"

/* After so many lines the cache must have paid off; else all lines differ, and it goes. */
#define TRIAL ((size_t)16384)
#define LEAST_HIT_SHARE 16
#define LARGEST_CACHE ((size_t)1 << 17)
/* Rows after which it is seen whether the table suits them. */
#define WEIGHED ((size_t)1 << 14)

struct mdm_reader {
    mdm_fleet *fleet;
    mdm_mark mark;
    size_t names_before;
    size_t n; /* rows read */
    bool is_broken;
    bool caches;
    mdm_texts seen; /* what follows the name; whole lines that have none */
    mdm_u32s rows;  /* that it was seen in first: classes may be numbered anew */
    mdm_arena arena;
    size_t n_lines;
    size_t n_hits;
};

mdm_status mdm_reader_new(mdm_fleet *fleet, mdm_reader **made)
{
    mdm_reader *reader = NULL;
    if (fleet == NULL || made == NULL || fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    reader = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *reader);
    if (reader == NULL) {
        return MDM_NO_MEMORY;
    }
    *reader = (mdm_reader){.fleet = fleet,
                           .mark = mdm_fleet_mark(fleet),
                           .names_before = fleet->names.n,
                           .caches = true,
                           .arena = {&fleet->memory, NULL, 0}};
    fleet->read_from = &reader->mark;
    *made = reader;
    return MDM_OK;
}

size_t mdm_reader_count(const mdm_reader *reader)
{
    return reader == NULL ? 0 : reader->n;
}

/* ---- The cache ---- */

static void forget(mdm_reader *reader)
{
    reader->caches = false;
    mdm_texts_free(&reader->seen, &reader->fleet->memory);
    reader->seen = (mdm_texts){NULL, 0, 0, NULL, 0};
    MDM_TRIM(&reader->fleet->memory, &reader->rows, 0);
    mdm_arena_free(&reader->arena);
}

/* Whatever it lacks memory for, it does not remember. */
static void remember(mdm_reader *reader, mdm_text text, uint64_t hash, uint32_t row)
{
    uint32_t number = 0;
    if (reader->n_lines >= TRIAL && reader->n_hits < reader->n_lines / LEAST_HIT_SHARE) {
        forget(reader);
        return;
    }
    if (reader->seen.n < LARGEST_CACHE &&
        MDM_RESERVE(&reader->fleet->memory, &reader->rows, reader->seen.n, 1) &&
        mdm_texts_add(&reader->seen, &reader->arena, text, hash, &number) == MDM_OK) {
        reader->rows.at[number] = row;
    }
}

/* The name of a line that begins with a plain one, and what follows; else the whole line. */
static mdm_text after_name(mdm_text text, mdm_text *name)
{
    static const char opening[] = "{\"name\":\"";
    const size_t begin = sizeof opening - 1;
    size_t i = begin;
    *name = (mdm_text){NULL, 0};
    if (text.len < begin || memcmp(text.at, opening, begin) != 0) {
        return text;
    }
    i += mdm_json_plain(text.at + i, text.at + text.len);
    if (i == text.len || text.at[i] != '"' || i - begin > MDM_MAX_VALUE ||
        memchr(text.at + begin, 0x7f, i - begin) != NULL) {
        return text;
    }
    *name = (mdm_text){text.at + begin, i - begin};
    return (mdm_text){text.at + i, text.len - i};
}

/* ---- Lines ---- */

static mdm_status add_row(mdm_reader *reader, uint32_t class, const mdm_text *name)
{
    mdm_fleet *fleet = reader->fleet;
    const size_t row = fleet->rows.n + reader->n;
    uint64_t word = MDM_NO_NAME;
    if (row >= UINT32_MAX - 1) {
        return MDM_TOO_MANY;
    }
    if (!mdm_row_classes_reserve(fleet, row, 1)) {
        return MDM_NO_MEMORY;
    }
    if (fleet->keeps_names) {
        mdm_status status = MDM_OK;
        if (!MDM_RESERVE(&fleet->memory, &fleet->rows.name, row, 1)) {
            return MDM_NO_MEMORY;
        }
        if (name != NULL) {
            status = mdm_names_add(fleet, *name, &word);
        }
        if (status != MDM_OK) {
            return status;
        }
        fleet->rows.name.at[row] = word;
    }
    mdm_row_class_set(fleet, row, class);
    reader->n++;
    if (row % WEIGHED == 0) {
        mdm_classes_weigh(fleet, row + 1);
    }
    return MDM_OK;
}

/* A row with the description of another. */
static mdm_status add_twin(mdm_reader *reader, size_t row, const mdm_text *name)
{
    uint32_t class = mdm_row_class(reader->fleet, row);
    const mdm_status status = mdm_class_twin(reader->fleet, &class);
    return status == MDM_OK ? add_row(reader, class, name) : status;
}

static mdm_status parse_line(mdm_reader *reader, mdm_text text, mdm_text rest, uint64_t hash,
                             const char **fault)
{
    mdm_fleet *fleet = reader->fleet;
    mdm_parser parser = mdm_parser_growing(fleet);
    const bool has_plain_name = rest.at != text.at;
    mdm_line line;
    uint32_t class = 0;
    mdm_status status = MDM_OK;
    mdm_arena_reset(&fleet->scratch);
    status = mdm_line_parse(&parser, text, &line);
    if (status == MDM_BAD_TEXT) {
        *fault = parser.fault;
    }
    if (status == MDM_OK && !reader->is_broken) {
        status = mdm_class_intern(fleet, line.codes, &class);
    }
    if (status != MDM_OK || reader->is_broken) {
        return status;
    }
    status = add_row(reader, class, line.has_name ? &line.name : NULL);
    if (status != MDM_OK) {
        return status;
    }
    /* A line with a name elsewhere is not remembered: its text is not all that matters. */
    if (reader->caches && (has_plain_name || !line.has_name)) {
        remember(reader, rest, hash, (uint32_t)(fleet->rows.n + reader->n - 1));
    }
    return status;
}

static mdm_status read_line(mdm_reader *reader, mdm_text text, const char **fault)
{
    mdm_text name = {NULL, 0};
    mdm_text rest = text;
    uint64_t hash = 0;
    reader->n_lines++;
    if (reader->caches && !reader->is_broken) {
        uint32_t number = 0;
        rest = after_name(text, &name);
        hash = mdm_hash(rest.at, rest.len);
        number = mdm_texts_find(&reader->seen, rest, hash);
        if (number != MDM_NONE) {
            reader->n_hits++;
            return add_twin(reader, reader->rows.at[number], name.at == NULL ? NULL : &name);
        }
    }
    return parse_line(reader, text, rest, hash, fault);
}

static bool is_blank(mdm_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != ' ' && text.at[i] != '\t' && text.at[i] != '\r') {
            return false;
        }
    }
    return true;
}

mdm_status mdm_reader_feed(mdm_reader *reader, const char *text, size_t text_len,
                           mdm_fault *faults, size_t faults_len, size_t *n_faults)
{
    const mdm_text given = mdm_given(text, text_len);
    const char *end = given.at + given.len;
    const size_t n_before = mdm_reader_count(reader);
    size_t n = 0;
    size_t number = 0;
    size_t n_names = 0;
    size_t n_seen = 0;
    size_t n_classes = 0;
    mdm_status result = MDM_OK;
    if (reader == NULL || (text == NULL && text_len > 0) || (faults == NULL && faults_len > 0) ||
        n_faults == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    n_names = reader->fleet->names.n;
    n_seen = reader->seen.n;
    n_classes = reader->fleet->classes.is_flat ? reader->fleet->classes.n
                                               : reader->fleet->rows.n + n_before + 1;
    for (const char *at = given.at; at < end; number++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const mdm_text line = {at, (size_t)((feed == NULL ? end : feed) - at)};
        const char *fault = at;
        const mdm_status status = is_blank(line) ? MDM_OK : read_line(reader, line, &fault);
        if (status == MDM_BAD_TEXT) {
            result = MDM_BAD_TEXT;
            reader->is_broken = true;
            if (n < faults_len) {
                faults[n++] = (mdm_fault){(size_t)(fault - given.at), number};
            }
        } else if (status != MDM_OK) {
            reader->n = n_before;
            reader->fleet->names.n = n_names;
            mdm_texts_cut(&reader->seen, n_seen < reader->seen.n ? n_seen : reader->seen.n);
            if (reader->fleet->classes.is_flat) {
                mdm_class_cut(reader->fleet, n_classes);
            }
            return status;
        }
        at = feed == NULL ? end : feed + 1;
    }
    *n_faults = n;
    return result;
}

/* ---- Rows that come otherwise than by lines ---- */

mdm_fleet *mdm_reader_fleet(const mdm_reader *reader)
{
    return reader->is_broken || reader->fleet->read_from != &reader->mark ? NULL : reader->fleet;
}

void mdm_reader_break(mdm_reader *reader)
{
    reader->is_broken = true;
}

mdm_status mdm_reader_reserve(mdm_reader *reader, size_t n, size_t *row)
{
    mdm_fleet *fleet = reader->fleet;
    *row = fleet->rows.n + reader->n;
    if (*row >= UINT32_MAX - 1 || n > UINT32_MAX - 1 - *row) {
        return MDM_TOO_MANY;
    }
    return mdm_row_classes_reserve(fleet, *row, n) &&
                   (!fleet->keeps_names ||
                    MDM_RESERVE(&fleet->memory, &fleet->rows.name, *row, n))
               ? MDM_OK
               : MDM_NO_MEMORY;
}

void mdm_reader_push(mdm_reader *reader, size_t n)
{
    const size_t before = reader->fleet->rows.n + reader->n;
    reader->n += n;
    if ((before + n) / WEIGHED != before / WEIGHED) {
        mdm_classes_weigh(reader->fleet, before + n);
    }
}

/* ---- The end ---- */

static mdm_status reserve_rows(mdm_reader *reader)
{
    mdm_fleet *fleet = reader->fleet;
    const size_t n_classes = fleet->classes.n;
    uint32_t *counts = NULL;
    mdm_status status = MDM_OK;
    if (fleet->classes.is_flat) {
        return MDM_OK;
    }
    counts = mdm_resize(&fleet->memory, NULL, 0, n_classes, sizeof *counts);
    status = counts == NULL ? MDM_NO_MEMORY : MDM_OK;
    if (status == MDM_OK) {
        memset(counts, 0, n_classes * sizeof *counts);
        for (size_t i = 0; i < reader->n; i++) {
            counts[mdm_row_class(fleet, fleet->rows.n + i)]++;
        }
    }
    for (size_t class = 1; class < n_classes && status == MDM_OK; class++) {
        if (counts[class] > 0) {
            status = mdm_class_reserve(fleet, (uint32_t)class, counts[class], true);
        }
    }
    if (counts != NULL) {
        mdm_resize(&fleet->memory, counts, n_classes, 0, sizeof *counts);
    }
    if (status == MDM_OK &&
        !MDM_FIT(&fleet->memory, &fleet->rows.place, fleet->rows.n + reader->n)) {
        status = MDM_NO_MEMORY;
    }
    return status;
}

/* The classes that only rows which were never committed had. */
static void drop_classes(mdm_fleet *fleet)
{
    if (fleet->classes.is_flat) {
        return;
    }
    for (size_t class = 1; class < fleet->classes.n; class++) {
        mdm_class_drop_empty(fleet, (uint32_t)class);
    }
}

/* Gives back what growing by half has left, where that is much. */
static void trim(mdm_fleet *fleet)
{
    mdm_row_table *rows = &fleet->rows;
    if (rows->class_of.capacity - rows->n > rows->n / 16) {
        mdm_row_classes_trim(fleet, rows->n);
    }
    if (fleet->classes.row_of.capacity - fleet->classes.n > fleet->classes.n / 16) {
        MDM_TRIM(&fleet->memory, &fleet->classes.row_of, fleet->classes.n);
    }
    if (fleet->keeps_names && rows->name.capacity - rows->n > rows->n / 16) {
        MDM_TRIM(&fleet->memory, &rows->name, rows->n);
    }
    if (fleet->names.capacity - fleet->names.n > fleet->names.n / 16) {
        MDM_TRIM(&fleet->memory, &fleet->names, fleet->names.n);
    }
}

mdm_status mdm_reader_commit(mdm_reader *reader, uint32_t *first_row)
{
    mdm_fleet *fleet = NULL;
    mdm_status status = MDM_OK;
    if (reader == NULL || first_row == NULL || reader->is_broken ||
        reader->fleet->read_from != &reader->mark) {
        return MDM_BAD_ARGUMENT;
    }
    fleet = reader->fleet;
    status = reserve_rows(reader);
    if (status != MDM_OK) {
        return status;
    }
    *first_row = (uint32_t)fleet->rows.n;
    /* In a flat table they stand in their order from where the reader began. */
    if (fleet->classes.is_flat) {
        for (size_t i = 0; i < reader->n; i++) {
            fleet->classes.row_of.at[reader->mark.n_classes + i] = *first_row + (uint32_t)i;
        }
        mdm_class_push_run(fleet, reader->mark.n_classes, reader->n);
    } else {
        mdm_class_push_rows(fleet, fleet->rows.n, reader->n);
    }
    fleet->rows.n += reader->n;
    fleet->rows.n_devices += reader->n;
    mdm_reader_end(reader);
    return MDM_OK;
}

void mdm_reader_end(mdm_reader *reader)
{
    mdm_fleet *fleet = reader->fleet;
    fleet->generation++;
    fleet->read_from = NULL;
    reader->n = 0;
    forget(reader);
    drop_classes(fleet);
    mdm_classes_weigh(fleet, fleet->rows.n);
    mdm_classes_sort(fleet);
    trim(fleet);
}

void mdm_reader_free(mdm_reader *reader)
{
    mdm_fleet *fleet = NULL;
    if (reader == NULL) {
        return;
    }
    fleet = reader->fleet;
    forget(reader);
    if (fleet->read_from == &reader->mark) {
        fleet->names.n = reader->names_before;
        drop_classes(fleet);
        if (fleet->classes.is_flat) {
            mdm_class_cut(fleet, reader->mark.n_classes);
        }
        mdm_fleet_cut(fleet, &reader->mark);
        fleet->read_from = NULL;
        trim(fleet);
    }
    mdm_resize(&fleet->memory, reader, 1, 0, sizeof *reader);
}
