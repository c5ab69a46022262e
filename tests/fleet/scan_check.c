/*
 * Answers against a plain list: fleets of many sizes whose verdicts are known as they are made, so
 * that each way to rows is gone, with codes of either width, free rows, and every room for answers.
 */
#include <stdbool.h>

#include "bank.h"

static const mdm_attribute attributes[] = {
    {"type", 4, MDM_INT, MDM_EQUAL, 0, MDM_UNDECIDED, 1},
    {"place", 5, MDM_INT, MDM_UNRELATED, 1, MDM_YES, 0},
};
static const mdm_scheme scheme = {attributes, 2, MDM_NOBODY, MDM_NO, MDM_YES, 0};
static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};

#define MOST ((uint32_t)140000)

static uint8_t verdict_at[MOST]; /* of each row; FREE: no device */
#define FREE 2
#define NOBODY "{\"self\":{}}"

typedef struct plan {
    uint32_t n_rows;
    uint32_t n_places; /* classes for each type */
    uint32_t yes;      /* of 1000 devices, so many */
    uint32_t undecided;
    uint32_t n_removed;
    mdm_layout layout;
} plan;

static void fill(mdm_fleet *fleet, const plan *made, uint32_t *state)
{
    static char text[96 * 1024];
    mdm_reader *reader = NULL;
    uint32_t first = 0;
    size_t len = 0;
    size_t n_faults = 0;
    CHECK(mdm_fleet_lay_out(fleet, made->layout) == MDM_OK);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (uint32_t row = 0; row < made->n_rows; row++) {
        const uint32_t draw = next(state) % 1000;
        const uint32_t place = next(state) % made->n_places;
        const bool is_yes = draw < made->yes;
        const bool is_undecided = !is_yes && draw < made->yes + made->undecided;
        verdict_at[row] = is_yes ? MDM_YES : is_undecided ? MDM_UNDECIDED : MDM_NO;
        len += (size_t)snprintf(text + len, sizeof text - len, "{\"self\":{%s\"place\":%u}}\n",
                                is_yes         ? "\"type\":1,"
                                : is_undecided ? ""
                                               : "\"type\":2,",
                                place);
        if (len > sizeof text - 128 || row == made->n_rows - 1) {
            CHECK(mdm_reader_feed(reader, text, len, NULL, 0, &n_faults) == MDM_OK);
            len = 0;
        }
    }
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK && first == 0);
    mdm_reader_free(reader);
    for (uint32_t i = 0; i < made->n_removed; i++) {
        const uint32_t row = next(state) % made->n_rows;
        CHECK(mdm_remove(fleet, row) == (verdict_at[row] == FREE ? MDM_NO_ROW : MDM_OK));
        verdict_at[row] = FREE;
    }
}

/* ---- Each answer ---- */

static uint32_t expected[MOST];
static uint32_t rows[MOST + 1];
static uint8_t bits[MOST / 8 + 2];

static size_t expect(uint32_t n_rows, mdm_verdict verdict)
{
    size_t n = 0;
    for (uint32_t row = 0; row < n_rows; row++) {
        if (verdict_at[row] == (uint8_t)verdict) {
            expected[n++] = row;
        }
    }
    return n;
}

static void check_rows(const mdm_query *query, mdm_verdict verdict, size_t n)
{
    size_t n_found = 0;
    rows[n] = 77;
    CHECK(mdm_rows(query, verdict, rows, n, &n_found) == MDM_OK && n_found == n);
    CHECK(memcmp(rows, expected, n * sizeof *rows) == 0 && rows[n] == 77);
    if (n > 0) {
        rows[0] = 77;
        CHECK(mdm_rows(query, verdict, rows, n - 1, &n_found) == MDM_NO_SPACE && n_found == n);
        CHECK(rows[0] == 77);
    }
}

static void check_first(const mdm_query *query, mdm_verdict verdict, size_t n)
{
    static const size_t wanted[] = {0, 1, 2, 3, 5, 8, 63, 64, 65, 100, 1000, 4095, 4096, 5000};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const size_t most = wanted[i] < n ? wanted[i] : n;
        size_t n_found = 7;
        rows[most] = 77;
        CHECK(mdm_first(query, verdict, rows, wanted[i], &n_found) == MDM_OK && n_found == most);
        CHECK(memcmp(rows, expected, most * sizeof *rows) == 0 && rows[most] == 77);
    }
}

static void check_bits(const mdm_query *query, mdm_verdict verdict, uint32_t n_rows)
{
    const size_t n_bytes = ((size_t)n_rows + 7) / 8;
    memset(bits, 0x5a, sizeof bits);
    CHECK(mdm_bitmap(query, verdict, bits, n_bytes - 1) == MDM_NO_SPACE && bits[0] == 0x5a);
    CHECK(mdm_bitmap(query, verdict, bits, n_bytes) == MDM_OK && bits[n_bytes] == 0x5a);
    for (uint32_t row = 0; row < 8 * n_bytes; row++) {
        const int is_in = row < n_rows && verdict_at[row] == (uint8_t)verdict;
        CHECK((bits[row / 8] >> row % 8 & 1) == is_in);
    }
}

