/*
 * Adding, replacing, removing, asking and joining, as a program of bytes.
 *
 * Law: every answer is that of the naive model, device by device; every description comes back as
 * it was given; what the model refuses is refused, and then the fleet is as it was.
 */
#include <stdlib.h>

#include "draw.h"

#define MOST_ROWS 1024
#define MOST_DRAWN 24
#define N_NUMBERED 260
#define N_KNOWN (MOST_DRAWN + N_NUMBERED)
#define MOST_OPERATIONS 24
#define NOBODY UINT16_MAX
#define NO_VERDICT 2

typedef struct program {
    law_bytes bytes;
    drawn_scheme scheme;
    mdm_fleet *fleet;
    size_t n_drawn;
    uint16_t rows[MOST_ROWS]; /* what each was drawn as */
    size_t n_rows;
    uint32_t free[MOST_ROWS]; /* the last is given first */
    size_t n_free;
    mdm_query *query;
    size_t source;
    mdm_direction direction;
    bool has_changed; /* since the query */
    bool has_spread;
    uint8_t verdicts[MOST_ROWS]; /* expected; NO_VERDICT: no device */
} program;

/* What was drawn, and behind it what is numbered. */
static drawn known[N_KNOWN];
static naive_heap heap;
/* Verdicts by direction, source and target, of this program. */
static uint8_t judged[4][MOST_DRAWN][N_KNOWN];

static const mdm_verdict all[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};

/* ---- Answers ---- */

static mdm_verdict judge(const program *at, size_t source, size_t target, mdm_direction direction)
{
    mdm_verdict verdict = MDM_NO;
    LAW(naive_judge(&at->scheme.scheme, direction, &known[source].meaning, &known[target].meaning,
                    &verdict) == NAIVE_GOOD);
    return verdict;
}

static void expect(program *at, size_t source, mdm_direction direction)
{
    uint8_t numbered[N_KNOWN];
    uint8_t *found = source < MOST_DRAWN ? judged[direction][source] : numbered;
    if (source >= MOST_DRAWN) {
        memset(numbered, NO_VERDICT, sizeof numbered);
    }
    for (size_t row = 0; row < at->n_rows; row++) {
        const uint16_t number = at->rows[row];
        if (number != NOBODY && found[number] == NO_VERDICT) {
            found[number] = (uint8_t)judge(at, source, number, direction);
        }
        at->verdicts[row] = number == NOBODY ? NO_VERDICT : found[number];
    }
}

static size_t expected_rows(const program *at, mdm_verdict verdict, uint32_t *rows, uint8_t *bits)
{
    size_t n = 0;
    memset(bits, 0, (at->n_rows + 7) / 8);
    for (uint32_t row = 0; row < at->n_rows; row++) {
        if (at->verdicts[row] == verdict) {
            rows[n++] = row;
            bits[row / 8] |= (uint8_t)(1U << row % 8);
        }
    }
    return n;
}

