/*
 * What several have compiled, put together: two compilers by hand, with each request of memory
 * refused, and lines that threads share. Each source stays what one compiler makes of it.
 */
#include "compiled.h"

/* ---- What two have compiled, put together: each source stays what it was ---- */

#define HALF ((size_t)240) /* lines of each; together they have more of a kind than a byte counts */

/* Compiles n lines of a text that has no mistakes; sources are appended. */
static void compile_half(mdm_compiler *compiler, const char *text, const size_t *ends, size_t first,
                         mdm_compiled *sources)
{
    for (size_t i = first; i < first + HALF; i++) {
        const size_t begin = i == 0 ? 0 : ends[i - 1];
        const char *fault = NULL;
        CHECK(mdm_compile_line(compiler, (mdm_text){text + begin, ends[i] - begin}, &sources[i],
                               &fault) == MDM_OK);
    }
}

/* Against one compiler that has read all. */
static void check_merged(const mdm_compiler *merged, const mdm_compiled *sources,
                         const mdm_compiler *whole, const mdm_compiled *wanted)
{
    for (size_t i = 0; i < 2 * HALF; i++) {
        check_same(merged, &sources[i], whole, &wanted[i]);
    }
    check_lists(&merged->own);
}

/* false: a request was refused, and both are gone without a leak. */
static bool merge(bank *at, const mdm_fleet *fleet, const char *text, const size_t *ends, size_t n,
                  mdm_compiled *sources, const mdm_compiler *whole, const mdm_compiled *wanted)
{
    mdm_compiler both[2];
    mdm_moved moved;
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < 2; i++) {
        CHECK(mdm_compiler_new(&both[i], fleet, &fleet->memory, false));
        compile_half(&both[i], text, ends, i * HALF, sources);
    }
    at->has_refused = 0;
    at->n_left = n;
    status = mdm_compiler_merge(&both[0], &both[1], &moved);
    for (size_t i = HALF; i < 2 * HALF && status == MDM_OK; i++) {
        status = mdm_compiled_move(&both[0], &moved, &sources[i]);
    }
    CHECK(status == (at->has_refused ? MDM_NO_MEMORY : MDM_OK));
    at->n_left = SIZE_MAX;
    mdm_compiler_free(&both[1]);
    if (status == MDM_OK) {
        check_merged(&both[0], sources, whole, wanted);
        CHECK(mdm_compiler_encode(&both[0], 1));
        check_source(&both[0], &sources[2 * HALF - 1]);
    }
    mdm_compiler_free(&both[0]);
    return status == MDM_OK;
}

/* Some sources publish no list; without a spread no value is one that the fleet lacks. */
static void check_merging(const mdm_relation *relations, uint32_t spread)
{
    static size_t ends[2 * HALF];
    static mdm_compiled sources[2][2 * HALF];
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, 0);
    char *text = malloc(2 * HALF * sizeof(page));
    uint32_t state = 3;
    mdm_compiler whole;
    size_t n = 0;
    CHECK(text != NULL);
    fill(fleet, 40, 12, &state);
    for (size_t i = 0; i < 2 * HALF; i++) {
        page line = {.n = 0};
        if (spread == 0) {
            put(&line, "{\"self\":{}");
        } else {
            put_self(&line, spread, &state);
        }
        if (i % 5 != 0) {
            put_list(&line, spread + 1, &state);
        }
        put(&line, "}");
        memcpy(text + n, line.at, line.n);
        ends[i] = n += line.n;
    }
    CHECK(mdm_compiler_new(&whole, fleet, &fleet->memory, false));
    compile_half(&whole, text, ends, 0, sources[1]);
    compile_half(&whole, text, ends, HALF, sources[1]);
    for (n = 0; !merge(&bank, fleet, text, ends, n, sources[0], &whole, sources[1]);) {
        n += 1 + n / 64;
    }
    CHECK(n > N_KINDS);
    mdm_compiler_free(&whole);
    mdm_fleet_free(fleet);
    free(text);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

/* ---- Lines that threads share ---- */

#define SHARED ((size_t)1200) /* lines, of enough bytes for two threads; twice over, for three */
#define COUNTED ((size_t)2 * SHARED)

