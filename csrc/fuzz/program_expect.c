/*
 * What the naive model says of every row.
 */
#include "program.h"

drawn program_known[N_KNOWN];
naive_heap program_heap;
/* Verdicts by direction, source and target, of this program. */
static uint8_t judged[4][MOST_DRAWN][N_KNOWN];

void program_begin(void)
{
    program_heap.n = 0;
    memset(judged, NO_VERDICT, sizeof judged);
}

static mdm_verdict judge(const program *at, size_t source, size_t target, mdm_direction direction)
{
    mdm_verdict verdict = MDM_NO;
    LAW(naive_judge(&at->scheme.scheme, direction, &program_known[source].meaning,
                    &program_known[target].meaning, &verdict) == NAIVE_GOOD);
    return verdict;
}

void program_expect(program *at, size_t source, mdm_direction direction)
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

size_t program_expected_rows(const program *at, mdm_verdict verdict, uint32_t *rows, uint8_t *bits)
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
