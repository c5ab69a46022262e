/*
 * Record batches.
 *
 * Law: a batch is read when its cells, row by row, are descriptions that mdm_add takes, and then the
 * fleet is the one that these make; else nothing has changed. What was handed over is released
 * once. What a fleet gives out as a stream is read as the same fleet.
 */
#include "batch.h"

enum { IS_NAME = LAW_ATTRIBUTES, IS_LIST, IS_ROW, IS_NOTHING };

static batch given;
static mdm_fleet *naive;

/* ---- The naive way ---- */

static int column_of(const char *name)
{
    static const char *const others[] = {"name", "compatible", "row"};
    for (int a = 0; a < LAW_ATTRIBUTES; a++) {
        if (strcmp(name, law_scheme.attributes[a].name) == 0) {
            return a;
        }
    }
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, others[i]) == 0) {
            return IS_NAME + i;
        }
    }
    return IS_NOTHING;
}

/* Finds the column of each attribute, and of what comes after them; -1: there is none. */
static bool find_columns(int *columns)
{
    for (int i = 0; i < IS_NOTHING; i++) {
        columns[i] = -1;
    }
    for (int i = 0; i < given.schema.n_children; i++) {
        const int what = column_of(given.columns[i].schema.name);
        if (what == IS_NOTHING || columns[what] >= 0) {
            return false;
        }
        columns[what] = i;
    }
    for (int i = 0; i < IS_ROW; i++) {
        const mdm_kind kind = i < LAW_ATTRIBUTES ? law_scheme.attributes[i].kind : MDM_STRING;
        if (columns[i] >= 0 && !column_is_sound(&given, (size_t)columns[i], kind)) {
            return false;
        }
    }
    return true;
}

static bool put_cell(law_paper *paper, const char *before, const char *key, int place, size_t row,
                     mdm_kind kind, bool is_raw)
{
    cell one;
    naive_value value;
    one.state = CELL_NULL;
    if (place >= 0) {
        column_cell(&given, (size_t)place, row, &one);
    }
    if (one.state != CELL_TEXT) {
        return one.state == CELL_NULL;
    }
    law_put_plain(paper, before);
    law_put_json(paper, key, strlen(key));
    law_put_plain(paper, ":");
    if (is_raw || kind == MDM_INT) {
        law_put(paper, one.text.at, one.text.len);
        return is_raw || naive_value_read(kind, one.text, &value);
    }
    law_put_json(paper, one.text.at, one.text.len);
    return true;
}

static bool add_row(const int *columns, size_t row)
{
    static char line[1 << 14];
    law_paper paper = {line, sizeof line, 0};
    uint32_t added = 0;
    bool is_right = true;
    size_t n = 0;
    law_put_plain(&paper, "{\"self\":{");
    for (size_t a = 0; a < LAW_ATTRIBUTES; a++) {
        const mdm_attribute *attribute = &law_scheme.attributes[a];
        const size_t before = paper.n;
        is_right = is_right && put_cell(&paper, n == 0 ? "" : ",", attribute->name, columns[a], row,
                                        attribute->kind, false);
        n += paper.n > before;
    }
    law_put_plain(&paper, "}");
    is_right = is_right &&
               put_cell(&paper, ",", "name", columns[IS_NAME], row, MDM_STRING, false) &&
               put_cell(&paper, ",", "compatible", columns[IS_LIST], row, MDM_STRING, true);
    law_put_plain(&paper, "}");
    return is_right && mdm_add(naive, line, paper.n, &added, NULL) == MDM_OK;
}

static bool add_naively(void)
{
    int columns[IS_NOTHING];
    if (!find_columns(columns)) {
        return false;
    }
    for (size_t row = 0; row < (size_t)given.array.length; row++) {
        if (!add_row(columns, row)) {
            return false;
        }
    }
    return true;
}

/* ---- The fast way ---- */

static mdm_status read_batch(mdm_reader *reader)
{
    mdm_arrow *arrow = NULL;
    mdm_flaw flaw = {NULL, 0, ""};
    size_t n_rows = 0;
    int has_more = 0;
    uint32_t first = 0;
    mdm_status status =
        mdm_arrow_new(reader, NULL, &given.schema, &given.array, &arrow, &flaw);
    LAW(given.schema.release == NULL && given.array.release == NULL);
    if (status == MDM_OK) {
        status = mdm_arrow_next(arrow, &n_rows, &has_more, &flaw);
        LAW(status != MDM_OK || (has_more && n_rows == (size_t)given.array.length));
        LAW(status == MDM_OK || mdm_reader_commit(reader, &first) == MDM_BAD_ARGUMENT);
    }
    if (status == MDM_OK) {
        LAW(mdm_arrow_next(arrow, &n_rows, &has_more, &flaw) == MDM_OK && !has_more);
    }
    LAW(status == MDM_OK || (status == MDM_BAD_DATA && flaw.what != NULL));
    LAW(memchr(flaw.detail, '\0', sizeof flaw.detail) != NULL);
    mdm_arrow_free(arrow);
    LAW(given.n_released == 2);
    return status;
}

static void check_stream(mdm_fleet *fleet)
{
    struct ArrowArrayStream stream;
    mdm_fleet *other = law_kept(law_empty, 2);
    mdm_reader *reader = NULL;
    mdm_arrow *arrow = NULL;
    size_t n_rows = 0;
    int has_more = 1;
    uint32_t first = 0;
    LAW(mdm_fleet_export(fleet, &stream) == MDM_OK);
    LAW(mdm_reader_new(other, &reader) == MDM_OK);
    LAW(mdm_arrow_new(reader, &stream, NULL, NULL, &arrow, NULL) == MDM_OK);
    while (has_more) {
        LAW(mdm_arrow_next(arrow, &n_rows, &has_more, NULL) == MDM_OK);
    }
    mdm_arrow_free(arrow);
    LAW(mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
    law_same_rows(fleet, other);
    mdm_fleet_free(other);
}

static void run(law_bytes bytes)
{
    static uint64_t before;
    mdm_fleet *fleet = law_kept(law_empty, 0);
    mdm_reader *reader = NULL;
    uint32_t first = 0;
    bool is_right = false;
    draw_batch(&bytes, &given);
    naive = law_kept(law_empty, 1);
    before = before == 0 ? law_checksum(fleet) : before;
    is_right = add_naively();
    LAW(mdm_reader_new(fleet, &reader) == MDM_OK);
    LAW(read_batch(reader) == (is_right ? MDM_OK : MDM_BAD_DATA));
    LAW(!is_right || mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
    if (is_right) {
        law_same_rows(fleet, naive);
        check_stream(fleet);
    } else {
        LAW(law_checksum(fleet) == before);
    }
    mdm_fleet_free(fleet);
    mdm_fleet_free(naive);
    batch_free(&given);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    law_on_every_path(run, data, size);
    return 0;
}
