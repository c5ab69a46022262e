/*
 * Encoded forms against the plain rule: whatever a clause or a relation is made into must hold the
 * codes that mdm_clause_accepts and mdm_relation_holds accept, one by one. Sources are compiled
 * together, as lines and as devices; values are settled, waiting, or crowded with members.
 */
#include "compiled.h"

/* ---- Sources ---- */

static void check_lines(const mdm_fleet *fleet, uint32_t spread, uint32_t *state)
{
    static page lines[60];
    mdm_compiler compiler;
    CHECK(mdm_compiler_new(&compiler, fleet, &fleet->memory, false));
    for (int i = 0; i < 60; i++) {
        page *line = &lines[i];
        mdm_compiled source;
        const char *fault = NULL;
        line->n = 0;
        put_self(line, 2 * spread, state);
        put_list(line, 2 * spread, state);
        put(line, "}");
        if (mdm_compile_line(&compiler, (mdm_text){line->at, line->n}, &source, &fault) !=
            MDM_OK) {
            fprintf(stderr, "refused: %s at %s\n", line->at, fault);
            exit(1);
        }
        CHECK(mdm_compiler_encode(&compiler, 1));
        check_source(&compiler, &source);
    }
    check_lists(&compiler.own);
    check_lists(&fleet->lists);
    mdm_compiler_free(&compiler);
}

static void check_classes(const mdm_fleet *fleet)
{
    mdm_compiler compiler;
    CHECK(mdm_compiler_new(&compiler, fleet, &fleet->memory, true));
    for (size_t class = 1; class < fleet->classes.n && class < 60; class++) {
        mdm_compiled source;
        CHECK(mdm_compile_class(&compiler, class, &source) == MDM_OK);
        CHECK(mdm_compiler_encode(&compiler, 1));
        check_source(&compiler, &source);
    }
    mdm_compiler_free(&compiler);
}

/* Each kind in each state: all settled; some that wait in a large dictionary, or in an open reader,
   which are then taken back. */
static void check_fleet(const mdm_relation *relations, int floor_division, uint32_t spread,
                        size_t n, uint32_t seed)
{
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, floor_division);
    uint32_t state = seed;
    mdm_reader *reader = NULL;
    check_lines(fleet, spread, &state);
    for (size_t i = 0; i < n; i++) {
        add(fleet, spread, i < 60, &state);
    }
    check_lines(fleet, spread, &state);
    check_classes(fleet);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (int i = 0; i < 30; i++) {
        page line = {.n = 0};
        size_t n_faults = 0;
        put_self(&line, 3 * spread, &state);
        put_list(&line, 3 * spread, &state);
        put(&line, "}");
        CHECK(mdm_reader_feed(reader, line.at, line.n, NULL, 0, &n_faults) == MDM_OK);
    }
    check_lines(fleet, spread, &state);
    mdm_reader_free(reader);
    check_lines(fleet, spread, &state);
    add(fleet, 3 * spread, true, &state);
    check_lines(fleet, spread, &state);
    check_classes(fleet);
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

/* ---- Memory ---- */

/* Two sources; a refused one is tried again. */
static void exhaust(bool is_of_fleet)
{
    static const mdm_relation relations[N_KINDS] = {MDM_EQUAL, MDM_UNRELATED, MDM_SUPERSET,
                                                    MDM_MINOR, MDM_EQUAL,     MDM_EQUAL};
    static page lines[4];
    for (size_t n = 0;; n++) {
        bank bank = {0, 0, SIZE_MAX, 0};
        mdm_fleet *fleet = make(&bank, relations, 0);
        mdm_compiler compiler;
        mdm_status status = MDM_OK;
        uint32_t state = 7;
        bool has_begun = false;
        fill(fleet, 40, 30, &state);
        bank.has_refused = 0;
        bank.n_left = n;
        has_begun = mdm_compiler_new(&compiler, fleet, &fleet->memory, is_of_fleet);
        for (size_t i = 1; i <= 3 && has_begun; i++) {
            page *line = &lines[i];
            mdm_compiled source;
            const char *fault = NULL;
            line->n = 0;
            put_self(line, 60, &state);
            put_list(line, 60, &state);
            put(line, "}");
            do {
                status = is_of_fleet ? mdm_compile_class(&compiler, i, &source)
                                     : mdm_compile_line(&compiler, (mdm_text){line->at, line->n},
                                                        &source, &fault);
                CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && bank.has_refused));
            } while (status != MDM_OK);
            while (!mdm_compiler_encode(&compiler, 1)) {
                CHECK(bank.has_refused);
            }
            check_source(&compiler, &source);
        }
        mdm_compiler_free(&compiler);
        bank.n_left = SIZE_MAX;
        mdm_fleet_free(fleet);
        CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
        if (!bank.has_refused) {
            return;
        }
    }
}