static void check_each(const mdm_query *query, uint32_t n_rows)
{
    mdm_verdict verdict = MDM_NO;
    for (uint32_t row = 0; row < n_rows; row++) {
        const mdm_status status = mdm_verdict_of(query, row, &verdict);
        CHECK(status == (verdict_at[row] == FREE ? MDM_NO_ROW : MDM_OK));
        CHECK(status != MDM_OK || verdict == (mdm_verdict)verdict_at[row]);
    }
    CHECK(mdm_verdict_of(query, n_rows, &verdict) == MDM_NO_ROW);
    CHECK(mdm_verdict_of(query, UINT32_MAX, &verdict) == MDM_NO_ROW);
    CHECK(mdm_verdict_of(query, 0, NULL) == MDM_BAD_ARGUMENT);
}

static void check_stale(mdm_fleet *fleet, const mdm_query *query)
{
    mdm_verdict verdict = MDM_NO;
    size_t n = 0;
    uint32_t row = 0;
    CHECK(mdm_add(fleet, NOBODY, strlen(NOBODY), &row, NULL) == MDM_OK);
    CHECK(mdm_count(query, MDM_YES, &n) == MDM_STALE);
    CHECK(mdm_rows(query, MDM_YES, rows, MOST, &n) == MDM_STALE);
    CHECK(mdm_first(query, MDM_YES, rows, 1, &n) == MDM_STALE);
    CHECK(mdm_bitmap(query, MDM_YES, bits, sizeof bits) == MDM_STALE);
    CHECK(mdm_verdict_of(query, 0, &verdict) == MDM_STALE);
}

static void check_plan(const plan *made, uint32_t seed)
{
    static const char source[] = "{\"self\":{\"type\":1}}";
    mdm_fleet *fleet = NULL;
    mdm_query *query = NULL;
    uint32_t state = seed;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    fill(fleet, made, &state);
    CHECK(mdm_query_new(fleet, source, strlen(source), MDM_NOBODY, 1, &query, NULL) == MDM_OK);
    for (size_t i = 0; i < 3; i++) {
        const size_t n = expect(made->n_rows, verdicts[i]);
        size_t n_counted = 0;
        CHECK(mdm_count(query, verdicts[i], &n_counted) == MDM_OK && n_counted == n);
        check_rows(query, verdicts[i], n);
        check_first(query, verdicts[i], n);
        check_bits(query, verdicts[i], made->n_rows);
    }
    check_each(query, made->n_rows);
    check_stale(fleet, query);
    mdm_query_free(query);
    mdm_fleet_free(fleet);
}

/* ---- No device at all ---- */

static void check_nobody(void)
{
    mdm_fleet *fleet = NULL;
    mdm_query *query = NULL;
    size_t n = 1;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_query_new(fleet, NOBODY, strlen(NOBODY), MDM_NOBODY, 1, &query, NULL) == MDM_OK);
    CHECK(mdm_rows(query, MDM_YES, NULL, 0, &n) == MDM_OK && n == 0);
    CHECK(mdm_first(query, MDM_YES, NULL, 0, &n) == MDM_OK && n == 0);
    CHECK(mdm_bitmap(query, MDM_YES, NULL, 0) == MDM_OK);
    CHECK(mdm_count(query, MDM_YES, &n) == MDM_OK && n == 0);
    mdm_query_free(query);
    mdm_fleet_free(fleet);
}

/* Feeds devices of five types, each in a place of its own. */
static void feed_places(mdm_reader *reader, uint32_t first, uint32_t n)
{
    char text[64];
    size_t n_faults = 0;
    for (uint32_t place = first; place < first + n; place++) {
        const int len = snprintf(text, sizeof text, "{\"self\":{\"type\":%u,\"place\":%u}}\n",
                                 place % 5, place);
        CHECK(mdm_reader_feed(reader, text, (size_t)len, NULL, 0, &n_faults) == MDM_OK);
    }
}

/* What a reader has taken and not committed is in no answer; a question that is judged only now
   would have to know it, and says that it is old. */
