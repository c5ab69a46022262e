/*
 * Answers for sources that were judged: each by the ways of a single question.
 */
#include <string.h>

#include "mdm_join.h"

static mdm_status check(const mdm_join *join, mdm_verdict verdict)
{
    if (join == NULL || (verdict != MDM_NO && verdict != MDM_UNDECIDED && verdict != MDM_YES)) {
        return MDM_BAD_ARGUMENT;
    }
    return join->generation == join->fleet->generation ? MDM_OK : MDM_STALE;
}

static mdm_status check_some(const mdm_join *join, mdm_verdict verdict, size_t first, size_t n)
{
    const mdm_status status = check(join, verdict);
    if (status != MDM_OK) {
        return status;
    }
    return first >= join->first_judged && first - join->first_judged <= join->n_judged &&
                   n <= join->n_judged - (first - join->first_judged)
               ? MDM_OK
               : MDM_BAD_ARGUMENT;
}

/* The classes with a verdict; those of one verdict at a time. */
static const uint64_t *classes_of(const mdm_join *join, size_t given, mdm_verdict verdict)
{
    const uint32_t source = join->sources.number[given];
    const uint64_t *possible = mdm_join_bits(join, source, 0);
    const uint64_t *accepted = mdm_join_bits(join, source, 1);
    const uint64_t *live = join->fleet->classes.live.at;
    uint64_t *made = join->bits + 2 * join->n_places * join->n_words;
    if (verdict == MDM_YES) {
        return accepted;
    }
    for (size_t i = 0; i < join->n_words; i++) {
        made[i] = verdict == MDM_NO ? live[i] & ~possible[i] : possible[i] & ~accepted[i];
    }
    return made;
}

/* A source's answer as that of a question. */
static void view(const mdm_join *join, size_t given, mdm_verdict verdict, mdm_query *query)
{
    const mdm_fleet *fleet = join->fleet;
    query->fleet = fleet;
    atomic_init(&query->stage, MDM_JUDGED);
    atomic_init(&query->refused, MDM_JUDGED);
    query->sums = NULL;
    query->marks = (mdm_words){NULL, 0};
    query->generation = join->generation;
    query->n_words = join->n_words;
    query->by_verdict[verdict] = classes_of(join, given, verdict);
    query->n_devices[verdict] =
        mdm_count_devices(fleet, query->by_verdict[verdict], query->n_words);
}

static mdm_status held_bitmaps(const mdm_join *join, mdm_verdict verdict, size_t first, size_t n,
                            uint8_t *bits, size_t bits_len)
{
    mdm_status status =
        bits == NULL && bits_len > 0 ? MDM_BAD_ARGUMENT : check_some(join, verdict, first, n);
    mdm_query query;
    size_t n_bytes = 0;
    if (status != MDM_OK) {
        return status;
    }
    n_bytes = (join->fleet->rows.n + 7) / 8;
    if (n_bytes > 0 && bits_len / n_bytes < n) {
        return MDM_NO_SPACE;
    }
    for (size_t i = 0; i < n && status == MDM_OK; i++) {
        view(join, first + i, verdict, &query);
        status = mdm_bitmap_held(&query, verdict, bits + i * n_bytes, n_bytes);
    }
    return status;
}

/* ---- By class ---- */

/* Live classes have consecutive numbers: a bit moves down by the dead ones below it. */
static void set_class_bits(const mdm_join *join, const uint64_t *classes, uint8_t *bits)
{
    size_t n_before = 0;
    for (size_t i = 0; i < join->n_words; i++) {
        const uint64_t live = join->fleet->classes.live.at[i];
        for (uint64_t left = classes[i]; left != 0; left &= left - 1) {
            const uint64_t below = (left & (0 - left)) - 1;
            const size_t number = n_before + (size_t)__builtin_popcountll(live & below);
            bits[number / 8] |= (uint8_t)(1U << number % 8);
        }
        n_before += (size_t)__builtin_popcountll(live);
    }
}

static mdm_status held_class_bitmaps(const mdm_join *join, mdm_verdict verdict, size_t first,
                                  size_t n, uint8_t *bits, size_t bits_len)
{
    const mdm_status status =
        bits == NULL && bits_len > 0 ? MDM_BAD_ARGUMENT : check_some(join, verdict, first, n);
    size_t n_bytes = 0;
    if (status != MDM_OK) {
        return status;
    }
    n_bytes = (join->fleet->classes.n_live + 7) / 8;
    if (n_bytes > 0 && bits_len / n_bytes < n) {
        return MDM_NO_SPACE;
    }
    for (size_t i = 0; i < n && n_bytes > 0; i++) {
        memset(bits + i * n_bytes, 0, n_bytes);
        set_class_bits(join, classes_of(join, first + i, verdict), bits + i * n_bytes);
    }
    return MDM_OK;
}