/* ---- Many lines: what was read before them, and who encodes them, changes nothing ---- */

#define MANY 5000U

/* Compiles what it can. Each line as if it were the first. */
static size_t compile_lines(mdm_compiler *compiler, const char *text, const size_t *ends,
                            size_t n_lines, mdm_compiled *sources)
{
    size_t n = 0;
    size_t begin = 0;
    for (size_t i = 0; i < n_lines; i++) {
        const mdm_text line = {text + begin, ends[i] - begin};
        mdm_compiler fresh;
        mdm_compiled alone;
        const char *faults[2] = {NULL, NULL};
        const mdm_status status = mdm_compile_line(compiler, line, &sources[n], &faults[0]);
        CHECK(mdm_compiler_new(&fresh, compiler->fleet, &compiler->fleet->memory, false));
        CHECK(mdm_compile_line(&fresh, line, &alone, &faults[1]) == status);
        CHECK(faults[0] == faults[1] && (status == MDM_OK || status == MDM_BAD_TEXT));
        if (status == MDM_OK) {
            check_same(compiler, &sources[n++], &fresh, &alone);
        }
        mdm_compiler_free(&fresh);
        begin = ends[i] + 1;
    }
    return n;
}

static size_t n_needed(const mdm_compiler *compiler)
{
    size_t n = compiler->needs.n;
    for (size_t a = 0; a < N_KINDS; a++) {
        n += compiler->own.clauses[a].texts.n;
    }
    return n;
}

static void check_many(const mdm_relation *relations, size_t n_lines, size_t n_left,
                       unsigned n_threads)
{
    static size_t ends[MANY];
    static mdm_compiled sources[MANY];
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, 0);
    char *text = malloc(n_lines * sizeof(page));
    uint32_t state = 5;
    mdm_compiler compiler;
    size_t n = 0;
    CHECK(text != NULL);
    fill(fleet, 40, 12, &state);
    CHECK(mdm_compiler_new(&compiler, fleet, &fleet->memory, false));
    compiler.limit = text + put_lines(text, ends, n_lines, &state);
    n = compile_lines(&compiler, text, ends, n_lines, sources);
    CHECK(n > n_lines / 2 && n < n_lines && n_needed(&compiler) > n_lines * 2);
    bank.n_left = n_left;
    while (!mdm_compiler_encode(&compiler, n_threads)) {
        CHECK(bank.has_refused);
    }
    for (size_t i = 0; i < n; i += 7) {
        check_source(&compiler, &sources[i]);
    }
    mdm_compiler_free(&compiler);
    mdm_fleet_free(fleet);
    free(text);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

int main(void)
{
    static const mdm_relation relations[][N_KINDS] = {
        {MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL},
        {MDM_UNRELATED, MDM_UNRELATED, MDM_SUPERSET, MDM_MINOR, MDM_UNRELATED, MDM_UNRELATED},
        {MDM_ANY, MDM_ANY, MDM_SUBSET, MDM_ANY, MDM_ANY, MDM_ANY},
        {MDM_UNRELATED, MDM_UNRELATED, MDM_MEMBER, MDM_UNRELATED, MDM_EQUAL, MDM_UNRELATED},
    };
    for (uint32_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        check_fleet(relations[i], (int)(i % 2), 12, 30, i);
        check_fleet(relations[i], (int)(i % 2), 60, 300, 10 + i);
    }
    check_fleet(relations[1], 0, 20000, 4000, 99);
    exhaust(false);
    exhaust(true);
    check_many(relations[0], MANY, SIZE_MAX, 1);
    check_many(relations[1], MANY / 4, SIZE_MAX, 3);
    for (size_t n = 0; n < 4; n++) {
        check_many(relations[3], MANY / 4, n * n, 3);
    }
    puts("well");
    return 0;
}
