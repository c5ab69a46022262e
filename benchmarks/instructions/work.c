/*
 * Fixed work for counting instructions: `work FLEET` does the pieces of a fleet one after the other,
 * each inside measured(). It prints the path that the fleet takes, then for each piece a number
 * made of its answers, a tab and the name. `work` alone lists the fleets. No file, no clock, no
 * thread, no draw but from counters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"

#define N_DEVICES 20000U
#define N_FLAT 33000U /* enough for an order in which blocks are passed over */
#define N_QUERIES 50U
#define N_JOINED 512U /* of which the first are the queries */
#define N_FIRST 10U
#define N_CHANGED 2000U
#define N_LINES_A_FEED 2000U

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(2);                                                        \
        }                                                                   \
    } while (0)

typedef struct work {
    mdm_fleet *fleet;
    lines read;
    lines sources;
    mdm_query *queries[N_QUERIES];
    uint32_t rows[N_FLAT];
    uint8_t bits[(N_FLAT + 7) / 8];
    size_t n_given;
    uint64_t answer;
} work;

typedef void step(work *at);

/* ---- The answers as one number ---- */

static void note(work *at, const void *bytes, size_t n)
{
    /* FNV-1a (Fowler, Noll, Vo 1991). */
    for (size_t i = 0; i < n; i++) {
        at->answer = (at->answer ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3U;
    }
}

static void note_number(work *at, uint64_t number)
{
    note(at, &number, sizeof number);
}

static void note_all(work *at)
{
    static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};
    mdm_size size;
    mdm_fleet_size(at->fleet, &size);
    note_number(at, size.n_rows);
    note_number(at, size.n_devices);
    note_number(at, size.n_lists);
    note_number(at, at->n_given);
    note(at, at->rows, sizeof at->rows);
    note(at, at->bits, sizeof at->bits);
    for (size_t q = 0; q < N_QUERIES && at->queries[q] != NULL; q++) {
        CHECK(mdm_query_again(at->queries[q]) == MDM_OK);
        for (size_t v = 0; v < sizeof verdicts / sizeof *verdicts; v++) {
            size_t n = 0;
            CHECK(mdm_count(at->queries[q], verdicts[v], &n) == MDM_OK);
            note_number(at, n);
        }
    }
}

/* A function of its own, so that what is called from it can be told from what is not. Its frame
   begins a page, as copies take more or fewer steps by where the stack is. */
void measured(step *run, work *at);
__attribute__((noinline)) void measured(step *run, work *at)
{
    _Alignas(4096) volatile char page = 0;
    run(at);
    (void)page;
}

static void piece(const char *name, step *run, work *at)
{
    at->n_given = 0;
    memset(at->rows, 0, sizeof at->rows);
    memset(at->bits, 0, sizeof at->bits);
    at->answer = 0xcbf29ce484222325U;
    measured(run, at);
    note_all(at);
    printf("%016llx\t%s\n", (unsigned long long)at->answer, name);
}

/* ---- What pieces do ---- */

static void read_all(work *at)
{
    mdm_reader *reader = NULL;
    uint32_t first = 0;
    size_t n_faults = 0;
    CHECK(mdm_reader_new(at->fleet, &reader) == MDM_OK);
    for (size_t i = 0, begin = 0; i < at->read.n; i += N_LINES_A_FEED) {
        const size_t last = i + N_LINES_A_FEED < at->read.n ? i + N_LINES_A_FEED : at->read.n;
        const size_t end = at->read.ends[last - 1];
        CHECK(mdm_reader_feed(reader, at->read.at + begin, end - begin, NULL, 0, &n_faults) ==
              MDM_OK);
        begin = end;
    }
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
    mdm_reader_free(reader);
}

static void compile(work *at, mdm_direction accepted_by)
{
    for (size_t q = 0; q < N_QUERIES; q++) {
        mdm_fault fault;
        size_t len = 0;
        const char *line = line_at(&at->sources, q, &len);
        CHECK(mdm_query_new(at->fleet, line, len, accepted_by, 1, &at->queries[q], &fault) ==
              MDM_OK);
    }
}

