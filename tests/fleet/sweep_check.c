/*
 * Sources with relations, lists of objects, tied variables and undecided clauses against a plain
 * model, one device at a time: in tables of one and of many pages, in an order and without one,
 * with few classes left and with many, before a question is judged and after.
 */
#include <stdbool.h>

#include "bank.h"

enum { MODEL, SHARE, SLOTS, PLACE, NOTHING, WIDTH, N_ATTRIBUTES };

static const mdm_attribute attributes[N_ATTRIBUTES] = {
    {"model", 5, MDM_INT, MDM_EQUAL, MODEL, MDM_UNDECIDED, 0},
    {"share", 5, MDM_INT, MDM_UNRELATED, SHARE, MDM_YES, 0},
    {"slots", 5, MDM_INT, MDM_UNRELATED, SLOTS, MDM_NO, 0},
    {"place", 5, MDM_INT, MDM_UNRELATED, PLACE, MDM_UNDECIDED, 0},
    {"nothing", 7, MDM_INT, MDM_UNRELATED, NOTHING, MDM_UNDECIDED, 0},
    {"width", 5, MDM_INT, MDM_UNRELATED, WIDTH, MDM_UNDECIDED, 0},
};
static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};

#define MOST ((uint32_t)140000)
#define MOST_OBJECTS 24 /* more than are asked together */
#define MOST_CLAUSES 4
#define ABSENT (-1)

typedef struct plan {
    uint32_t n_rows;
    uint32_t n_values[N_ATTRIBUTES]; /* 0: nobody has the attribute */
    uint32_t with;                   /* of 16 devices, so many have an attribute */
    uint32_t n_removed;
    mdm_verdict missing;
    mdm_verdict unlisted;
    mdm_layout layout;
    unsigned n_threads;
} plan;

typedef enum way { WITHIN, ANY_VALUE, NO_VALUE, TIED } way;

typedef struct clause {
    size_t attribute;
    way way;
    int32_t low;
    int32_t high;
} clause;

typedef struct source {
    int32_t model;
    bool has_list;
    size_t n_objects;
    size_t n_clauses[MOST_OBJECTS];
    clause clauses[MOST_OBJECTS][MOST_CLAUSES];
} source;

static int32_t devices[MOST][N_ATTRIBUTES];
static bool is_free[MOST];
static uint8_t expected[MOST];

/* ---- The fleet ---- */

static void draw_device(const plan *made, uint32_t row, uint32_t *state)
{
    for (size_t a = 0; a < N_ATTRIBUTES; a++) {
        const bool is_there =
            made->n_values[a] > 0 && (a == PLACE || next(state) % 16 < made->with);
        devices[row][a] = is_there ? (int32_t)(next(state) % made->n_values[a]) : ABSENT;
    }
    is_free[row] = false;
}

static size_t put_device(char *to, size_t room, uint32_t row)
{
    size_t len = (size_t)snprintf(to, room, "{\"self\":{");
    const char *comma = "";
    for (size_t a = 0; a < N_ATTRIBUTES; a++) {
        if (devices[row][a] != ABSENT) {
            len += (size_t)snprintf(to + len, room - len, "%s\"%s\":%d", comma, attributes[a].name,
                                    (int)devices[row][a]);
            comma = ",";
        }
    }
    return len + (size_t)snprintf(to + len, room - len, "}}\n");
}

static void fill(mdm_fleet *fleet, const plan *made, uint32_t *state)
{
    mdm_reader *reader = NULL;
    uint32_t first = 0;
    CHECK(mdm_fleet_lay_out(fleet, made->layout) == MDM_OK);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (uint32_t row = 0; row < made->n_rows; row++) {
        char text[256];
        size_t n_faults = 0;
        draw_device(made, row, state);
        CHECK(mdm_reader_feed(reader, text, put_device(text, sizeof text, row), NULL, 0,
                              &n_faults) == MDM_OK);
    }
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
    for (uint32_t i = 0; i < made->n_removed; i++) {
        const uint32_t row = next(state) % made->n_rows;
        CHECK(mdm_remove(fleet, row) == (is_free[row] ? MDM_NO_ROW : MDM_OK));
        is_free[row] = true;
    }
}

/* ---- The source ---- */

static clause draw_clause(const plan *made, size_t attribute, uint32_t *state)
{
    const uint32_t n = made->n_values[attribute] > 0 ? made->n_values[attribute] : 3;
    const uint32_t draw = next(state) % 8;
    const uint32_t low = next(state) % n;
    const uint32_t span = draw < 3 ? n / 200 : draw < 5 ? n / 2 : n;
    return (clause){attribute, draw == 6   ? ANY_VALUE
                               : draw == 7 ? NO_VALUE
                                           : WITHIN,
                    (int32_t)low, (int32_t)(low + span)};
}

