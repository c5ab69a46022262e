/*
 * One mistake at each place of rich lines, and the end of memory at each request of their clauses.
 * Four calls read a line; they must agree on whether it is one, and on where it is not.
 */
#include "bank.h"
#include "kinds.h"

static const char *const lines[] = {
    "{\"name\":\"a\",\"self\":{\"type\":\"V5\",\"count\":-1,\"modes\":\"x+y\",\"version\":\"1.2\","
    "\"id\":\"8086:aBcD\",\"share\":\"-1/2\"},\"compatible\":[{\"type\":\"one_of(a,b,\\\"c\\\")\","
    "\"count\":\"range(-1,7)\",\"modes\":\"superset(x)\",\"version\":\"version(1.2)\"}]}",
    "{\"self\":{\"type\":\"\\ud83d\\ude00\\u00e9\\/\"},\"compatible\":[{\"type\":"
    "\"V5_{n:int:1-4,-8--6}\",\"count\":\"{n}/2\",\"share\":\"{n}*2\"},{\"count\":3,\"id\":\"any()\"}]}",
    "{\"self\":{\"id\":\"591d\"},\"compatible\":[{\"type\":\"{s:string:\\\"a\\\",\\\"b\\\\\\\"\\\"}"
    "{t:int:1}\",\"modes\":\"one_of(p,q,\\\"r, s\\\")\",\"version\":\"absent()\"}]}",
    "{\"compatible\":[{\"id\":\"{i:string:\\\"591d\\\",\\\"8086591D\\\"}\",\"type\":\"\\\"\\\"\"},"
    "{\"share\":\"range(1/2,3)\",\"modes\":\"subset(a+b)\"}],\"self\":{\"type\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}}",
};

#define N_LINES (sizeof lines / sizeof *lines)

static mdm_fleet *make(bank *at)
{
    const mdm_allocator allocator = {bank_resize, at};
    mdm_fleet *fleet = NULL;
    *at = (bank){0, 0, SIZE_MAX, 0};
    CHECK(mdm_fleet_new(&scheme, 1, &allocator, &fleet) == MDM_OK);
    return fleet;
}

/* ---- The four that read ---- */

typedef mdm_status reading(mdm_fleet *fleet, const char *text, size_t len, mdm_fault *fault);

static mdm_status read_added(mdm_fleet *fleet, const char *text, size_t len, mdm_fault *fault)
{
    uint32_t row = 0;
    return mdm_add(fleet, text, len, &row, fault);
}

static mdm_status read_asked(mdm_fleet *fleet, const char *text, size_t len, mdm_fault *fault)
{
    mdm_query *query = NULL;
    const mdm_status status = mdm_query_new(fleet, text, len, MDM_NOBODY, 1, &query, fault);
    mdm_query_free(query);
    return status;
}

static mdm_status read_joined(mdm_fleet *fleet, const char *text, size_t len, mdm_fault *fault)
{
    mdm_join *join = NULL;
    size_t n_faults = 0;
    const mdm_status status =
        mdm_join_lines(fleet, text, len, MDM_NOBODY, 1, &join, fault, 1, &n_faults);
    mdm_join_free(join);
    return status;
}

static mdm_status read_fed(mdm_fleet *fleet, const char *text, size_t len, mdm_fault *fault)
{
    mdm_reader *reader = NULL;
    size_t n_faults = 0;
    mdm_status status = mdm_reader_new(fleet, &reader);
    if (status == MDM_OK) {
        status = mdm_reader_feed(reader, text, len, fault, 1, &n_faults);
    }
    mdm_reader_free(reader);
    return status;
}

static reading *const readings[] = {read_added, read_asked, read_joined, read_fed};

#define N_READINGS (sizeof readings / sizeof *readings)

/* ---- Mistakes ---- */