static void check_query(program *at)
{
    uint32_t rows[2][MOST_ROWS];
    uint8_t bits[2][MOST_ROWS / 8];
    const size_t most = law_below(&at->bytes, 8);
    expect(at, at->source, at->direction);
    for (size_t i = 0; i < 3; i++) {
        size_t n_found = 0;
        const size_t n = expected_rows(at, all[i], rows[0], bits[0]);
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

/* ---- Texts ---- */

static size_t pick(program *at)
{
    return at->n_drawn == 0 ? MOST_DRAWN + law_below(&at->bytes, 8)
                            : law_below(&at->bytes, (uint32_t)at->n_drawn);
}

/* Only what the core can read becomes one of the known. */
static void do_draw(program *at)
{
    drawn *to = &known[at->n_drawn];
    if (at->n_drawn == MOST_DRAWN || heap.n > sizeof heap.at / 2) {
        at->bytes.left = 0;
        return;
    }
    draw_description(&at->bytes, &at->scheme.scheme, &heap, to);
    if (to->answer == NAIVE_BAD) {
        const uint64_t before = law_checksum(at->fleet);
        char *text = law_block(to->text, to->len);
        uint32_t row = 0;
        mdm_fault fault = {0, 0};
        LAW(mdm_add(at->fleet, text, to->len, &row, &fault) == MDM_BAD_TEXT);
        LAW(fault.offset <= to->len && law_checksum(at->fleet) == before);
        free(text);
    }
    at->n_drawn += to->answer == NAIVE_GOOD;
}

/* ---- Changes ---- */

static void add(program *at, size_t number)
{
    char *text = law_block(known[number].text, known[number].len);
    uint32_t row = 0;
    LAW(mdm_add(at->fleet, text, known[number].len, &row, NULL) == MDM_OK);
    LAW(row == (at->n_free > 0 ? at->free[at->n_free - 1] : at->n_rows));
    at->n_rows += at->n_free == 0;
    at->n_free -= at->n_free > 0;
    at->rows[row] = (uint16_t)number;
    at->has_changed = true;
    free(text);
}

static void do_add(program *at)
{
    if (at->n_rows < MOST_ROWS) {
        add(at, pick(at));
    }
}

static uint32_t pick_row(program *at)
{
    const uint32_t n = at->n_rows < 255 ? (uint32_t)at->n_rows : 255;
    return law_below(&at->bytes, n + 1);
}

static bool is_used(const program *at, uint32_t row)
{
    return row < at->n_rows && at->rows[row] != NOBODY;
}

static void do_replace(program *at)
{
    const uint32_t row = pick_row(at);
    const size_t number = pick(at);
    const mdm_status status =
        mdm_replace(at->fleet, row, known[number].text, known[number].len, NULL);
    LAW(status == (is_used(at, row) ? MDM_OK : MDM_NO_ROW));
    if (status == MDM_OK) {
        at->rows[row] = (uint16_t)number;
        at->has_changed = true;
    }
}

static void forget(program *at, uint32_t row)
{
    at->rows[row] = NOBODY;
    at->free[at->n_free++] = row;
    at->has_changed = true;
}

static void do_remove(program *at)
{
    const uint32_t row = pick_row(at);
    const bool has = is_used(at, row);
    LAW(mdm_remove(at->fleet, row) == (has ? MDM_OK : MDM_NO_ROW));
    if (has) {
        forget(at, row);
    }
}

static void do_remove_many(program *at)
{
    uint32_t rows[4];
    const size_t n = law_below(&at->bytes, 4);
    bool is_right = true;
    for (size_t i = 0; i < n; i++) {
        rows[i] = pick_row(at);
        is_right = is_right && is_used(at, rows[i]);
        for (size_t j = 0; j < i; j++) {
            is_right = is_right && rows[i] != rows[j];
        }
    }
    LAW(mdm_remove_many(at->fleet, rows, n) == (is_right ? MDM_OK : MDM_NO_ROW));
    for (size_t i = 0; i < n && is_right; i++) {
        forget(at, rows[i]);
    }
    at->has_changed = at->has_changed || is_right;
}

/* A text with one byte changed: whatever it means, a refusal leaves no trace. */
static void do_damage(program *at)
{
    const size_t number = pick(at);
    const size_t len = known[number].len;
    const uint64_t before = law_checksum(at->fleet);
    const size_t place = law_byte(&at->bytes) * len / 256;
    char *text = law_block(known[number].text, len);
    uint32_t row = 0;
    text[place] = (char)(text[place] ^ law_byte(&at->bytes));
    if (at->n_rows < MOST_ROWS &&
        mdm_add(at->fleet, text, len, &row, NULL) == MDM_OK) {
        at->n_rows += at->n_free == 0;
        at->n_free -= at->n_free > 0;
        LAW(mdm_remove(at->fleet, row) == MDM_OK);
        forget(at, row);
    } else {
        LAW(law_checksum(at->fleet) == before);
    }
    free(text);
}

static void do_lay_out(program *at)
{
    const mdm_layout layout = (mdm_layout)law_below(&at->bytes, 3);
    LAW(mdm_fleet_lay_out(at->fleet, layout) == MDM_OK);
    LAW(layout == MDM_LAYOUT_AUTO || mdm_fleet_layout(at->fleet) == layout);
    /* Whether a query is stale after it is not said. */
    mdm_query_free(at->query);
    at->query = NULL;
}

/* ---- Many at once ---- */

static void end_reading(program *at, mdm_reader *reader, const uint16_t *numbers, size_t n)
{
    const size_t choice = law_below(&at->bytes, 4);
    uint32_t rows[16];
    uint32_t first = 0;
    bool is_right = n <= 16;
    for (size_t i = 0; i < n && i < 16; i++) {
        rows[i] = pick_row(at);
        is_right = is_right && is_used(at, rows[i]);
    }
    if (choice == 0) {
        mdm_reader_free(reader);
        return;
    }
    if (choice == 1 && n <= 16) {
        LAW(mdm_reader_replace(reader, rows, n) == (is_right ? MDM_OK : MDM_NO_ROW));
        for (size_t i = 0; i < n && is_right; i++) {
            at->rows[rows[i]] = numbers[i];
        }
        at->has_changed = at->has_changed || is_right;
    } else {
        LAW(mdm_reader_commit(reader, &first) == MDM_OK && first == at->n_rows);
        memcpy(at->rows + at->n_rows, numbers, n * sizeof *numbers);
        at->n_rows += n;
        at->has_changed = true;
    }
    mdm_reader_free(reader);
}

static void read(program *at, const uint16_t *numbers, size_t n)
{
    static char written[1 << 16];
    law_paper paper = {written, sizeof written, 0};
    mdm_reader *reader = NULL;
    char *text = NULL;
    size_t n_faults = 0;
    for (size_t i = 0; i < n; i++) {
        law_put(&paper, known[numbers[i]].text, known[numbers[i]].len);
        law_put_plain(&paper, i + 1 < n ? "\n" : "");
    }
    text = law_block(written, paper.n);
    LAW(mdm_reader_new(at->fleet, &reader) == MDM_OK);
    LAW(mdm_reader_feed(reader, text, paper.n, NULL, 0, &n_faults) == MDM_OK);
    LAW(mdm_reader_count(reader) == n);
    free(text);
    end_reading(at, reader, numbers, n);
}

static void do_read(program *at)
{
    uint16_t numbers[16];
    const size_t n = law_below(&at->bytes, 16);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = (uint16_t)pick(at);
    }
    if (at->n_rows + n <= MOST_ROWS) {
        read(at, numbers, n);
    }
}

static void do_spread(program *at)
{
    uint16_t numbers[N_NUMBERED];
    for (size_t i = 0; i < N_NUMBERED; i++) {
        numbers[i] = (uint16_t)(MOST_DRAWN + i);
    }
    /* Once is enough for codes of two bytes. */
    if (!at->has_spread && at->n_rows + N_NUMBERED <= MOST_ROWS) {
        at->has_spread = true;
        read(at, numbers, N_NUMBERED);
    }
}

/* ---- Questions ---- */

static void do_ask(program *at)
{
    char *text = NULL;
    mdm_query_free(at->query);
    at->source = pick(at);
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    text = law_block(known[at->source].text, known[at->source].len);
    LAW(mdm_query_new(at->fleet, text, known[at->source].len, at->direction, 1, &at->query, NULL) ==
        MDM_OK);
    free(text);
    at->has_changed = false;
    check_query(at);
}

static void do_ask_again(program *at)
{
    size_t n = 0;
    if (at->query == NULL) {
        return;
    }
    LAW(mdm_count(at->query, MDM_YES, &n) == (at->has_changed ? MDM_STALE : MDM_OK));
    LAW(mdm_query_again(at->query) == MDM_OK);
    at->has_changed = false;
    check_query(at);
}

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
                expect(at, sources[source], at->direction);
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
    expect(at, sources[i], at->direction);
    for (size_t v = 0; v < 3; v++) {
        const size_t n = expected_rows(at, all[v], rows[0], bits[0]);
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
        LAW(mdm_join_count(join, 1, &n_left) == MDM_OK);
    }
    /* Of many sources the first stand for all, since the model takes its time. */
    for (size_t first = 0; first < n; first += n < 32 ? n_judged : n) {
        LAW(mdm_join_judge(join, first, 512, &n_judged) == MDM_OK);
        LAW(n_judged > 0 && first + n_judged <= n);
        for (size_t i = first; i < first + n_judged && i < first + 2; i++) {
            check_source(at, join, sources, i);
        }
        check_pairs(at, join, sources, first, n_judged < 4 ? n_judged : 4, all[first % 3]);
    }
    mdm_join_free(join);
}

