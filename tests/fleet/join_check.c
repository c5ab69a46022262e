/*
 * Joins against questions: fleets of few and many attributes, codes and devices, and more sources
 * than a block holds; for each source all
 * answers of the join are those of a query of its own, on every path.
 */
#include <stdbool.h>

#include "bank.h"

#define MOST_ATTRIBUTES 14
#define MOST ((uint32_t)33000) /* more than a fleet needs to be kept in an order */
#define LARGE ((uint32_t)72000) /* columns of more codes than a join has rows for, alone and together */

typedef struct plan {
    uint32_t n_devices;
    uint32_t n_sources;
    size_t n_attributes;
    uint32_t n_values; /* of each attribute but the last */
    uint32_t n_places; /* of the last */
    uint32_t with_list; /* of 16 devices, so many */
    mdm_direction accepted_by;
    mdm_layout layout;
    bool is_decided; /* what is missing is refused, and every third list has a variable */
} plan;

static const mdm_kind kinds[] = {MDM_INT, MDM_STRING, MDM_SET, MDM_VERSION, MDM_RATIO};
static const mdm_relation relations[] = {MDM_EQUAL, MDM_UNRELATED, MDM_SUPERSET, MDM_MINOR,
                                         MDM_UNRELATED};

static mdm_fleet *make(const plan *made)
{
    static const char *const names[MOST_ATTRIBUTES] = {"a", "b", "c", "d", "e", "f", "g",
                                                       "h", "i", "j", "k", "l", "m", "n"};
    mdm_attribute attributes[MOST_ATTRIBUTES];
    const mdm_verdict missing = made->is_decided ? MDM_NO : MDM_UNDECIDED;
    const mdm_scheme scheme = {attributes, made->n_attributes, MDM_BOTH, missing, MDM_YES, 0};
    mdm_fleet *fleet = NULL;
    for (size_t a = 0; a < made->n_attributes; a++) {
        attributes[a] = (mdm_attribute){names[a], 1, kinds[a % 5], relations[a % 5], a,
                                        a % 2 == 0 ? missing : MDM_YES, a % 3 == 0};
    }
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, made->layout) == MDM_OK);
    return fleet;
}

static size_t put_value(char *to, size_t room, mdm_kind kind, uint32_t n)
{
    switch (kind) {
    case MDM_STRING:
        return (size_t)snprintf(to, room, "t%u", n);
    case MDM_SET:
        return (size_t)snprintf(to, room, "m%u+k%u", n % 11, n % 7);
    case MDM_VERSION:
        return (size_t)snprintf(to, room, "%u.%u", n % 3, n / 3);
    default:
        return (size_t)snprintf(to, room, "%u", n);
    }
}

static size_t put_clause(char *to, size_t room, mdm_kind kind, uint32_t n, uint32_t *state)
{
    switch (kind) {
    case MDM_INT:
        return (size_t)snprintf(to, room, "range(%u,%u)", n, n + next(state) % 5);
    case MDM_STRING:
        return (size_t)snprintf(to, room, "one_of(t%u,t%u)", n, next(state) % 9);
    case MDM_SET:
        return (size_t)snprintf(to, room, "superset(m%u)", n % 11);
    case MDM_VERSION:
        return (size_t)snprintf(to, room, "version(%u.%u)", n % 3, n / 9);
    default:
        return (size_t)snprintf(to, room, "any()");
    }
}

/* Two objects: of one clause each, or the first of two that a variable ties. */
static size_t put_list(char *to, size_t room, const plan *made, uint32_t *state)
{
    char clause[64];
    const size_t a = next(state) % made->n_attributes;
    const uint32_t second = next(state) % made->n_values;
    if (made->is_decided && next(state) % 3 == 0) {
        return (size_t)snprintf(to, room,
                                ",\"compatible\":[{\"b\":\"t{n:int:0,1,2,3}\",\"a\":\"{n}\"},"
                                "{\"a\":%u}]",
                                second);
    }
    put_clause(clause, sizeof clause, kinds[a % 5], next(state) % made->n_values, state);
    return (size_t)snprintf(to, room, ",\"compatible\":[{\"%c\":\"%s\"},{\"a\":%u}]",
                            (char)('a' + a), clause, second);
}

static size_t put_line(char *to, size_t room, const plan *made, uint32_t *state)
{
    size_t len = (size_t)snprintf(to, room, "{\"self\":{");
    const char *comma = "";
    for (size_t a = 0; a < made->n_attributes; a++) {
        char value[64];
        const bool is_last = a == made->n_attributes - 1;
        if (next(state) % 16 == 0) {
            continue;
        }
        put_value(value, sizeof value, kinds[a % 5],
                  next(state) % (is_last ? made->n_places : made->n_values));
        len += (size_t)snprintf(to + len, room - len,
                                kinds[a % 5] == MDM_INT ? "%s\"%c\":%s" : "%s\"%c\":\"%s\"", comma,
                                (char)('a' + a), value);
        comma = ",";
    }
    len += (size_t)snprintf(to + len, room - len, "}");
    if (next(state) % 16 < made->with_list) {
        len += put_list(to + len, room - len, made, state);
    }
    return len + (size_t)snprintf(to + len, room - len, "}\n");
}