static void check_beside_reader(void)
{
    static const char source[] = "{\"self\":{\"type\":3}}";
    mdm_fleet *fleet = NULL;
    mdm_reader *reader = NULL;
    mdm_query *asked = NULL;
    mdm_query *judged = NULL;
    uint32_t first = 0;
    size_t n = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    feed_places(reader, 0, MOST);
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
    CHECK(mdm_query_new(fleet, source, strlen(source), MDM_NOBODY, 1, &asked, NULL) == MDM_OK);
    CHECK(mdm_query_new(fleet, source, strlen(source), MDM_NOBODY, 1, &judged, NULL) == MDM_OK);
    CHECK(mdm_count(judged, MDM_YES, &n) == MDM_OK && n == MOST / 5);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    feed_places(reader, MOST, MOST);
    CHECK(mdm_count(judged, MDM_YES, &n) == MDM_OK && n == MOST / 5);
    CHECK(mdm_count(asked, MDM_YES, &n) == MDM_STALE);
    CHECK(mdm_first(asked, MDM_YES, &first, 1, &n) == MDM_STALE);
    CHECK(mdm_query_again(asked) == MDM_OK);
    CHECK(mdm_count(asked, MDM_YES, &n) == MDM_OK && n == MOST / 5);
    mdm_reader_free(reader);
    CHECK(mdm_count(asked, MDM_YES, &n) == MDM_OK && n == MOST / 5);
    mdm_query_free(asked);
    mdm_query_free(judged);
    mdm_fleet_free(fleet);
}

/* Reads n devices and commits them. */
static void read_places(mdm_fleet *fleet, uint32_t n)
{
    mdm_reader *reader = NULL;
    uint32_t first = 0;
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    feed_places(reader, 0, n);
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
}

/* Codes are numbered anew with the order of many devices, though no value is new: a question that
   is asked again knows the old ones. */
static void check_renumbered(void)
{
    static const char source[] = "{\"self\":{\"type\":3}}";
    static const char lowest[] = "{\"self\":{\"type\":-1}}";
    const uint32_t n_each = 40000;
    mdm_fleet *fleet = NULL;
    mdm_query *query = NULL;
    uint32_t row = 0;
    size_t n = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, MDM_LAYOUT_FLAT) == MDM_OK);
    read_places(fleet, n_each);
    CHECK(mdm_add(fleet, lowest, strlen(lowest), &row, NULL) == MDM_OK);
    CHECK(mdm_query_new(fleet, source, strlen(source), MDM_NOBODY, 1, &query, NULL) == MDM_OK);
    CHECK(mdm_rows(query, MDM_YES, rows, MOST, &n) == MDM_OK && n == n_each / 5);
    read_places(fleet, n_each);
    CHECK(mdm_query_again(query) == MDM_OK);
    CHECK(mdm_rows(query, MDM_YES, rows, MOST, &n) == MDM_OK && n == 2 * n_each / 5);
    for (size_t i = 0; i < n; i++) {
        const size_t place = rows[i] < n_each ? rows[i] : rows[i] - n_each - 1;
        CHECK(place % 5 == 3);
    }
    mdm_query_free(query);
    mdm_fleet_free(fleet);
}

/* A column that is widened leaves room for just the pages there are: behind the last none is
   fetched ahead. */
static void check_widened(void)
{
    static const char source[] = "{\"self\":{\"type\":3}}";
    mdm_fleet *fleet = NULL;
    mdm_query *query = NULL;
    size_t n = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, MDM_LAYOUT_FLAT) == MDM_OK);
    for (size_t i = 0; i < 30; i++) {
        read_places(fleet, 200);
    }
    read_places(fleet, 300);
    CHECK(mdm_query_new(fleet, source, strlen(source), MDM_NOBODY, 1, &query, NULL) == MDM_OK);
    CHECK(mdm_rows(query, MDM_YES, rows, MOST, &n) == MDM_OK && n == 30 * 40 + 60);
    for (size_t i = 0; i < n; i++) {
        CHECK(rows[i] % 5 == 3);
    }
    mdm_query_free(query);
    mdm_fleet_free(fleet);
}

int main(void)
{
    static const plan plans[] = {
        {1, 1, 1000, 0, 0, MDM_LAYOUT_AUTO},
        {7, 2, 400, 300, 2, MDM_LAYOUT_AUTO},
        {63, 3, 500, 100, 5, MDM_LAYOUT_CLASSES},
        {64, 3, 500, 100, 0, MDM_LAYOUT_CLASSES},
        {65, 3, 30, 10, 0, MDM_LAYOUT_FLAT},
        {200, 200, 500, 200, 20, MDM_LAYOUT_AUTO},
        {1000, 7, 20, 10, 100, MDM_LAYOUT_CLASSES},
        {4096, 5, 300, 3, 0, MDM_LAYOUT_CLASSES},
        {4097, 50, 5, 500, 100, MDM_LAYOUT_FLAT},
        {8200, 900, 40, 100, 50, MDM_LAYOUT_CLASSES},
        {20000, 20000, 30, 200, 300, MDM_LAYOUT_AUTO},
        {20000, 30, 2, 40, 0, MDM_LAYOUT_CLASSES},
        {MOST, 120000, 100, 20, 30, MDM_LAYOUT_CLASSES},
        {MOST, 5, 50, 2, 30, MDM_LAYOUT_CLASSES},
    };
    check_nobody();
    check_beside_reader();
    check_renumbered();
    check_widened();
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        check_plan(&plans[i], (uint32_t)i + 1);
    }
    puts("well");
    return 0;
}
