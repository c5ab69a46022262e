/*
 * Adding, replacing, removing, asking and joining, as a program of bytes.
 *
 * Law: every answer is that of the naive model, device by device; every description comes back as
 * it was given; what the model refuses is refused, and then the fleet is as it was.
 */
#include "program.h"

/* ---- Saved and loaded ---- */

static void load(program *at)
{
    size_t n_bytes = 0;
    char *bytes = law_save(at->fleet, &n_bytes);
    mdm_fleet *loaded = NULL;
    LAW(TRIED(at, mdm_fleet_load(&at->scheme.scheme, 1, &law_memory, "law", 3, bytes, n_bytes,
                                 &loaded, NULL)) == MDM_OK);
    law_free(bytes);
    law_same_rows(at->fleet, loaded);
    mdm_query_free(at->query);
    mdm_fleet_free(at->fleet);
    at->query = NULL;
    at->fleet = loaded;
}

/* ---- The program ---- */

/* What an operation takes, roughly; short programs have few that take long, so that there can be
   many programs. */
static const struct operation {
    void (*run)(program *at);
    unsigned cost;
} operations[] = {
    {program_draw, 1},        {program_draw, 1},      {program_add, 1},
    {program_add, 1},         {program_add, 1},       {program_replace, 1},
    {program_remove, 1},      {program_ask, 2},       {program_ask, 2},
    {program_ask, 2},         {program_ask_again, 2}, {program_read, 2},
    {program_join_lines, 6},  {program_join_rows, 6}, {program_join_classes, 6},
    {program_remove_many, 1}, {program_damage, 2},    {program_lay_out, 1},
    {load, 5},                {program_spread, 2},    {program_refuse, 1},
    {program_beside, 10},
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
    unsigned budget = 0;
    at.is_long = bytes.left > MOST_SHORT;
    budget = at.is_long ? LONG_BUDGET : SHORT_BUDGET;
    program_begin();
    law_share(at.is_long);
    draw_scheme(&at.bytes, &at.scheme);
    LAW(mdm_fleet_new(&at.scheme.scheme, 1, &law_memory, &at.fleet) == MDM_OK);
    populate(&at);
    while (at.bytes.left > 0) {
        const struct operation *one =
            &operations[law_byte(&at.bytes) % (sizeof operations / sizeof *operations)];
        if (one->cost > budget) {
            break;
        }
        budget -= one->cost;
        one->run(&at);
    }
    check_rows(&at);
    mdm_query_free(at.query);
    mdm_fleet_free(at.fleet);
    law_share(false);
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
