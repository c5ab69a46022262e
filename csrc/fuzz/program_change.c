/*
 * Changes of a fleet, made in its model too.
 */
#include "program.h"

/* Devices that are spread again and again. */
#define N_FEW 90

/* ---- Texts ---- */

size_t program_pick(program *at)
{
    return at->n_drawn == 0 ? MOST_DRAWN + law_below(&at->bytes, 8)
                            : law_below(&at->bytes, (uint32_t)at->n_drawn);
}

/* Only what the core can read becomes one of the known. */
void program_draw(program *at)
{
    drawn *to = &program_known[at->n_drawn];
    if (at->n_drawn == MOST_DRAWN || program_heap.n > sizeof program_heap.at / 2) {
        at->bytes.left = 0;
        return;
    }
    draw_description(&at->bytes, &at->scheme.scheme, &program_heap, to);
    if (to->answer == NAIVE_BAD) {
        const uint64_t before = law_checksum(at->fleet);
        char *text = law_block(to->text, to->len);
        uint32_t row = 0;
        mdm_fault fault = {0, 0};
        LAW(TRIED(at, mdm_add(at->fleet, text, to->len, &row, &fault)) == MDM_BAD_TEXT);
        LAW(fault.offset <= to->len && law_checksum(at->fleet) == before);
        law_free(text);
    }
    at->n_drawn += to->answer == NAIVE_GOOD;
}

/* ---- Changes ---- */

void program_hold(program *at, size_t number)
{
    char *text = law_block(program_known[number].text, program_known[number].len);
    uint32_t row = 0;
    LAW(TRIED(at, mdm_add(at->fleet, text, program_known[number].len, &row, NULL)) == MDM_OK);
    LAW(row == (at->n_free > 0 ? at->free[at->n_free - 1] : at->n_rows));
    at->n_rows += at->n_free == 0;
    at->n_free -= at->n_free > 0;
    at->rows[row] = (uint16_t)number;
    at->has_changed = true;
    law_free(text);
}

void program_add(program *at)
{
    if (at->n_rows < MOST_ROWS) {
        program_hold(at, program_pick(at));
    }
}

uint32_t program_pick_row(program *at)
{
    const uint32_t n = at->n_rows < 255 ? (uint32_t)at->n_rows : 255;
    return law_below(&at->bytes, n + 1);
}

bool program_is_used(const program *at, uint32_t row)
{
    return row < at->n_rows && at->rows[row] != NOBODY;
}

void program_replace(program *at)
{
    const uint32_t row = program_pick_row(at);
    const size_t number = program_pick(at);
    const mdm_status status =
        TRIED(at, mdm_replace(at->fleet, row, program_known[number].text,
                              program_known[number].len, NULL));
    LAW(status == (program_is_used(at, row) ? MDM_OK : MDM_NO_ROW));
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

void program_remove(program *at)
{
    const uint32_t row = program_pick_row(at);
    const bool has = program_is_used(at, row);
    LAW(TRIED(at, mdm_remove(at->fleet, row)) == (has ? MDM_OK : MDM_NO_ROW));
    if (has) {
        forget(at, row);
    }
}

void program_remove_many(program *at)
{
    uint32_t rows[4];
    const size_t n = law_below(&at->bytes, 4);
    bool is_right = true;
    for (size_t i = 0; i < n; i++) {
        rows[i] = program_pick_row(at);
        is_right = is_right && program_is_used(at, rows[i]);
        for (size_t j = 0; j < i; j++) {
            is_right = is_right && rows[i] != rows[j];
        }
    }
    LAW(TRIED(at, mdm_remove_many(at->fleet, rows, n)) == (is_right ? MDM_OK : MDM_NO_ROW));
    for (size_t i = 0; i < n && is_right; i++) {
        forget(at, rows[i]);
    }
    at->has_changed = at->has_changed || is_right;
}

/* A text with one byte changed: whatever it means, a refusal leaves no trace. */
void program_damage(program *at)
{
    const size_t number = program_pick(at);
    const size_t len = program_known[number].len;
    const uint64_t before = law_checksum(at->fleet);
    const size_t place = law_byte(&at->bytes) * len / 256;
    char *text = law_block(program_known[number].text, len);
    uint32_t row = 0;
    text[place] = (char)(text[place] ^ law_byte(&at->bytes));
    if (at->n_rows < MOST_ROWS &&
        TRIED(at, mdm_add(at->fleet, text, len, &row, NULL)) == MDM_OK) {
        at->n_rows += at->n_free == 0;
        at->n_free -= at->n_free > 0;
        LAW(TRIED(at, mdm_remove(at->fleet, row)) == MDM_OK);
        forget(at, row);
    } else {
        LAW(law_checksum(at->fleet) == before);
    }
    law_free(text);
}

void program_lay_out(program *at)
{
    const mdm_layout layout = (mdm_layout)law_below(&at->bytes, 3);
    LAW(TRIED(at, mdm_fleet_lay_out(at->fleet, layout)) == MDM_OK);
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
        rows[i] = program_pick_row(at);
        is_right = is_right && program_is_used(at, rows[i]);
    }
    if (choice == 0) {
        mdm_reader_free(reader);
        return;
    }
    if (choice == 1 && n <= 16) {
        LAW(TRIED(at, mdm_reader_replace(reader, rows, n)) == (is_right ? MDM_OK : MDM_NO_ROW));
        for (size_t i = 0; i < n && is_right; i++) {
            at->rows[rows[i]] = numbers[i];
        }
        at->has_changed = at->has_changed || is_right;
    } else {
        LAW(TRIED(at, mdm_reader_commit(reader, &first)) == MDM_OK && first == at->n_rows);
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
        law_put(&paper, program_known[numbers[i]].text, program_known[numbers[i]].len);
        law_put_plain(&paper, i + 1 < n ? "\n" : "");
    }
    text = law_block(written, paper.n);
    LAW(TRIED(at, mdm_reader_new(at->fleet, &reader)) == MDM_OK);
    at->is_reading = true;
    LAW(TRIED(at, mdm_reader_feed(reader, text, paper.n, NULL, 0, &n_faults)) == MDM_OK);
    LAW(mdm_reader_count(reader) == n);
    law_free(text);
    end_reading(at, reader, numbers, n);
    at->is_reading = false;
}

void program_read(program *at)
{
    uint16_t numbers[16];
    const size_t n = law_below(&at->bytes, 16);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = (uint16_t)program_pick(at);
    }
    if (at->n_rows + n <= MOST_ROWS) {
        read(at, numbers, n);
    }
}

/* Those that are numbered: as they are; mixed; or some again and again, so that classes have rows
   all over the fleet. */
static uint16_t spread(uint32_t choice, size_t i)
{
    static const size_t steps[] = {1, 57, 7};
    const size_t n = choice == 2 ? N_FEW : N_NUMBERED;
    return (uint16_t)(MOST_DRAWN + i * steps[choice] % n);
}

void program_spread(program *at)
{
    uint16_t numbers[N_NUMBERED];
    uint32_t choice = 0;
    /* Once is enough for codes of two bytes. */
    if (!at->is_long || at->has_spread || at->n_rows + N_NUMBERED > MOST_ROWS) {
        return;
    }
    choice = law_below(&at->bytes, 3);
    for (size_t i = 0; i < N_NUMBERED; i++) {
        numbers[i] = spread(choice, i);
    }
    at->has_spread = true;
    read(at, numbers, N_NUMBERED);
}
