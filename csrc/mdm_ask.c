/*
 * A block asks the classes of a page: met, joined, folded, and counted or kept.
 */
#include <string.h>

#include "mdm_join.h"

static void clear_dead(uint64_t live, mdm_lanes *met)
{
    for (uint64_t dead = ~live; dead != 0; dead &= dead - 1) {
        memset(&met[__builtin_ctzll(dead)], 0, sizeof *met);
    }
}

/* Variables that tie columns together are judged for the pairs that are left. */
static void keep_joined(const mdm_join *join, const mdm_field *field, mdm_desk *desk,
                        const uint32_t *classes)
{
    for (size_t i = 0; i < MDM_RUN; i++) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            uint64_t left = desk->met[0][i].at[w] & field->tied.at[w];
            for (; left != 0; left &= left - 1) {
                const size_t lane = w * 64 + (size_t)__builtin_ctzll(left);
                if (!mdm_lane_joins(join, field, lane, classes[i])) {
                    desk->met[0][i].at[w] &= ~(left & (0 - left));
                    desk->met[1][i].at[w] &= ~(left & (0 - left));
                }
            }
        }
    }
}

/* ---- Some classes, whose codes the strands lead to ---- */

/* The lanes that accept each class of those with a bit, of one plane. */
static bool meet_some(const mdm_join *join, mdm_desk *desk, size_t plane, size_t first,
                      uint64_t bits)
{
    if (!join->kernels->meet(&desk->strands[plane], first, desk->met[plane])) {
        return false;
    }
    clear_dead(bits, desk->met[plane]);
    return true;
}

/* False: nobody accepts any. */
static bool ask_some(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t first,
                     uint64_t bits, const uint32_t *classes)
{
    if (!meet_some(join, desk, 0, first, bits)) {
        return false;
    }
    if (field->is_split && !meet_some(join, desk, 1, first, bits)) {
        memset(desk->met[1], 0, sizeof desk->met[1]);
    }
    if (field->has_tied) {
        keep_joined(join, field, desk, classes);
    }
    for (size_t p = 0; p < (field->is_split ? 2U : 1U) && field->folds.n > 0; p++) {
        join->kernels->fold(&field->folds, desk->met[p]);
    }
    return true;
}

/* A run whose classes are all asked, and counted by ones. */
static void sum_run(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t first,
                    const uint32_t *classes)
{
    mdm_lanes *left = desk->met[0];
    if (!join->kernels->sum(&desk->strands[0], first, &field->folds, &field->tied, left,
                            desk->planes[0])) {
        return;
    }
    keep_joined(join, field, desk, classes);
    if (field->folds.n > 0) {
        join->kernels->fold(&field->folds, left);
    }
    join->kernels->tally(left, desk->planes[0]);
}

static void count_run(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t first,
                      uint64_t bits, const uint32_t *classes)
{
    if (bits == UINT64_MAX && join->fleet->classes.is_flat && !field->is_split) {
        sum_run(join, field, desk, first, classes);
    } else if (ask_some(join, field, desk, first, bits, classes)) {
        mdm_desk_count(join, field, desk, classes);
    }
}

/* ---- Pages ---- */

static void set_page(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t page)
{
    const mdm_columns *columns = &join->fleet->classes.columns;
    for (size_t p = 0; p < (field->is_split ? 2U : 1U); p++) {
        mdm_strands *strands = &desk->strands[p];
        strands->rows = field->rows[0];
        strands->start = field->start[p];
        strands->n = field->n_columns;
        for (size_t i = 0; i < field->n_columns; i++) {
            const mdm_asked_column *at = &field->columns[i];
            strands->at[i] = (mdm_strand){mdm_column_page(columns, at->column, page), at->map,
                                          (uint32_t)(at->rows[p] - field->rows[0]),
                                          columns->at[at->column].n_bytes};
        }
    }
}

/* Each run by itself: bits by class are in its order, and a block without gates passes over
   nothing. */
static void ask_runs(const mdm_join *join, const mdm_seating *keeps, size_t block,
                     const mdm_field *field, mdm_desk *desk, size_t page, const uint64_t *left)
{
    set_page(join, field, desk, page);
    for (size_t run = 0; run < join->fleet->classes.columns.page_len / MDM_RUN; run++) {
        const size_t word = page * MDM_PAGE_WORDS + run;
        uint32_t classes[MDM_RUN];
        for (uint32_t i = 0; i < MDM_RUN; i++) {
            classes[i] = (uint32_t)(word * MDM_RUN) + i;
        }
        if (left[run] == 0) {
            continue;
        }
        if (keeps == NULL) {
            count_run(join, field, desk, run * MDM_RUN, left[run], classes);
            continue;
        }
        if (!ask_some(join, field, desk, run * MDM_RUN, left[run], classes)) {
            continue;
        }
        for (size_t p = 0; p < (field->is_split ? 2U : 1U); p++) {
            mdm_desk_keep(join, keeps, block, desk->met[p], p, word);
        }
    }
}