static void fill(mdm_fleet *fleet, const plan *made, uint32_t *state)
{
    mdm_reader *reader = NULL;
    uint32_t first = 0;
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (uint32_t i = 0; i < made->n_devices; i++) {
        char text[2048];
        size_t n_faults = 0;
        const size_t len = put_line(text, sizeof text, made, state);
        CHECK(mdm_reader_feed(reader, text, len, NULL, 0, &n_faults) == MDM_OK);
    }
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
}

/* ---- Each source by itself ---- */

static uint32_t counts[3][MOST];
static uint32_t rows[MOST];
static uint8_t bits[2][LARGE / 8 + 1];
static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};

static void check_source(const mdm_join *join, const mdm_fleet *fleet, const plan *made,
                         size_t source, uint32_t row)
{
    char text[4096];
    size_t len = 0;
    mdm_query *query = NULL;
    const size_t n_bytes = (mdm_row_count(fleet) + 7) / 8;
    CHECK(mdm_description(fleet, row, text, sizeof text, &len) == MDM_OK);
    CHECK(mdm_query_new(fleet, text, len, made->accepted_by, 1, &query, NULL) == MDM_OK);
    for (size_t v = 0; v < 3; v++) {
        size_t n = 0;
        uint32_t first[3];
        uint32_t expected[3];
        uint32_t n_first = 0;
        CHECK(mdm_count(query, verdicts[v], &n) == MDM_OK && n == counts[v][source]);
        CHECK(mdm_bitmap(query, verdicts[v], bits[0], n_bytes) == MDM_OK);
        CHECK(mdm_join_bitmaps(join, verdicts[v], source, 1, bits[1], n_bytes) == MDM_OK);
        CHECK(memcmp(bits[0], bits[1], n_bytes) == 0);
        CHECK(mdm_first(query, verdicts[v], expected, 3, &n) == MDM_OK);
        CHECK(mdm_join_firsts(join, verdicts[v], source, 1, 3, first, &n_first) == MDM_OK);
        CHECK(n_first == n && memcmp(first, expected, n * sizeof *first) == 0);
    }
    mdm_query_free(query);
}

/* All count; those that are judged first are asked by themselves. */
static void check_join(mdm_join *join, const mdm_fleet *fleet, const plan *made)
{
    size_t n_left = 1;
    size_t n_judged = 0;
    while (n_left > 0) {
        CHECK(mdm_join_count(join, 3, &n_left) == MDM_OK);
    }
    for (size_t v = 0; v < 3; v++) {
        CHECK(mdm_join_counts(join, verdicts[v], counts[v], made->n_sources) == MDM_OK);
    }
    for (size_t i = 0; i < made->n_sources; i++) {
        CHECK(counts[0][i] + counts[1][i] + counts[2][i] == mdm_device_count(fleet));
    }
    CHECK(mdm_join_judge(join, 0, (size_t)1 << 20, &n_judged) == MDM_OK && n_judged > 0);
    for (size_t i = 0; i < n_judged; i += 1 + n_judged / 60) {
        check_source(join, fleet, made, i, rows[i]);
    }
}

static void check_plan(const plan *made, uint32_t seed)
{
    mdm_fleet *fleet = make(made);
    mdm_join *join = NULL;
    uint32_t state = seed;
    fill(fleet, made, &state);
    for (uint32_t i = 0; i < made->n_sources; i++) {
        rows[i] = next(&state) % made->n_devices;
    }
    CHECK(mdm_join_rows(fleet, rows, made->n_sources, made->accepted_by, 1 + seed % 2, &join) ==
          MDM_OK);
    check_join(join, fleet, made);
    mdm_join_free(join);
    mdm_fleet_free(fleet);
}

int main(void)
{
    static const plan plans[] = {
        {50, 3, 1, 4, 4, 8, MDM_TARGET, MDM_LAYOUT_AUTO, false},
        {900, 700, 3, 4, 40, 4, MDM_BOTH, MDM_LAYOUT_CLASSES, false},
        {900, 700, 14, 3, 3, 2, MDM_SOURCE, MDM_LAYOUT_CLASSES, false},
        {2000, 600, 9, 5, 2000, 3, MDM_BOTH, MDM_LAYOUT_FLAT, false},
        {9000, 1200, 6, 6, 9000, 3, MDM_TARGET, MDM_LAYOUT_FLAT, false},
        {MOST, 900, 2, 300, 33000, 0, MDM_NOBODY, MDM_LAYOUT_AUTO, false},
        {MOST, 1500, 7, 4, 33000, 5, MDM_SOURCE, MDM_LAYOUT_FLAT, false},
        {5000, 520, 12, 3, 5000, 1, MDM_BOTH, MDM_LAYOUT_FLAT, false},
        {6000, 600, 6, 5, 6000, 12, MDM_SOURCE, MDM_LAYOUT_FLAT, true},
        {MOST, 700, 7, 4, 33000, 12, MDM_SOURCE, MDM_LAYOUT_AUTO, true},
    };
    static const plan large[] = {
        {LARGE, 20, 7, 60000, 1U << 23, 0, MDM_SOURCE, MDM_LAYOUT_FLAT, false},
        {LARGE, 20, 2, 60000, 1U << 23, 15, MDM_BOTH, MDM_LAYOUT_FLAT, false},
    };
    static const char *const paths[] = {"portable", "sse2", "avx2", "avx512", "neon"};
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
        CHECK(setenv("MDM_PATH", paths[p], 1) == 0);
        for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
            check_plan(&plans[i], (uint32_t)i + 1);
        }
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        check_plan(&large[i], (uint32_t)i + 1);
    }
    puts("well");
    return 0;
}
