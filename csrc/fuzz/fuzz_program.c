/*
 * Adding, replacing, removing, asking and joining, as a program of bytes.
 *
 * Law: every answer is that of the naive model, device by device; every description comes back as
 * it was given; what the model refuses is refused, and then the fleet is as it was.
 */
#include <stdlib.h>

#include "program.h"

/* ---- Saved and loaded ---- */

static void load(program *at)
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
    program_draw,       program_draw,       program_add,          program_add,
    program_add,        program_replace,    program_remove,       program_ask,
    program_ask,        program_ask,        program_ask_again,    program_read,
    program_join_lines, program_join_rows,  program_join_classes, program_remove_many,
    program_damage,     program_lay_out,    load,                 program_spread,
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
        LAW(number == NOBODY || (paper.n == program_known[number].len &&
                                 memcmp(text, program_known[number].text, paper.n) == 0));
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
        program_draw(at);
        if (at->n_drawn > number) {
            program_hold(at, number);
        }
    }
}

static void run(law_bytes bytes)
{
    program at = {.bytes = bytes};
    /* They take long, so that most programs go without. */
    at.has_spread = bytes.left == 0 || (bytes.at[0] & 0x80) == 0;
    program_begin();
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
        draw_numbered(i, &program_known[MOST_DRAWN + i]);
    }
    is_numbered = true;
    law_on_every_path(run, data, size);
    return 0;
}
