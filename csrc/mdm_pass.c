/*
 * Blocks against every class. Threads share blocks where there are many, and else the pages of
 * classes.
 */
#include <string.h>

#include "mdm_join.h"
#include "mdm_threads.h"

/* Zones of more codes are not asked: of a run, of a page. */
#define RUN_CODES 4
#define PAGE_CODES 64

typedef struct pass {
    mdm_join *join;
    const mdm_seating *seating;
    size_t end; /* of blocks */
    bool keeps_bits;
    size_t block;     /* where threads share pages */
    mdm_field *field;
    atomic_size_t *next;
} pass;

/* ---- One run of classes ---- */

static void clear_dead(uint64_t live, mdm_lanes *met)
{
    for (uint64_t dead = ~live; dead != 0; dead &= dead - 1) {
        memset(&met[__builtin_ctzll(dead)], 0, sizeof *met);
    }
}

/* Variables that tie columns together are judged for the pairs that are left. */
static void keep_joined(const mdm_join *join, const mdm_field *field, mdm_desk *desk,
                        size_t first_class)
{
    for (size_t i = 0; i < MDM_RUN; i++) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            uint64_t left = desk->met[0][i].at[w] & field->tied.at[w];
            for (; left != 0; left &= left - 1) {
                const size_t lane = w * 64 + (size_t)__builtin_ctzll(left);
                if (!mdm_lane_joins(join, field, lane, first_class + i)) {
                    desk->met[0][i].at[w] &= ~(left & (0 - left));
                    desk->met[1][i].at[w] &= ~(left & (0 - left));
                }
            }
        }
    }
}

/* ---- Zones: what a page or a run of an ordered fleet can have ---- */

/* Lanes that accept some code of a zone; `start` is narrowed by them. A zone of too many codes says
   nothing. */
static void narrow_by_zone(const mdm_zone *zone, const mdm_lanes *rows, uint32_t most,
                           mdm_lanes *start)
{
    mdm_lanes any = {{0}};
    if (zone->low > zone->high) {
        *start = any;
        return;
    }
    if (zone->high - zone->low >= most) {
        return;
    }
    for (uint32_t code = zone->low; code <= zone->high; code++) {
        for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
            any.at[w] |= rows[code].at[w];
        }
    }
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        start->at[w] &= any.at[w];
    }
}

static bool has_lanes(const mdm_lanes *lanes)
{
    uint64_t any = 0;
    for (size_t w = 0; w < MDM_LANE_WORDS; w++) {
        any |= lanes->at[w];
    }
    return any != 0;
}

/* Narrows by the zones of all keys, which begin at `zones`. False: no lane is left. *is_told: each
   zone is of one code, so that no class need be asked for its own. */
static bool narrow_by_zones(const mdm_field *field, const mdm_zone *zones, size_t plane,
                            uint32_t most, mdm_lanes *start, bool *is_told)
{
    const size_t first = field->n_columns - field->n_keys;
    *is_told = true;
    for (size_t k = 0; k < field->n_keys; k++) {
        const mdm_zone *zone = &zones[field->keys[k]];
        narrow_by_zone(zone, field->rows_of[plane][first + k], most, start);
        *is_told = *is_told && zone->low == zone->high;
    }
    return has_lanes(start);
}

/* ---- Pages ---- */

static void set_page(const mdm_join *join, const mdm_field *field, mdm_desk *desk, size_t page)
{
    const mdm_columns *columns = &join->fleet->classes.columns;
    for (size_t p = 0; p < (field->is_split ? 2U : 1U); p++) {
        mdm_strands *strands = &desk->strands[p];
        strands->rows = field->rows[0];
        for (size_t i = 0; i < field->n_columns; i++) {
            strands->at[i] = (mdm_strand){mdm_column_page(columns, field->columns[i], page),
                                          field->maps[i],
                                          (uint32_t)(field->rows_of[p][i] - field->rows[0]),
                                          columns->at[field->columns[i]].n_bytes};
        }
    }
}

/* The lanes that accept each class of a run, of one plane. */
static bool meet_run(const mdm_join *join, const mdm_field *field, mdm_desk *desk,
                     const mdm_zone *zones, size_t plane, size_t class_word)
{
    mdm_strands *strands = &desk->strands[plane];
    const uint64_t live = join->fleet->classes.live.at[class_word];
    bool is_told = false;
    strands->start = field->start[plane];
    if (zones != NULL && !narrow_by_zones(field, zones, plane, RUN_CODES, &strands->start,
                                          &is_told)) {
        return false;
    }
    strands->n = field->n_columns - (is_told ? field->n_keys : 0);
    if (!join->kernels->meet(strands, class_word % MDM_PAGE_WORDS * MDM_RUN, desk->met[plane])) {
        return false;
    }
    clear_dead(live, desk->met[plane]);
    return true;
}

