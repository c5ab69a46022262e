/*
 * What a large fleet only wishes for: an order with zones, and the table that suits its devices. The
 * call that would have them is refused each of its requests: where it answers that all is well,
 * every answer is that of a fleet that was refused nothing; where it does not, that of before.
 */
#include <stdbool.h>

#include "bank.h"

#define N_DEVICES ((uint32_t)32767) /* one less than a fleet needs to wish */
#define N_SOURCES 3
#define N_BYTES ((N_DEVICES + 1 + 7) / 8)

static const mdm_attribute attributes[] = {
    {"model", 5, MDM_INT, MDM_EQUAL, 0, MDM_NO, 0},
    {"type", 4, MDM_STRING, MDM_UNRELATED, 1, MDM_UNDECIDED, 0},
    {"serial", 6, MDM_INT, MDM_UNRELATED, 2, MDM_YES, 0},
    {"modes", 5, MDM_SET, MDM_UNRELATED, 3, MDM_YES, 0},
};
static const mdm_scheme scheme = {attributes, 4, MDM_NOBODY, MDM_UNDECIDED, MDM_YES, 0};
static const char *const sources[N_SOURCES] = {
    "{\"self\":{\"model\":3}}",
    "{\"self\":{\"model\":5},\"compatible\":[{\"type\":\"one_of(t1,t7)\"}]}",
    "{\"self\":{\"model\":1},\"compatible\":[{\"serial\":\"range(-9,2)\"},{\"type\":\"t2\"}]}",
};

static const char last[] = "{\"self\":{\"model\":3,\"type\":\"t7\",\"serial\":2}}";

/* ---- The fleet, as bytes ---- */

static char saved[(size_t)1 << 23];
static size_t saved_len;

static void save(const mdm_fleet *fleet)
{
    mdm_saver *saver = NULL;
    size_t n = 1;
    CHECK(mdm_saver_new(fleet, NULL, 0, &saver) == MDM_OK);
    for (saved_len = 0; n > 0; saved_len += n) {
        CHECK(mdm_saver_next(saver, saved + saved_len, sizeof saved - saved_len, &n) == MDM_OK);
    }
    mdm_saver_free(saver);
}

/* Devices of which n_serials differ, in a table of one layout; free to take another. */
static void make(uint32_t n_devices, uint32_t n_serials, mdm_layout layout)
{
    mdm_fleet *fleet = NULL;
    mdm_reader *reader = NULL;
    uint32_t state = 1;
    uint32_t first = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, MDM_LAYOUT_CLASSES) == MDM_OK);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (uint32_t i = 0; i < n_devices; i++) {
        char line[128];
        size_t n_faults = 0;
        const uint32_t serial = i % n_serials;
        const uint32_t model = next(&state) % 7;
        const uint32_t type = next(&state) % 9;
        const int len = snprintf(line, sizeof line,
                                 "{\"self\":{\"model\":%u,\"type\":\"t%u\",\"serial\":%u,"
                                 "\"modes\":\"m%u+m%u\"}}\n",
                                 model, type, serial, serial % 20, 20 + serial % 27);
        CHECK(mdm_reader_feed(reader, line, (size_t)len, NULL, 0, &n_faults) == MDM_OK);
    }
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
    CHECK(mdm_remove(fleet, 17) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, layout) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, MDM_LAYOUT_AUTO) == MDM_OK);
    CHECK(mdm_fleet_layout(fleet) == layout);
    save(fleet);
    mdm_fleet_free(fleet);
}

static mdm_status load(bank *at, mdm_fleet **fleet)
{
    const mdm_allocator allocator = {bank_resize, at};
    return mdm_fleet_load(&scheme, 0, &allocator, NULL, 0, saved, saved_len, fleet, NULL);
}

/* ---- What is seen of it ---- */

typedef struct sight {
    size_t n_devices;
    size_t n_rows;
    uint8_t bits[N_SOURCES][2][N_BYTES + 1];
    char texts[4][256];
} sight;

static void look(const mdm_fleet *fleet, sight *seen)
{
    static const uint32_t rows[4] = {0, 16, 20000, N_DEVICES - 1};
    memset(seen, 0, sizeof *seen);
    seen->n_devices = mdm_device_count(fleet);
    seen->n_rows = mdm_row_count(fleet);
    for (size_t i = 0; i < N_SOURCES; i++) {
        mdm_query *query = NULL;
        const size_t n_bytes = (seen->n_rows + 7) / 8;
        CHECK(mdm_query_new(fleet, sources[i], strlen(sources[i]), MDM_NOBODY, 1, &query, NULL) ==
              MDM_OK);
        CHECK(mdm_bitmap(query, MDM_YES, seen->bits[i][0], n_bytes) == MDM_OK);
        CHECK(mdm_bitmap(query, MDM_NO, seen->bits[i][1], n_bytes) == MDM_OK);
        mdm_query_free(query);
    }
    for (size_t i = 0; i < 4; i++) {
        size_t len = 0;
        CHECK(mdm_description(fleet, rows[i], seen->texts[i], sizeof seen->texts[i], &len) ==
              MDM_OK);
    }
}