static void compile_by_scheme(work *at)
{
    compile(at, MDM_NOBODY);
}

static void compile_by_target(work *at)
{
    compile(at, MDM_TARGET);
}

static void judge_again(work *at)
{
    for (size_t q = 0; q < N_QUERIES; q++) {
        CHECK(mdm_query_again(at->queries[q]) == MDM_OK);
    }
}

static void free_queries(work *at)
{
    for (size_t q = 0; q < N_QUERIES; q++) {
        mdm_query_free(at->queries[q]);
        at->queries[q] = NULL;
    }
}

/* As a rule, MDM_YES are few and MDM_NO nearly all. */
static const mdm_verdict asked[] = {MDM_YES, MDM_NO};

static void give_rows(work *at)
{
    for (size_t q = 0; q < 2 * (size_t)N_QUERIES; q++) {
        size_t n = 0;
        CHECK(mdm_rows(at->queries[q / 2], asked[q % 2], at->rows, N_FLAT, &n) == MDM_OK);
        at->n_given += n;
    }
}

static void give_first(work *at)
{
    for (size_t q = 0; q < 2 * (size_t)N_QUERIES; q++) {
        size_t n = 0;
        CHECK(mdm_first(at->queries[q / 2], asked[q % 2], at->rows, N_FIRST, &n) == MDM_OK);
        at->n_given += n;
    }
}

static void give_bitmap(work *at)
{
    for (size_t q = 0; q < 2 * (size_t)N_QUERIES; q++) {
        CHECK(mdm_bitmap(at->queries[q / 2], asked[q % 2], at->bits, sizeof at->bits) == MDM_OK);
    }
}

static void add_some(work *at)
{
    for (size_t i = 0; i < at->read.n; i++) {
        mdm_fault fault;
        uint32_t row = 0;
        size_t len = 0;
        const char *line = line_at(&at->read, i, &len);
        CHECK(mdm_add(at->fleet, line, len, &row, &fault) == MDM_OK);
    }
}

/* All different, and far from each other. */
static uint32_t row_to_change(const work *at, size_t i)
{
    return (uint32_t)(i * 4999 % mdm_row_count(at->fleet));
}

static void replace_some(work *at)
{
    for (size_t i = 0; i < at->read.n; i++) {
        mdm_fault fault;
        size_t len = 0;
        const char *line = line_at(&at->read, i, &len);
        CHECK(mdm_replace(at->fleet, row_to_change(at, i), line, len, &fault) == MDM_OK);
    }
}

static void remove_some(work *at)
{
    for (size_t i = 0; i < N_CHANGED; i++) {
        CHECK(mdm_remove(at->fleet, row_to_change(at, i)) == MDM_OK);
    }
}

static void lay_out_anew(work *at)
{
    CHECK(mdm_fleet_lay_out(at->fleet, MDM_LAYOUT_CLASSES) == MDM_OK);
    CHECK(mdm_fleet_lay_out(at->fleet, MDM_LAYOUT_FLAT) == MDM_OK);
}

/* All at once: how many for each, then rows of the first. */
static void join_all(work *at)
{
    static const size_t n_bytes = (size_t)1 << 20;
    mdm_join *join = NULL;
    mdm_place place = {0, 0};
    uint32_t sources[N_JOINED];
    size_t n_faults = 0;
    size_t n_left = 1;
    size_t n = 0;
    CHECK(mdm_join_lines(at->fleet, at->sources.at, at->sources.len, MDM_NOBODY, 1, &join, NULL, 0,
                         &n_faults) == MDM_OK);
    while (n_left > 0) {
        CHECK(mdm_join_count(join, 1, &n_left) == MDM_OK);
    }
    CHECK(mdm_join_counts(join, MDM_YES, at->rows, N_JOINED) == MDM_OK);
    for (size_t i = 0; i < N_JOINED; i++) {
        at->n_given += at->rows[i];
    }
    CHECK(mdm_join_judge(join, 0, n_bytes, &n) == MDM_OK);
    CHECK(mdm_join_bitmaps(join, MDM_YES, 0, 1, at->bits, sizeof at->bits) == MDM_OK);
    CHECK(mdm_join_pairs(join, MDM_YES, &place, sources, at->rows, N_JOINED, &n) == MDM_OK);
    at->n_given += n;
    mdm_join_free(join);
}