static void draw_object(const plan *made, source *to, size_t object, uint32_t *state)
{
    const bool is_tied = next(state) % 3 == 0;
    size_t *n = &to->n_clauses[object];
    clause *clauses = to->clauses[object];
    *n = 0;
    if (is_tied) {
        const int32_t low = (int32_t)(next(state) % 3);
        clauses[(*n)++] = (clause){SHARE, TIED, low, low + 4};
        clauses[(*n)++] = (clause){WIDTH, TIED, low, low + 4};
    }
    for (size_t a = 0; a < N_ATTRIBUTES && *n < MOST_CLAUSES; a++) {
        if (!(is_tied && (a == SHARE || a == WIDTH)) && next(state) % 5 < 2) {
            clauses[(*n)++] = draw_clause(made, a, state);
        }
    }
    if (*n == 0) {
        clauses[(*n)++] = draw_clause(made, PLACE, state);
    }
}

static void draw_source(const plan *made, source *to, uint32_t *state)
{
    const uint32_t draw = next(state) % 12;
    *to = (source){.model = next(state) % 8 == 0 ? ABSENT : (int32_t)(next(state) % 3)};
    to->has_list = draw != 0;
    to->n_objects = draw < 2    ? 0
                    : draw < 8  ? 1
                    : draw < 11 ? 2 + next(state) % 2
                                : MOST_OBJECTS - next(state) % 8;
    for (size_t i = 0; i < to->n_objects; i++) {
        draw_object(made, to, i, state);
    }
}

static size_t put_clause(char *to, size_t room, const clause *at, bool is_declared)
{
    const char *name = attributes[at->attribute].name;
    switch (at->way) {
    case WITHIN:
        return (size_t)snprintf(to, room, "\"%s\":\"range(%d,%d)\"", name, (int)at->low,
                                (int)at->high);
    case ANY_VALUE:
        return (size_t)snprintf(to, room, "\"%s\":\"any()\"", name);
    case NO_VALUE:
        return (size_t)snprintf(to, room, "\"%s\":\"absent()\"", name);
    default:
        return is_declared ? (size_t)snprintf(to, room, "\"%s\":\"{v}\"", name)
                           : (size_t)snprintf(to, room, "\"%s\":\"{v:int:%d-%d}\"", name,
                                              (int)at->low, (int)at->high);
    }
}

static size_t put_source(char *to, size_t room, const source *at)
{
    size_t len = (size_t)snprintf(to, room, "{\"self\":{");
    if (at->model != ABSENT) {
        len += (size_t)snprintf(to + len, room - len, "\"model\":%d", (int)at->model);
    }
    len += (size_t)snprintf(to + len, room - len, "}");
    if (!at->has_list) {
        return len + (size_t)snprintf(to + len, room - len, "}");
    }
    len += (size_t)snprintf(to + len, room - len, ",\"compatible\":[");
    for (size_t i = 0; i < at->n_objects; i++) {
        len += (size_t)snprintf(to + len, room - len, i == 0 ? "{" : ",{");
        for (size_t c = 0; c < at->n_clauses[i]; c++) {
            len += (size_t)snprintf(to + len, room - len, c == 0 ? "" : ",");
            len += put_clause(to + len, room - len, &at->clauses[i][c], c > 0);
        }
        len += (size_t)snprintf(to + len, room - len, "}");
    }
    return len + (size_t)snprintf(to + len, room - len, "]}");
}

/* ---- The model ---- */

static mdm_verdict least(mdm_verdict left, mdm_verdict right)
{
    return left < right ? left : right;
}

static mdm_verdict judge_clause(const clause *at, const int32_t *device)
{
    const int32_t value = device[at->attribute];
    if (at->way == ANY_VALUE) {
        return MDM_YES;
    }
    if (at->way == NO_VALUE) {
        return value == ABSENT ? MDM_YES : MDM_NO;
    }
    if (value == ABSENT) {
        return attributes[at->attribute].missing;
    }
    return at->low <= value && value <= at->high ? MDM_YES : MDM_NO;
}

static mdm_verdict judge_object(const plan *made, const source *of, size_t object,
                                const int32_t *device)
{
    bool is_listed[N_ATTRIBUTES] = {false};
    mdm_verdict verdict = MDM_YES;
    const clause *clauses = of->clauses[object];
    for (size_t i = 0; i < of->n_clauses[object]; i++) {
        is_listed[clauses[i].attribute] = true;
        verdict = least(verdict, judge_clause(&clauses[i], device));
    }
    for (size_t a = 0; a < N_ATTRIBUTES; a++) {
        if (!is_listed[a] && device[a] != ABSENT) {
            verdict = least(verdict, made->unlisted);
        }
    }
    return clauses[0].way == TIED && device[SHARE] != ABSENT && device[WIDTH] != ABSENT &&
                   device[SHARE] != device[WIDTH]
               ? MDM_NO
               : verdict;
}

