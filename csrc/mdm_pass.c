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
            mdm_ask_page(join, at->keeps_bits ? at->seating : NULL, block, field, desk, page);
        }
        mdm_ask_rest(join, field, desk);
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
            mdm_ask_page(join, at->keeps_bits ? at->seating : NULL, at->block + i,
                         &join->fields[i], &desks[i], page);
        }
    }
    for (size_t i = 0; i < at->n_blocks; i++) {
        mdm_ask_rest(join, &join->fields[i], &desks[i]);
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