static void ask_run(const pass *at, size_t block, const mdm_field *field, mdm_desk *desk,
                    const mdm_zone *zones, size_t class_word)
{
    const mdm_join *join = at->join;
    if (join->fleet->classes.live.at[class_word] == 0 ||
        !meet_run(join, field, desk, zones, 0, class_word)) {
        return;
    }
    if (field->is_split && !meet_run(join, field, desk, zones, 1, class_word)) {
        memset(desk->met[1], 0, sizeof desk->met[1]);
    }
    if (field->has_tied) {
        keep_joined(join, field, desk, class_word * MDM_RUN);
    }
    for (size_t p = 0; p < (field->is_split ? 2U : 1U); p++) {
        if (field->folds.n > 0) {
            join->kernels->fold(&field->folds, desk->met[p]);
        }
        if (at->keeps_bits) {
            mdm_desk_keep(join, at->seating, block, desk->met[p], p, class_word);
        }
    }
    if (!at->keeps_bits) {
        mdm_desk_count(join, field, desk, class_word * MDM_RUN);
    }
}

static void ask_page(const pass *at, size_t block, const mdm_field *field, mdm_desk *desk,
                     size_t page)
{
    const mdm_class_table *classes = &at->join->fleet->classes;
    const size_t n_keys = classes->zones.n_keys;
    const mdm_zone *zones = field->n_keys == 0 ? NULL
                                               : classes->zones.at + page * MDM_ZONES(n_keys);
    mdm_lanes start = field->start[0];
    bool is_told = false;
    if (zones != NULL && !narrow_by_zones(field, zones, 0, PAGE_CODES, &start, &is_told)) {
        return;
    }
    set_page(at->join, field, desk, page);
    for (size_t run = 0; run < classes->columns.page_len / MDM_RUN; run++) {
        ask_run(at, block, field, desk, zones == NULL ? NULL : zones + (run + 1) * n_keys,
                page * MDM_PAGE_WORDS + run);
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
    while (atomic_flag_test_and_set(&join->desks[number].is_taken)) {
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
        if (at->keeps_bits) {
            copy_bits(at, block, field);
        } else {
            mdm_desk_give(join, at->seating, block, field, desk);
        }
    }
    atomic_flag_clear(&desk->is_taken);
}

static void fill_column(const void *context, size_t column)
{
    const pass *at = context;
    mdm_field_fill(at->join, at->field, column);
}

static void take_pages(const void *context, size_t item)
{
    const pass *at = context;
    const mdm_join *join = at->join;
    mdm_desk *desk = &join->desks[take_desk(join)];
    const size_t n_pages = join->fleet->classes.columns.n_pages;
    (void)item;
    for (size_t page = 0; (page = atomic_fetch_add(at->next, 1)) < n_pages;) {
        ask_page(at, at->block, at->field, desk, page);
    }
    atomic_flag_clear(&desk->is_taken);
}

static void share_pages(pass *at)
{
    const mdm_join *join = at->join;
    atomic_init(at->next, 0);
    mdm_field_open(join, at->seating, at->block, at->field);
    mdm_run(join->n_threads, fill_column, at, join->fleet->scheme.n_attributes + 1);
    mdm_field_close(join, at->field);
    for (unsigned i = 0; i < join->n_threads; i++) {
        mdm_desk_clear(&join->desks[i]);
    }
    mdm_run(join->n_threads, take_pages, at, (size_t)join->n_threads * 4);
    if (at->keeps_bits) {
        copy_bits(at, at->block, at->field);
        return;
    }
    for (unsigned i = 0; i < join->n_threads; i++) {
        mdm_desk_give(join, at->seating, at->block, at->field, &join->desks[i]);
    }
}

void mdm_pass(mdm_join *join, const mdm_seating *seating, size_t first_block, size_t n_blocks,
              bool keeps_bits)
{
    atomic_size_t next;
    pass at = {join, seating, first_block + n_blocks, keeps_bits, 0, join->fields, &next};
    atomic_init(&next, first_block);
    if (join->n_fields == join->n_threads && n_blocks >= join->n_threads) {
        mdm_run(join->n_threads, take_blocks, &at, (size_t)join->n_threads * 4);
        return;
    }
    for (at.block = first_block; at.block < at.end; at.block++) {
        share_pages(&at);
    }
}