/* The same lines without those that have a mistake, twice over: each comes again in another part. */
static size_t put_right(char *to, const char *text, const size_t *ends, const mdm_fault *faults,
                        size_t n_faults)
{
    size_t n = 0;
    size_t begin = 0;
    size_t fault = 0;
    for (size_t i = 0; i < SHARED; begin = ends[i++] + 1) {
        if (fault < n_faults && faults[fault].line == i) {
            fault++;
            continue;
        }
        memcpy(to + n, text + begin, ends[i] + 1 - begin);
        n += ends[i] + 1 - begin;
    }
    CHECK(fault == n_faults);
    memcpy(to + n, to, n);
    return 2 * n;
}

static size_t count(mdm_join *join, uint32_t (*counts)[COUNTED])
{
    static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};
    size_t n_left = 1;
    while (n_left > 0) {
        CHECK(mdm_join_count(join, 100, &n_left) == MDM_OK);
    }
    for (size_t v = 0; v < 3; v++) {
        CHECK(mdm_join_counts(join, verdicts[v], counts[v], COUNTED) == MDM_OK);
    }
    return mdm_join_len(join);
}

/* One thread and three find the same mistakes. */
static size_t check_faults(const mdm_fleet *fleet, const char *text, size_t len,
                           mdm_fault (*faults)[SHARED])
{
    size_t n[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++) {
        mdm_join *join = NULL;
        CHECK(mdm_join_lines(fleet, text, len, MDM_NOBODY, 1 + 2 * i, &join, faults[i], SHARED,
                             &n[i]) == MDM_BAD_TEXT);
    }
    CHECK(n[0] == n[1] && n[0] > 0);
    for (size_t i = 0; i < n[0]; i++) {
        CHECK(faults[0][i].offset == faults[1][i].offset && faults[0][i].line == faults[1][i].line);
    }
    return n[0];
}

static void check_shared(const mdm_relation *relations)
{
    static size_t ends[SHARED];
    static mdm_fault faults[2][SHARED];
    static uint32_t counts[2][3][COUNTED];
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, 0);
    char *text = malloc(SHARED * sizeof(page));
    char *right = malloc(COUNTED * sizeof(page));
    uint32_t state = 11;
    size_t len = 0;
    CHECK(text != NULL && right != NULL);
    fill(fleet, 200, 12, &state);
    len = put_lines(text, ends, SHARED, &state);
    CHECK(len > (size_t)2 << 17);
    len = put_right(right, text, ends, faults[0], check_faults(fleet, text, len, faults));
    for (size_t n = 0;; n += 1 + n / 2) {
        mdm_join *join = NULL;
        size_t n_faults = 0;
        bank.n_left = n == 0 ? SIZE_MAX : n - 1;
        bank.has_refused = 0;
        for (unsigned i = 0; i < 2; i++) {
            const mdm_status status = mdm_join_lines(fleet, right, len, MDM_NOBODY, 1 + 2 * i,
                                                     &join, NULL, 0, &n_faults);
            CHECK(status == (bank.has_refused && join == NULL ? MDM_NO_MEMORY : MDM_OK));
            if (status == MDM_OK && n == 0) {
                const size_t n_sources = count(join, counts[i]);
                CHECK(n_sources > SHARED && n_sources <= COUNTED);
            }
            mdm_join_free(join);
            join = NULL;
            bank.n_left = i == 0 && n > 0 ? n - 1 : SIZE_MAX;
        }
        if (n > 0 && !bank.has_refused) {
            break;
        }
    }
    CHECK(memcmp(counts[0], counts[1], sizeof counts[0]) == 0);
    mdm_fleet_free(fleet);
    free(right);
    free(text);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

int main(void)
{
    static const mdm_relation equal[N_KINDS] = {MDM_EQUAL, MDM_EQUAL, MDM_EQUAL,
                                                MDM_EQUAL, MDM_EQUAL, MDM_EQUAL};
    static const mdm_relation ordered[N_KINDS] = {MDM_UNRELATED, MDM_UNRELATED, MDM_SUPERSET,
                                                  MDM_MINOR,     MDM_UNRELATED, MDM_UNRELATED};
    static const mdm_relation member[N_KINDS] = {MDM_UNRELATED, MDM_UNRELATED, MDM_MEMBER,
                                                 MDM_UNRELATED, MDM_EQUAL,     MDM_UNRELATED};
    check_merging(equal, 20000);
    check_merging(ordered, 0);
    check_shared(member);
    puts("well");
    return 0;
}