static bool is_same(const sight *one, const sight *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

/* ---- The calls ---- */

typedef mdm_status call(mdm_fleet *fleet);

static mdm_status call_nothing(mdm_fleet *fleet)
{
    (void)fleet;
    return MDM_OK;
}

static mdm_status call_add(mdm_fleet *fleet)
{
    uint32_t row = 0;
    const mdm_status status = mdm_add(fleet, last, strlen(last), &row, NULL);
    return status == MDM_OK ? mdm_add(fleet, last, strlen(last), &row, NULL) : status;
}

static mdm_status call_read(mdm_fleet *fleet)
{
    mdm_reader *reader = NULL;
    size_t n_faults = 0;
    uint32_t first = 0;
    mdm_status status = mdm_reader_new(fleet, &reader);
    for (size_t i = 0; i < 2 && status == MDM_OK; i++) {
        status = mdm_reader_feed(reader, last, strlen(last), NULL, 0, &n_faults);
    }
    status = status == MDM_OK ? mdm_reader_commit(reader, &first) : status;
    mdm_reader_free(reader);
    return status;
}

static mdm_status call_replace(mdm_fleet *fleet)
{
    static const uint32_t rows[] = {3, 16, 20000};
    mdm_reader *reader = NULL;
    size_t n_faults = 0;
    mdm_status status = mdm_reader_new(fleet, &reader);
    for (size_t i = 0; i < 3 && status == MDM_OK; i++) {
        status = mdm_reader_feed(reader, last, strlen(last), NULL, 0, &n_faults);
    }
    status = status == MDM_OK ? mdm_reader_replace(reader, rows, 3) : status;
    mdm_reader_free(reader);
    return status;
}

/* Sets of few members and many codes, which a join maps to fewer rows. */
static mdm_status call_join(mdm_fleet *fleet)
{
    static const uint32_t rows[] = {3, 16, 20000};
    uint32_t counts[3][3];
    size_t n_left = 1;
    mdm_join *join = NULL;
    mdm_status status = mdm_join_rows(fleet, rows, 3, MDM_BOTH, 1, &join);
    while (status == MDM_OK && n_left > 0) {
        status = mdm_join_count(join, 3, &n_left);
    }
    for (size_t v = 0; v < 3 && status == MDM_OK; v++) {
        static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};
        CHECK(mdm_join_counts(join, verdicts[v], counts[v], 3) == MDM_OK);
    }
    for (size_t i = 0; i < 3 && status == MDM_OK; i++) {
        CHECK(counts[0][i] + counts[1][i] + counts[2][i] == mdm_device_count(fleet));
    }
    mdm_join_free(join);
    return status;
}

/* One refusal; loads: of the loading, not of the call. Answers whether there was one. */
static bool refuse(call *called, bool loads, size_t n, const sight *before, const sight *after)
{
    static sight now;
    bank bank = {0, 0, loads ? n : SIZE_MAX, 0};
    mdm_fleet *fleet = NULL;
    mdm_status status = load(&bank, &fleet);
    CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && bank.has_refused && fleet == NULL));
    if (status == MDM_OK) {
        bank.n_left = loads ? SIZE_MAX : n;
        status = called(fleet);
        bank.n_left = SIZE_MAX;
        CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && bank.has_refused));
        look(fleet, &now);
        /* Of two devices that a call adds, one may be there. */
        CHECK(is_same(&now, status == MDM_OK ? after : before) ||
              (status != MDM_OK && called == call_add && now.n_devices == before->n_devices + 1));
        CHECK(called(fleet) == MDM_OK);
        mdm_fleet_free(fleet);
    }
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
    return bank.has_refused;
}

/* becomes: the layout that the call leaves where nothing is refused. */
static void exhaust(const char *name, call *called, bool loads, mdm_layout becomes)
{
    static sight before;
    static sight after;
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = NULL;
    size_t n = 0;
    CHECK(load(&bank, &fleet) == MDM_OK);
    look(fleet, &before);
    CHECK(called(fleet) == MDM_OK && mdm_fleet_layout(fleet) == becomes);
    look(fleet, &after);
    mdm_fleet_free(fleet);
    /* Of the many requests of classes, the later ones are alike. */
    while (refuse(called, loads, n, &before, &after)) {
        n += 1 + n / 16;
    }
    printf("%s: %zu requests\n", name, n);
}

int main(void)
{
    make(N_DEVICES, N_DEVICES, MDM_LAYOUT_CLASSES);
    exhaust("add, to be flat", call_add, false, MDM_LAYOUT_FLAT);
    exhaust("read, to be flat", call_read, false, MDM_LAYOUT_FLAT);
    exhaust("replace, to be flat", call_replace, false, MDM_LAYOUT_FLAT);
    make(N_DEVICES, 2, MDM_LAYOUT_CLASSES);
    exhaust("replace among classes", call_replace, false, MDM_LAYOUT_CLASSES);
    make(N_DEVICES, 2, MDM_LAYOUT_FLAT);
    exhaust("replace in a flat fleet", call_replace, false, MDM_LAYOUT_FLAT);
    exhaust("add, to have classes", call_add, false, MDM_LAYOUT_CLASSES);
    make(N_DEVICES + 10, N_DEVICES, MDM_LAYOUT_FLAT);
    exhaust("load, in order", call_nothing, true, MDM_LAYOUT_FLAT);
    exhaust("join", call_join, false, MDM_LAYOUT_FLAT);
    puts("well");
    return 0;
}