static void do_join_lines(program *at)
{
    static char written[1 << 16];
    law_paper paper = {written, sizeof written, 0};
    uint16_t sources[16];
    const size_t n = law_below(&at->bytes, 16);
    mdm_join *join = NULL;
    char *text = NULL;
    size_t n_faults = 0;
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    for (size_t i = 0; i < n; i++) {
        sources[i] = (uint16_t)pick(at);
        law_put(&paper, known[sources[i]].text, known[sources[i]].len);
        law_put_plain(&paper, "\n");
    }
    text = law_block(written, paper.n);
    LAW(mdm_join_lines(at->fleet, text, paper.n, at->direction, 1, &join, NULL, 0, &n_faults) ==
        MDM_OK);
    check_join(at, join, sources, n);
    free(text);
    mdm_query_free(at->query);
    at->query = NULL;
}

static void do_join_rows(program *at)
{
    uint16_t sources[MOST_ROWS];
    uint32_t rows[16];
    const size_t n = law_below(&at->bytes, 16);
    bool is_right = true;
    mdm_join *join = NULL;
    mdm_status status = MDM_OK;
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    for (size_t i = 0; i < n; i++) {
        rows[i] = pick_row(at);
        is_right = is_right && is_used(at, rows[i]);
        sources[i] = rows[i] < at->n_rows ? at->rows[rows[i]] : NOBODY;
    }
    status = mdm_join_rows(at->fleet, rows, n, at->direction, 1, &join);
    LAW(status == (is_right ? MDM_OK : MDM_NO_ROW));
    if (is_right) {
        check_join(at, join, sources, n);
    }
    mdm_query_free(at->query);
    at->query = NULL;
}