static void check_text(const char *text, size_t len, size_t *n_refused)
{
    bank bank;
    mdm_fleet *fleet = make(&bank);
    mdm_fault first = {0, 0};
    const mdm_status expected = read_fed(fleet, text, len, &first);
    CHECK(expected == MDM_OK || expected == MDM_BAD_TEXT);
    *n_refused += expected == MDM_BAD_TEXT;
    for (size_t i = 0; i < N_READINGS; i++) {
        mdm_fault fault = {0, 0};
        CHECK(readings[i](fleet, text, len, &fault) == expected);
        CHECK(fault.offset == first.offset && fault.line == 0);
    }
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

static void check_mistakes(void)
{
    static const char bytes[] = "\"\\,}{)(:/*-+09Aexz_ \x01\x7f\x80\xf5";
    size_t n_refused = 0;
    size_t n = 0;
    for (size_t i = 0; i < N_LINES; i++) {
        char text[1024];
        const size_t len = strlen(lines[i]);
        check_text(lines[i], len, &n_refused);
        CHECK(n_refused == n);
        for (size_t place = 0; place < len; place++) {
            memcpy(text, lines[i], len);
            for (size_t b = 0; b < sizeof bytes - 1; b++) {
                text[place] = bytes[b];
                check_text(text, len, &n_refused);
            }
            memcpy(text, lines[i], place);
            memcpy(text + place, lines[i] + place + 1, len - place - 1);
            check_text(text, len - 1, &n_refused);
        }
        n = n_refused;
    }
    CHECK(n_refused > 10000);
}

/* Clauses that are well written and mean nothing. */
static void check_clauses(void)
{
    static const char *const clauses[] = {
        "\"count\":\"{s:string:\\\"a\\\"}\"",  "\"count\":\"{n:int:1}/2/3\"",
        "\"count\":\"{n:int:1}{n}\"",             "\"count\":\"/2{n:int:1}\"",
        "\"count\":\"{n:int:1}\\\"/2\\\"\"",      "\"count\":\"{n:int:1}/0\"",
        "\"count\":\"{n:int:1}*2x\"",             "\"count\":\"{n:int:1}{n}{n}\"",
        "\"modes\":\"{n:int:1}\"",                "\"modes\":\"a{s:string:\\\"b\\\"}\"",
        "\"modes\":\"{s:string:\\\"a+a\\\"}\"",   "\"id\":\"{s:string:\\\"x\\\"}\"",
        "\"version\":\"{n:int:1}\"",              "\"count\":\"{m}\"",
        "\"count\":\"range(2,1)\"",               "\"count\":\"any(1)\"",
    };
    size_t n_refused = 0;
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        char text[256];
        const int n = snprintf(text, sizeof text, "{\"self\":{},\"compatible\":[{%s}]}", clauses[i]);
        check_text(text, (size_t)n, &n_refused);
    }
    CHECK(n_refused > 8);
}

/* ---- The end of memory ---- */

/* Arenas ask for memory by the chunk; a first text of each length puts every piece that a clause
   takes behind the end of a chunk once. */
static void check_refusals(reading *read, const char *rest, size_t step)
{
    static char text[8192];
    static char filler[4001];
    size_t n_refused = 0;
    memset(filler, 'f', sizeof filler - 1);
    for (size_t len = 0; len < 4000; len += step) {
        const int n = snprintf(text, sizeof text,
                               "{\"self\":{\"type\":\"\\u00e9%.*s\"},\"compatible\":[{\"type\":"
                               "\"one_of(%.*sx,b)\"},%s",
                               (int)len, filler, (int)len, filler, rest);
        bank bank;
        mdm_fleet *fleet = make(&bank);
        for (size_t left = 0;; left++) {
            mdm_status status = MDM_OK;
            bank.n_left = left;
            bank.has_refused = 0;
            status = read(fleet, text, (size_t)n, NULL);
            CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && bank.has_refused));
            if (status == MDM_OK) {
                break;
            }
            CHECK(mdm_row_count(fleet) == 0 && mdm_code_count(fleet, 0) == 1);
            n_refused++;
        }
        mdm_fleet_free(fleet);
        CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
    }
    CHECK(n_refused > 100);
}

static mdm_status read_unfaulted(mdm_fleet *fleet, const char *text, size_t len, mdm_fault *fault)
{
    mdm_reader *reader = NULL;
    size_t n_faults = 0;
    mdm_status status = mdm_reader_new(fleet, &reader);
    (void)fault;
    if (status == MDM_OK) {
        status = mdm_reader_feed(reader, text, len, NULL, 0, &n_faults);
    }
    mdm_reader_free(reader);
    return status;
}

static mdm_status join_unfaulted(mdm_fleet *fleet, const char *text, size_t len, mdm_fault *fault)
{
    mdm_join *join = NULL;
    size_t n_faults = 0;
    const mdm_status status =
        mdm_join_lines(fleet, text, len, MDM_NOBODY, 1, &join, NULL, 0, &n_faults);
    (void)fault;
    mdm_join_free(join);
    return status;
}

int main(void)
{
    check_mistakes();
    check_clauses();
    for (size_t i = 0; i < N_LINES; i++) {
        const char *list = strstr(lines[i], "\"compatible\":[{");
        char rest[1024];
        const size_t n = strcspn(list, "]");
        CHECK(list != NULL);
        snprintf(rest, sizeof rest, "%.*s]}", (int)(n - 14), list + 14);
        check_refusals(read_added, rest, 16);
        check_refusals(read_asked, rest, 48);
        check_refusals(join_unfaulted, rest, 48);
        check_refusals(read_unfaulted, rest, 16);
    }
    puts("well");
    return 0;
}
