/*
 * Blocks against every class. Threads share blocks where there are many, and else the pages of
 * classes.
 */
#include <string.h>

#include "mdm_join.h"
#include "mdm_threads.h"

typedef struct pass {
    mdm_join *join;
    const mdm_seating *seating;
    size_t end; /* of blocks */
    bool keeps_bits;
    size_t block; /* where threads share pages: the first of those that are asked together */
    size_t n_blocks;
    atomic_size_t *next;
} pass;

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
static void ask_runs(const pass *at, size_t block, const mdm_field *field, mdm_desk *desk,
                     size_t page, const uint64_t *left)
{
    const mdm_join *join = at->join;
    set_page(join, field, desk, page);
    for (size_t run = 0; run < join->fleet->classes.columns.page_len / MDM_RUN; run++) {
        const size_t word = page * MDM_PAGE_WORDS + run;
        uint32_t classes[MDM_RUN];
        for (uint32_t i = 0; i < MDM_RUN; i++) {
            classes[i] = (uint32_t)(word * MDM_RUN) + i;
        }
        if (left[run] == 0 ||
            !ask_some(join, field, desk, run * MDM_RUN, left[run], classes)) {
            continue;
        }
        if (!at->keeps_bits) {
            mdm_desk_count(join, field, desk, classes);
        }
        for (size_t p = 0; p < (field->is_split ? 2U : 1U) && at->keeps_bits; p++) {
            mdm_desk_keep(join, at->seating, block, desk->met[p], p, word);
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

/* Leads a strand of the plane to the codes of each column of the batch. In an ordered fleet the keys
   are often of one code, which is asked once. */
static void set_batch(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t plane)
{
    mdm_strands *strands = &desk->strands[plane];
    strands->rows = field->rows[0];
    strands->start = field->start[plane];
    strands->n = 0;
    for (size_t i = 0; i < field->n_columns; i++) {
        const mdm_asked_column *at = &field->columns[i];
        const uint8_t *codes = desk->batch.codes[i];
        if (at->is_key && memcmp(codes, codes + 1, MDM_RUN - 1) == 0) {
            narrow(&strands->start, &at->rows[plane][codes[0]]);
        } else {
            strands->at[strands->n++] =
                (mdm_strand){codes, at->map, (uint32_t)(at->rows[plane] - field->rows[0]),
                             join->fleet->classes.columns.at[at->column].n_bytes};
        }
    }
}

/* Asks n classes of the batch. */
static void ask_batch(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t n)
{
    const uint64_t bits = n < MDM_RUN ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
    for (size_t p = 0; p < (field->is_split ? 2U : 1U); p++) {
        set_batch(join, field, desk, p);
    }
    if (ask_some(join, field, desk, 0, bits, desk->batch.classes)) {
        mdm_desk_count(join, field, desk, desk->batch.classes);
    }
}

/* A run is asked, and what is left becomes the first. */
static void shift_batch(const mdm_columns *columns, const mdm_field *field, mdm_batch *batch)
{
    batch->n -= MDM_RUN;
    memcpy(batch->classes, batch->classes + MDM_RUN, batch->n * sizeof *batch->classes);
    for (size_t i = 0; i < field->n_columns; i++) {
        const size_t n_bytes = columns->at[field->columns[i].column].n_bytes;
        memcpy(batch->codes[i], batch->codes[i] + MDM_RUN * n_bytes, MDM_RUN * n_bytes);
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
        if (batch->n >= MDM_RUN) {
            ask_batch(join, field, desk, MDM_RUN);
            shift_batch(columns, field, batch);
        }
    }
}

/* The last classes of a batch; where there are none, code 0 stands. */
static void end_batch(const mdm_join *join, const mdm_field *field, mdm_desk *desk)
{
    mdm_batch *batch = &desk->batch;
    if (batch->n == 0) {
        return;
    }
    for (size_t i = 0; i < field->n_columns; i++) {
        const size_t n_bytes =
            join->fleet->classes.columns.at[field->columns[i].column].n_bytes;
        memset(batch->codes[i] + batch->n * n_bytes, 0, (MDM_RUN - batch->n) * n_bytes);
    }
    memset(batch->classes + batch->n, 0, (MDM_RUN - batch->n) * sizeof *batch->classes);
    ask_batch(join, field, desk, batch->n);
    batch->n = 0;
}

static void ask_page(const pass *at, size_t block, const mdm_field *field, mdm_desk *desk,
                     size_t page)
{
    uint64_t left[MDM_PAGE_WORDS];
    if (!mdm_gate_page(at->join, field, page, left)) {
        return;
    }
    if (at->keeps_bits || field->n_gates == 0) {
        ask_runs(at, block, field, desk, page, left);
    } else {
        ask_left(at->join, field, desk, page, left);
    }
}

/* Where nothing is undecided, accepted is possible. */
static void copy_bits(const pass *at, size_t block, const mdm_field *field)
{
    const mdm_block *of = &at->seating->blocks[block];
    for (size_t i = of->first_seat; i < of->first_seat + of->n_seats && !field->is_split; i++) {
        const uint32_t source = at->seating->seats[i].source;
        memcpy(mdm_join_bits(at->join, source, 1), mdm_join_bits(at->join, source, 0),
               at->join->n_words * sizeof(uint64_t));
    }
}

/* ---- Shared among threads ---- */

static size_t take_desk(const mdm_join *join)
{
    size_t number = 0;
    const size_t n_each = join->n_together == 0 ? 1 : join->n_together;
    while (atomic_flag_test_and_set(&join->desks[number * n_each].is_taken)) {
        number = (number + 1) % join->n_threads;
    }
    return number;
}

static void take_blocks(const void *context, size_t item)
{
    const pass *at = context;
    const mdm_join *join = at->join;
    const size_t number = take_desk(join);
    mdm_desk *desk = &join->desks[number];
    mdm_field *field = &join->fields[number];
    (void)item;
    for (size_t block = 0; (block = atomic_fetch_add(at->next, 1)) < at->end;) {
        mdm_field_open(join, at->seating, block, field);
        for (size_t c = 0; c <= join->fleet->scheme.n_attributes; c++) {
            mdm_field_fill(join, field, c);
        }
        mdm_field_close(join, field);
        mdm_desk_clear(desk);
        for (size_t page = 0; page < join->fleet->classes.columns.n_pages; page++) {
            ask_page(at, block, field, desk, page);
        }
        end_batch(join, field, desk);
        if (at->keeps_bits) {
            copy_bits(at, block, field);
        } else {
            mdm_desk_give(join, at->seating, block, field, desk);
        }
    }
    atomic_flag_clear(&desk->is_taken);
}

/* An item is a column of a block. */
static void fill_column(const void *context, size_t item)
{
    const pass *at = context;
    const size_t n_columns = at->join->fleet->scheme.n_attributes + 1;
    mdm_field_fill(at->join, &at->join->fields[item / n_columns], item % n_columns);
}

static void take_pages(const void *context, size_t item)
{
    const pass *at = context;
    const mdm_join *join = at->join;
    const size_t number = take_desk(join);
    mdm_desk *desks = &join->desks[number * join->n_together];
    const size_t n_pages = join->fleet->classes.columns.n_pages;
    (void)item;
    for (size_t page = 0; (page = atomic_fetch_add(at->next, 1)) < n_pages;) {
        for (size_t i = 0; i < at->n_blocks; i++) {
            ask_page(at, at->block + i, &join->fields[i], &desks[i], page);
        }
    }
    for (size_t i = 0; i < at->n_blocks; i++) {
        end_batch(join, &join->fields[i], &desks[i]);
    }
    atomic_flag_clear(&desks->is_taken);
}

static void end_block(const pass *at, size_t i)
{
    const mdm_join *join = at->join;
    if (at->keeps_bits) {
        copy_bits(at, at->block + i, &join->fields[i]);
        return;
    }
    for (unsigned t = 0; t < join->n_threads; t++) {
        mdm_desk_give(join, at->seating, at->block + i, &join->fields[i],
                      &join->desks[t * join->n_together + i]);
    }
}

/* Several blocks at a time, so that a page is fetched once for them. */
static void share_pages(pass *at)
{
    const mdm_join *join = at->join;
    atomic_init(at->next, 0);
    for (size_t i = 0; i < at->n_blocks; i++) {
        mdm_field_open(join, at->seating, at->block + i, &join->fields[i]);
        for (unsigned t = 0; t < join->n_threads; t++) {
            mdm_desk_clear(&join->desks[t * join->n_together + i]);
        }
    }
    mdm_run(join->n_threads, fill_column, at,
            at->n_blocks * (join->fleet->scheme.n_attributes + 1));
    for (size_t i = 0; i < at->n_blocks; i++) {
        mdm_field_close(join, &join->fields[i]);
    }
    mdm_run(join->n_threads, take_pages, at, (size_t)join->n_threads * 4);
    for (size_t i = 0; i < at->n_blocks; i++) {
        end_block(at, i);
    }
}

void mdm_pass(mdm_join *join, const mdm_seating *seating, size_t first_block, size_t n_blocks,
              bool keeps_bits)
{
    atomic_size_t next;
    pass at = {join, seating, first_block + n_blocks, keeps_bits, 0, 0, &next};
    atomic_init(&next, first_block);
    if (join->n_together == 0) {
        mdm_run(join->n_threads, take_blocks, &at, (size_t)join->n_threads * 4);
        return;
    }
    for (at.block = first_block; at.block < at.end; at.block += at.n_blocks) {
        const size_t left = at.end - at.block;
        at.n_blocks = left < join->n_together ? left : join->n_together;
        share_pages(&at);
    }
}