static void do_join_classes(program *at)
{
    uint16_t sources[MOST_ROWS];
    uint32_t classes[MOST_ROWS];
    mdm_join *join = NULL;
    size_t n = 0;
    at->direction = (mdm_direction)law_below(&at->bytes, 4);
    LAW(mdm_classes(at->fleet, classes, MOST_ROWS) == MDM_OK);
    for (size_t row = 0; row < at->n_rows; row++) {
        LAW((classes[row] == UINT32_MAX) == (at->rows[row] == NOBODY));
        if (classes[row] != UINT32_MAX) {
            LAW(classes[row] < at->n_rows);
            sources[classes[row]] = at->rows[row];
            n = classes[row] >= n ? classes[row] + 1 : n;
        }
    }
    LAW(mdm_join_classes(at->fleet, at->direction, 1, &join) == MDM_OK);
    if (n <= 512) {
        check_join(at, join, sources, n);
    } else {
        mdm_join_free(join);
    }
    mdm_query_free(at->query);
    at->query = NULL;
}

/* ---- Saved and loaded ---- */

static void do_load(program *at)
{
    size_t n_bytes = 0;
    char *bytes = law_save(at->fleet, &n_bytes);
    mdm_fleet *loaded = NULL;
    LAW(mdm_fleet_load(&at->scheme.scheme, 1, NULL, "law", 3, bytes, n_bytes, &loaded, NULL) ==
        MDM_OK);
    free(bytes);
    law_same_rows(at->fleet, loaded);
    mdm_query_free(at->query);
    mdm_fleet_free(at->fleet);
    at->query = NULL;
    at->fleet = loaded;
}

/* ---- The program ---- */

typedef void operation(program *at);

static operation *const operations[] = {
    do_draw,      do_draw,    do_add,         do_add,     do_add,        do_replace,
    do_remove,    do_ask,     do_ask,         do_ask,     do_ask_again,  do_read,
    do_join_lines, do_join_rows, do_join_classes, do_remove_many, do_damage, do_lay_out,
    do_load,      do_spread,
};

static void check_rows(const program *at)
{
    char text[4096];
    size_t n_devices = 0;
    LAW(mdm_row_count(at->fleet) == at->n_rows);
    for (uint32_t row = 0; row < at->n_rows; row++) {
        law_paper paper = {text, sizeof text, 0};
        const uint16_t number = at->rows[row];
        LAW(law_put_row(&paper, at->fleet, row) == (number != NOBODY));
        LAW(number == NOBODY || (paper.n == known[number].len &&
                                 memcmp(text, known[number].text, paper.n) == 0));
        n_devices += number != NOBODY;
    }
    LAW(mdm_device_count(at->fleet) == n_devices);
}

/* Questions to an empty fleet would tell little. */
static void populate(program *at)
{
    const size_t n = law_below(&at->bytes, 8);
    for (size_t i = 0; i < n; i++) {
        const size_t number = at->n_drawn;
        do_draw(at);
        if (at->n_drawn > number) {
            add(at, number);
        }
    }
}

static void run(law_bytes bytes)
{
    program at = {.bytes = bytes};
    /* They take long, so that most programs go without. */
    at.has_spread = bytes.left == 0 || (bytes.at[0] & 0x80) == 0;
    heap.n = 0;
    memset(judged, NO_VERDICT, sizeof judged);
    draw_scheme(&at.bytes, &at.scheme);
    LAW(mdm_fleet_new(&at.scheme.scheme, 1, NULL, &at.fleet) == MDM_OK);
    populate(&at);
    for (size_t i = 0; i < MOST_OPERATIONS && at.bytes.left > 0; i++) {
        operations[law_byte(&at.bytes) % (sizeof operations / sizeof *operations)](&at);
    }
    check_rows(&at);
    mdm_query_free(at.query);
    mdm_fleet_free(at.fleet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_numbered;
    for (uint32_t i = 0; i < N_NUMBERED && !is_numbered; i++) {
        draw_numbered(i, &known[MOST_DRAWN + i]);
    }
    is_numbered = true;
    law_on_every_path(run, data, size);
    return 0;
}