/* ---- Rows ---- */

static mdm_status held_firsts(const mdm_join *join, mdm_verdict verdict, size_t first, size_t n,
                           size_t most, uint32_t *rows, uint32_t *n_rows)
{
    mdm_status status = (rows == NULL && n > 0 && most > 0) || (n_rows == NULL && n > 0)
                            ? MDM_BAD_ARGUMENT
                            : check_some(join, verdict, first, n);
    mdm_query query;
    for (size_t i = 0; status == MDM_OK && i < n; i++) {
        size_t n_found = 0;
        view(join, first + i, verdict, &query);
        status = mdm_first_held(&query, verdict, rows + i * most, most, &n_found);
        n_rows[i] = (uint32_t)n_found;
    }
    return status;
}

/* Rows from one on, as many as fit. Returns the row to go on with; 0: there is none. */
static size_t some_rows(const mdm_join *join, const uint64_t *classes, size_t row, uint32_t *rows,
                        size_t len, size_t *n)
{
    for (*n = 0; row < join->fleet->rows.n; row++) {
        const uint32_t class = mdm_row_class(join->fleet, row);
        if ((classes[class / 64] >> class % 64 & 1) == 0) {
            continue;
        }
        if (*n == len) {
            return row;
        }
        rows[(*n)++] = (uint32_t)row;
    }
    return 0;
}

/* The pairs of one source. False: they go on. */
static bool put_pairs(const mdm_join *join, mdm_verdict verdict, mdm_place *place,
                      uint32_t *rows, size_t len, bool is_empty, size_t *n)
{
    mdm_query query;
    size_t n_all = 0;
    view(join, place->source, verdict, &query);
    n_all = query.n_devices[verdict];
    *n = 0;
    if (place->row == 0 && n_all <= len) {
        mdm_rows_held(&query, verdict, rows, len, n);
        return true;
    }
    if (place->row == 0 && !is_empty) {
        return false;
    }
    place->row = some_rows(join, query.by_verdict[verdict], place->row, rows, len, n);
    return place->row == 0;
}

static mdm_status held_pairs(const mdm_join *join, mdm_verdict verdict, mdm_place *place,
                          uint32_t *sources, uint32_t *rows, size_t len, size_t *n_pairs)
{
    const mdm_status status = place == NULL || sources == NULL || rows == NULL || len == 0 ||
                                      n_pairs == NULL
                                  ? MDM_BAD_ARGUMENT
                                  : check(join, verdict);
    size_t end = 0;
    if (status != MDM_OK) {
        return status;
    }
    end = join->first_judged + join->n_judged;
    if (place->source < join->first_judged || place->source > end) {
        return MDM_BAD_ARGUMENT;
    }
    for (*n_pairs = 0; place->source < end; place->source++, place->row = 0) {
        const size_t n_before = *n_pairs;
        size_t n = 0;
        const bool is_done = put_pairs(join, verdict, place, rows + n_before, len - n_before,
                                       n_before == 0, &n);
        for (size_t i = 0; i < n; i++) {
            sources[n_before + i] = (uint32_t)place->source;
        }
        *n_pairs += n;
        if (!is_done) {
            break;
        }
    }
    return MDM_OK;
}

/* ---- The calls ---- */

mdm_status mdm_join_bitmaps(const mdm_join *join, mdm_verdict verdict, size_t first, size_t n,
                            uint8_t *bits, size_t bits_len)
{
    if (join == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(join->fleet);
    return held_bitmaps(join, verdict, first, n, bits, bits_len);
}

mdm_status mdm_join_class_bitmaps(const mdm_join *join, mdm_verdict verdict, size_t first,
                                  size_t n, uint8_t *bits, size_t bits_len)
{
    if (join == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(join->fleet);
    return held_class_bitmaps(join, verdict, first, n, bits, bits_len);
}

mdm_status mdm_join_firsts(const mdm_join *join, mdm_verdict verdict, size_t first, size_t n,
                           size_t most, uint32_t *rows, uint32_t *n_rows)
{
    if (join == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(join->fleet);
    return held_firsts(join, verdict, first, n, most, rows, n_rows);
}

mdm_status mdm_join_pairs(const mdm_join *join, mdm_verdict verdict, mdm_place *place,
                          uint32_t *sources, uint32_t *rows, size_t len, size_t *n_pairs)
{
    if (join == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(join->fleet);
    return held_pairs(join, verdict, place, sources, rows, len, n_pairs);
}