/* ---- Fleets, with their pieces in order ---- */

static void start(work *at, const mdm_scheme *scheme)
{
    CHECK(mdm_fleet_new(scheme, 1, NULL, &at->fleet) == MDM_OK);
    puts(mdm_path_text(mdm_fleet_path(at->fleet)));
}

/* The lines are most of them known, some with values and lists that are new. */
static void change(work *at)
{
    lines_free(&at->read);
    lines_repeating(&at->read, N_FLAT, N_CHANGED * 4 / 5, RULE_NARROW);
    lines_differing(&at->read, N_FLAT, N_CHANGED / 5, RULE_NARROW);
    piece("add", add_some, at);
    piece("replace", replace_some, at);
    piece("remove", remove_some, at);
}

static void answer(work *at)
{
    piece("judge again", judge_again, at);
    piece("rows", give_rows, at);
    piece("first", give_first, at);
    piece("bitmap", give_bitmap, at);
    piece("join", join_all, at);
}

static void classes(work *at)
{
    start(at, &scheme_of_objects);
    lines_repeating(&at->read, 0, N_DEVICES, RULE_NARROW);
    lines_repeating(&at->sources, 0, N_JOINED, RULE_NARROW);
    piece("read", read_all, at);
    CHECK(mdm_fleet_layout(at->fleet) == MDM_LAYOUT_CLASSES);
    piece("compile", compile_by_scheme, at);
    answer(at);
    free_queries(at);
    piece("compile, by target", compile_by_target, at);
    piece("judge again, by target", judge_again, at);
    change(at);
}

static void flat(work *at)
{
    start(at, &scheme_of_objects);
    lines_differing(&at->read, 0, N_FLAT, RULE_NONE);
    lines_differing(&at->sources, 0, N_QUERIES / 2, RULE_NARROW);
    lines_differing(&at->sources, N_QUERIES / 2, N_QUERIES / 2, RULE_BROAD);
    lines_differing(&at->sources, N_QUERIES, N_JOINED - N_QUERIES, RULE_NARROW);
    piece("read", read_all, at);
    piece("lay out", lay_out_anew, at);
    piece("compile", compile_by_scheme, at);
    answer(at);
    change(at);
}

static void lists(work *at)
{
    start(at, &scheme_of_objects);
    lines_differing(&at->read, 0, N_DEVICES / 4, RULE_NARROW);
    piece("read", read_all, at);
}

static void relations(work *at)
{
    start(at, &scheme_of_relations);
    lines_repeating(&at->read, 0, N_DEVICES / 4, RULE_NONE);
    lines_repeating(&at->sources, 0, N_QUERIES, RULE_NONE);
    piece("read", read_all, at);
    piece("compile", compile_by_scheme, at);
    piece("judge again", judge_again, at);
}

static const struct {
    const char *name;
    step *run;
} fleets[] = {
    {"classes", classes},
    {"flat", flat},
    {"lists", lists},
    {"relations", relations},
};

int main(int n_words, char **words)
{
    for (size_t i = 0; i < sizeof fleets / sizeof *fleets; i++) {
        if (n_words < 2) {
            puts(fleets[i].name);
        } else if (strcmp(words[1], fleets[i].name) == 0) {
            static work at;
            fleets[i].run(&at);
            free_queries(&at);
            mdm_fleet_free(at.fleet);
            lines_free(&at.read);
            lines_free(&at.sources);
            return 0;
        }
    }
    return n_words < 2 ? 0 : 2;
}
