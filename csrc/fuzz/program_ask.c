/*
 * Questions to a fleet, their answers held against the model's.
 */
#include "program.h"

static const mdm_verdict all[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};

/* Threads take longer than all the rest. */
unsigned program_threads(program *at)
{
    return at->is_long ? 1 + law_below(&at->bytes, 3) : 1;
}

/* ---- One source ---- */

static void check_query(program *at)
{
    uint32_t rows[2][MOST_ROWS];
    uint8_t bits[2][MOST_ROWS / 8];
    const size_t most = law_below(&at->bytes, 8);
    program_expect(at, at->source, at->direction);
    for (size_t i = 0; i < 3; i++) {
        size_t n_found = 0;
        const size_t n = program_expected_rows(at, all[i], rows[0], bits[0]);
        LAW(mdm_count(at->query, all[i], &n_found) == MDM_OK && n_found == n);
        LAW(mdm_rows(at->query, all[i], rows[1], n, &n_found) == MDM_OK && n_found == n);
        LAW(memcmp(rows[0], rows[1], n * sizeof **rows) == 0);
        LAW(mdm_first(at->query, all[i], rows[1], most, &n_found) == MDM_OK);
        LAW(n_found == (n < most ? n : most));
        LAW(memcmp(rows[0], rows[1], n_found * sizeof **rows) == 0);
        LAW(mdm_bitmap(at->query, all[i], bits[1], (at->n_rows + 7) / 8) == MDM_OK);
        LAW(memcmp(bits[0], bits[1], (at->n_rows + 7) / 8) == 0);
    }
    for (uint32_t row = 0; row < at->n_rows && row < 8; row++) {
        mdm_verdict verdict = MDM_NO;
        const mdm_status status = mdm_verdict_of(at->query, row, &verdict);
        LAW(status == (at->verdicts[row] == NO_VERDICT ? MDM_NO_ROW : MDM_OK));
        LAW(status != MDM_OK || verdict == (mdm_verdict)at->verdicts[row]);
    }
}

void program_ask(program *at)
{
    const unsigned n_threads = program_threads(at);
    char *text = NULL;
    mdm_query_free(at->query);
    at->source = program_pick(at);
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    text = law_block(program_known[at->source].text, program_known[at->source].len);
    LAW(TRIED(at, mdm_query_new(at->fleet, text, program_known[at->source].len, at->direction,
                                n_threads, &at->query, NULL)) == MDM_OK);
    law_free(text);
    at->has_changed = false;
    check_query(at);
}

void program_ask_again(program *at)
{
    size_t n = 0;
    if (at->query == NULL) {
        return;
    }
    LAW(mdm_count(at->query, MDM_YES, &n) == (at->has_changed ? MDM_STALE : MDM_OK));
    LAW(TRIED(at, mdm_query_again(at->query)) == MDM_OK);
    at->has_changed = false;
    check_query(at);
}

/* ---- Many ---- */

static void check_pairs(program *at, mdm_join *join, const uint16_t *sources, size_t first,
                        size_t n, mdm_verdict verdict)
{
    uint32_t found[2][64];
    mdm_place place = {first, 0};
    uint32_t counts[512];
    size_t source = SIZE_MAX;
    size_t row = 0;
    size_t n_left = 0;
    LAW(mdm_join_counts(join, verdict, counts, 512) == MDM_OK);
    for (size_t i = first; i < first + n; i++) {
        n_left += counts[i];
    }
    while (place.source < first + n) {
        const size_t before = place.source;
        size_t n_pairs = 0;
        LAW(mdm_join_pairs(join, verdict, &place, found[0], found[1], 64, &n_pairs) == MDM_OK);
        LAW(n_pairs == 64 || place.source > before);
        for (size_t i = 0; i < n_pairs && found[0][i] < first + n; i++) {
            if (found[0][i] != source) {
                source = found[0][i];
                program_expect(at, sources[source], at->direction);
                row = 0;
            }
            while (row < at->n_rows && at->verdicts[row] != verdict) {
                row++;
            }
            LAW(row == found[1][i]);
            row++;
            n_left--;
        }
    }
    LAW(n_left == 0);
}