static mdm_verdict judge(const plan *made, const source *of, const int32_t *device)
{
    mdm_verdict best = of->has_list ? MDM_NO : made->missing;
    mdm_verdict related = of->model == device[MODEL] ? MDM_YES : MDM_NO;
    if ((of->model == ABSENT) != (device[MODEL] == ABSENT)) {
        related = attributes[MODEL].missing;
    }
    for (size_t i = 0; i < of->n_objects; i++) {
        const mdm_verdict verdict = judge_object(made, of, i, device);
        best = verdict > best ? verdict : best;
    }
    return least(related, best);
}

static void expect(const plan *made, const source *of)
{
    for (uint32_t row = 0; row < made->n_rows; row++) {
        expected[row] = is_free[row] ? UINT8_MAX : (uint8_t)judge(made, of, devices[row]);
    }
}

/* ---- Asked ---- */

/* Before anything else is asked of the query, which may then be judged or not. */
static void check_first(const plan *made, const mdm_query *query, size_t wanted)
{
    static uint32_t rows[MOST];
    size_t n = 0;
    size_t n_expected = 0;
    rows[wanted] = 77;
    CHECK(mdm_first(query, MDM_YES, rows, wanted, &n) == MDM_OK && n <= wanted);
    for (uint32_t row = 0; row < made->n_rows && n_expected < wanted; row++) {
        if (expected[row] == MDM_YES) {
            CHECK(n_expected < n && rows[n_expected] == row);
            n_expected++;
        }
    }
    CHECK(n == n_expected && rows[wanted] == 77);
}

static void check_all(const plan *made, const mdm_query *query)
{
    static uint8_t bits[MOST / 8 + 1];
    for (size_t v = 0; v < 3; v++) {
        const size_t n_bytes = ((size_t)made->n_rows + 7) / 8;
        size_t n = 0;
        size_t n_expected = 0;
        CHECK(mdm_count(query, verdicts[v], &n) == MDM_OK);
        CHECK(mdm_bitmap(query, verdicts[v], bits, n_bytes) == MDM_OK);
        for (uint32_t row = 0; row < made->n_rows; row++) {
            const int is_in = expected[row] == (uint8_t)verdicts[v];
            CHECK((bits[row / 8] >> row % 8 & 1) == is_in);
            n_expected += (size_t)is_in;
        }
        CHECK(n == n_expected);
    }
}

static void check_source(const plan *made, const mdm_fleet *fleet, const source *of)
{
    static const size_t wanted[] = {1, 3, 40, 1500};
    char text[8192];
    const size_t len = put_source(text, sizeof text, of);
    expect(made, of);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        mdm_query *query = NULL;
        CHECK(mdm_query_new(fleet, text, len, MDM_SOURCE, made->n_threads, &query, NULL) ==
              MDM_OK);
        check_first(made, query, wanted[i]);
        if (i == 0) {
            check_all(made, query);
            CHECK(mdm_query_again(query) == MDM_OK);
            check_all(made, query);
        }
        mdm_query_free(query);
    }
}

static void check_plan(const plan *made, uint32_t seed)
{
    const mdm_scheme scheme = {attributes,    N_ATTRIBUTES,   MDM_SOURCE,
                               made->missing, made->unlisted, 0};
    mdm_fleet *fleet = NULL;
    uint32_t state = seed;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    fill(fleet, made, &state);
    for (size_t i = 0; i < 24; i++) {
        source of;
        draw_source(made, &of, &state);
        check_source(made, fleet, &of);
    }
    mdm_fleet_free(fleet);
}

int main(void)
{
    static const plan plans[] = {
        {1, {1, 1, 1, 1, 0, 1}, 16, 0, MDM_NO, MDM_YES, MDM_LAYOUT_AUTO, 1},
        {70, {2, 5, 3, 70, 0, 5}, 13, 3, MDM_YES, MDM_YES, MDM_LAYOUT_CLASSES, 1},
        {4200, {2, 5, 300, 4200, 0, 7}, 14, 40, MDM_UNDECIDED, MDM_YES, MDM_LAYOUT_CLASSES, 2},
        {9000, {3, 6, 40, 70000, 0, 6}, 15, 0, MDM_NO, MDM_UNDECIDED, MDM_LAYOUT_FLAT, 1},
        {34000, {3, 5, 400, 34000, 0, 6}, 15, 90, MDM_YES, MDM_YES, MDM_LAYOUT_FLAT, 2},
        {40000, {4, 9, 12, 500, 0, 5}, 16, 500, MDM_UNDECIDED, MDM_NO, MDM_LAYOUT_FLAT, 1},
        {MOST - 5, {3, 5, 9, 140000, 0, 8}, 15, 900, MDM_NO, MDM_YES, MDM_LAYOUT_FLAT, 4},
    };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        check_plan(&plans[i], (uint32_t)i + 1);
    }
    puts("well");
    return 0;
}