/* ---- Batches: what is left of several runs, asked together ---- */

static void narrow(mdm_lanes *lanes, const mdm_lanes *row)
{
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        lanes->at[w] &= row->at[w];
    }
}

/* Leads a strand of the plane to the codes of each column of the batch, from a class on. In an
   ordered fleet the keys are often of one code, which is asked once. */
static void set_batch(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t plane,
                      size_t first)
{
    mdm_strands *strands = &desk->strands[plane];
    strands->rows = field->rows[0];
    strands->start = field->start[plane];
    strands->n = 0;
    for (size_t i = 0; i < field->n_columns; i++) {
        const mdm_asked_column *at = &field->columns[i];
        const uint32_t n_bytes = join->fleet->classes.columns.at[at->column].n_bytes;
        const uint8_t *codes = desk->batch.codes[i] + first * n_bytes;
        if (at->is_key && memcmp(codes, codes + 1, MDM_RUN - 1) == 0) {
            narrow(&strands->start, &at->rows[plane][codes[0]]);
        } else {
            strands->at[strands->n++] = (mdm_strand){
                codes, at->map, (uint32_t)(at->rows[plane] - field->rows[0]), n_bytes};
        }
    }
}

/* Asks n classes of the batch, at most a run. */
static void ask_batch(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t first,
                      size_t n)
{
    const uint64_t bits = n < MDM_RUN ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
    for (size_t p = 0; p < (field->is_split ? 2U : 1U); p++) {
        set_batch(join, field, desk, p, first);
    }
    count_run(join, field, desk, 0, bits, desk->batch.classes + first);
}

/* Asks the whole runs of the batch; what is left becomes the first. */
static void ask_whole(const mdm_join *join, const mdm_field *field, mdm_desk *desk)
{
    mdm_batch *batch = &desk->batch;
    const size_t n = batch->n / MDM_RUN * MDM_RUN;
    if (n == 0) {
        return;
    }
    for (size_t first = 0; first < n; first += MDM_RUN) {
        ask_batch(join, field, desk, first, MDM_RUN);
    }
    batch->n -= n;
    memcpy(batch->classes, batch->classes + n, batch->n * sizeof *batch->classes);
    for (size_t i = 0; i < field->n_columns; i++) {
        const size_t n_bytes =
            join->fleet->classes.columns.at[field->columns[i].column].n_bytes;
        memcpy(batch->codes[i], batch->codes[i] + n * n_bytes, batch->n * n_bytes);
    }
}

static void ask_left(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t page,
                     const uint64_t *left)
{
    const mdm_columns *columns = &join->fleet->classes.columns;
    mdm_batch *batch = &desk->batch;
    mdm_strand strands[MDM_MAX_STRANDS];
    set_page(join, field, desk, page);
    memcpy(strands, desk->strands[0].at, field->n_columns * sizeof *strands);
    for (size_t run = 0; run < columns->page_len / MDM_RUN; run++) {
        if (left[run] == 0) {
            continue;
        }
        join->kernels->squeeze(strands, field->n_columns, run * MDM_RUN, left[run],
                               (uint32_t)(page * MDM_PAGE + run * MDM_RUN), batch);
        if (batch->n > MDM_BATCH_LEN - MDM_RUN) {
            ask_whole(join, field, desk);
        }
    }
}

/* The last classes of a batch; where there are none, code 0 stands. */
void mdm_ask_rest(const mdm_join *join, const mdm_field *field, mdm_desk *desk)
{
    mdm_batch *batch = &desk->batch;
    ask_whole(join, field, desk);
    if (batch->n == 0) {
        return;
    }
    for (size_t i = 0; i < field->n_columns; i++) {
        const size_t n_bytes =
            join->fleet->classes.columns.at[field->columns[i].column].n_bytes;
        memset(batch->codes[i] + batch->n * n_bytes, 0, (MDM_RUN - batch->n) * n_bytes);
    }
    memset(batch->classes + batch->n, 0, (MDM_RUN - batch->n) * sizeof *batch->classes);
    ask_batch(join, field, desk, 0, batch->n);
    batch->n = 0;
}

void mdm_ask_page(const mdm_join *join, const mdm_seating *keeps, size_t block,
                  const mdm_field *field, mdm_desk *desk, size_t page)
{
    uint64_t left[MDM_PAGE_WORDS];
    if (!mdm_gate_page(join, field, page, left)) {
        return;
    }
    if (keeps != NULL || field->n_gates == 0) {
        ask_runs(join, keeps, block, field, desk, page, left);
    } else {
        ask_left(join, field, desk, page, left);
    }
}