static void check_source(program *at, mdm_join *join, const uint16_t *sources, size_t i)
{
    uint32_t rows[2][MOST_ROWS];
    uint8_t bits[2][MOST_ROWS / 8];
    uint32_t counts[512];
    const size_t n_bytes = (at->n_rows + 7) / 8;
    program_expect(at, sources[i], at->direction);
    for (size_t v = 0; v < 3; v++) {
        const size_t n = program_expected_rows(at, all[v], rows[0], bits[0]);
        uint32_t n_first = 0;
        LAW(mdm_join_counts(join, all[v], counts, 512) == MDM_OK && counts[i] == n);
        LAW(mdm_join_bitmaps(join, all[v], i, 1, bits[1], n_bytes) == MDM_OK);
        LAW(memcmp(bits[0], bits[1], n_bytes) == 0);
        LAW(mdm_join_firsts(join, all[v], i, 1, 5, rows[1], &n_first) == MDM_OK);
        LAW(n_first == (n < 5 ? n : 5) && memcmp(rows[0], rows[1], n_first * sizeof **rows) == 0);
    }
}

static void check_join(program *at, mdm_join *join, const uint16_t *sources, size_t n)
{
    size_t n_left = 1;
    size_t n_judged = 0;
    LAW(mdm_join_len(join) == n);
    while (n_left > 0) {
        LAW(TRIED(at, mdm_join_count(join, 1, &n_left)) == MDM_OK);
    }
    /* Of many sources the first stand for all, since the model takes its time. */
    for (size_t first = 0; first < n; first += n < 32 ? n_judged : n) {
        LAW(TRIED(at, mdm_join_judge(join, first, 512, &n_judged)) == MDM_OK);
        LAW(n_judged > 0 && first + n_judged <= n);
        for (size_t i = first; i < first + n_judged && i < first + 2; i++) {
            check_source(at, join, sources, i);
        }
        check_pairs(at, join, sources, first, n_judged < 4 ? n_judged : 4, all[first % 3]);
    }
    mdm_join_free(join);
}

void program_join_lines(program *at)
{
    static char written[1 << 16];
    law_paper paper = {written, sizeof written, 0};
    uint16_t sources[16];
    const size_t n = law_below(&at->bytes, 16);
    mdm_join *join = NULL;
    char *text = NULL;
    size_t n_faults = 0;
    unsigned n_threads = 0;
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    for (size_t i = 0; i < n; i++) {
        sources[i] = (uint16_t)program_pick(at);
        law_put(&paper, program_known[sources[i]].text, program_known[sources[i]].len);
        law_put_plain(&paper, "\n");
    }
    text = law_block(written, paper.n);
    n_threads = program_threads(at);
    LAW(TRIED(at, mdm_join_lines(at->fleet, text, paper.n, at->direction, n_threads,
                                 &join, NULL, 0, &n_faults)) == MDM_OK);
    check_join(at, join, sources, n);
    law_free(text);
    mdm_query_free(at->query);
    at->query = NULL;
}

void program_join_rows(program *at)
{
    uint16_t sources[MOST_ROWS];
    uint32_t rows[16];
    const size_t n = law_below(&at->bytes, 16);
    bool is_right = true;
    mdm_join *join = NULL;
    mdm_status status = MDM_OK;
    unsigned n_threads = 0;
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    for (size_t i = 0; i < n; i++) {
        rows[i] = program_pick_row(at);
        is_right = is_right && program_is_used(at, rows[i]);
        sources[i] = rows[i] < at->n_rows ? at->rows[rows[i]] : NOBODY;
    }
    n_threads = program_threads(at);
    status = TRIED(at, mdm_join_rows(at->fleet, rows, n, at->direction, n_threads, &join));
    LAW(status == (is_right ? MDM_OK : MDM_NO_ROW));
    if (is_right) {
        check_join(at, join, sources, n);
    }
    mdm_query_free(at->query);
    at->query = NULL;
}

void program_join_classes(program *at)
{
    uint16_t sources[MOST_ROWS];
    uint32_t classes[MOST_ROWS];
    mdm_join *join = NULL;
    size_t n = 0;
    unsigned n_threads = 0;
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    LAW(TRIED(at, mdm_classes(at->fleet, classes, MOST_ROWS)) == MDM_OK);
    for (size_t row = 0; row < at->n_rows; row++) {
        LAW((classes[row] == UINT32_MAX) == (at->rows[row] == NOBODY));
        if (classes[row] != UINT32_MAX) {
            LAW(classes[row] < at->n_rows);
            sources[classes[row]] = at->rows[row];
            n = classes[row] >= n ? classes[row] + 1 : n;
        }
    }
    n_threads = program_threads(at);
    LAW(TRIED(at, mdm_join_classes(at->fleet, at->direction, n_threads, &join)) == MDM_OK);
    if (n <= 512) {
        check_join(at, join, sources, n);
    } else {
        mdm_join_free(join);
    }
    mdm_query_free(at->query);
    at->query = NULL;
}
