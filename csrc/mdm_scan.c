/*
 * Answers from a judged question: counts, rows, the first rows, a bitmap.
 *
 * Two ways lead to rows. Gathering takes the rows of the classes; its cost grows with
 * the answer. Scanning looks up the class of each row in turn; its cost grows with the fleet. The
 * costs below, measured on 10^6 rows in 20 000 classes, say where one overtakes the other.
 */
#include <string.h>

#include "mdm_query.h"

/* In scanned rows (0.7 ns each on the machine of the measurement): a row gathered and sorted, and
   one that is marked; a row offered to a heap, and one kept in it; a row whose bit is set. */
#define GATHER_COST 16
#define MARK_COST 4
#define HEAP_COST 4
#define HEAP_KEPT_COST 100
#define BIT_COST 4

/* Rows that are looked up at once. */
#define CHUNK ((size_t)4096)

static unsigned bit_of(const uint64_t *bits, size_t class)
{
    return (unsigned)(bits[class / 64] >> class % 64 & 1);
}

static bool is_asked(const mdm_query *query)
{
    return atomic_load_explicit(&query->stage, memory_order_acquire) == MDM_ASKED;
}

static mdm_status check(const mdm_query *query, mdm_verdict verdict)
{
    if (query == NULL || (verdict != MDM_NO && verdict != MDM_UNDECIDED && verdict != MDM_YES)) {
        return MDM_BAD_ARGUMENT;
    }
    return query->generation == query->fleet->generation &&
                   (!is_asked(query) || mdm_query_knows_all(query))
               ? MDM_OK
               : MDM_STALE;
}

static mdm_status check_judged(const mdm_query *query, mdm_verdict verdict)
{
    const mdm_status status = check(query, verdict);
    if (status == MDM_OK) {
        mdm_query_settle(query, verdict);
    }
    return status;
}

static mdm_status count(const mdm_query *query, mdm_verdict verdict, size_t *n_devices)
{
    const mdm_status status = n_devices == NULL ? MDM_BAD_ARGUMENT : check(query, verdict);
    if (status == MDM_OK) {
        mdm_query_settle(query, MDM_YES); /* which counts them all */
        *n_devices = query->n_devices[verdict];
    }
    return status;
}

static mdm_status verdict_of(const mdm_query *query, uint32_t row, mdm_verdict *verdict)
{
    const mdm_status status = verdict == NULL ? MDM_BAD_ARGUMENT : check_judged(query, MDM_YES);
    size_t class = 0;
    if (status != MDM_OK) {
        return status;
    }
    class = row < query->fleet->rows.n ? mdm_row_class(query->fleet, row) : 0;
    if (class == 0) {
        return MDM_NO_ROW;
    }
    *verdict = (mdm_verdict)(bit_of(query->bits.possible, class) |
                             bit_of(query->bits.accepted, class) << 1);
    return MDM_OK;
}

/* ---- Rows ---- */

/* One bit a row of a chunk, which begins at a multiple of 64 rows: whether its class is in the set.
   The classes of rows are codes as any others are. */
static size_t look_up(const mdm_query *query, mdm_verdict verdict, size_t begin, uint64_t *words)
{
    const mdm_fleet *fleet = query->fleet;
    const mdm_class_of *class_of = &fleet->rows.class_of;
    const size_t left = fleet->rows.n - begin;
    const size_t n = left < CHUNK ? left : CHUNK;
    const size_t n_bytes = class_of->is_wide ? sizeof(uint32_t) : sizeof(uint16_t);
    const mdm_filter filter = {.set = query->by_verdict[verdict], .n_codes = query->n_words * 64};
    memset(words, 0xff, n / 64 * sizeof *words);
    fleet->kernels->keep[class_of->is_wide ? 2 : 1](
        (const char *)class_of->at + begin * n_bytes, &filter, words, n / 64);
    if (n % 64 > 0) {
        words[n / 64] = 0;
    }
    for (size_t row = n / 64 * 64; row < n; row++) {
        const uint32_t class = mdm_row_class(fleet, begin + row);
        words[row / 64] |= mdm_filter_bit(&filter, class) << row % 64;
    }
    return (n + 63) / 64;
}

/* The first `wanted` rows; there are as many. */
static void scan(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t wanted)
{
    uint64_t words[CHUNK / 64];
    size_t n = 0;
    for (size_t begin_row = 0; n < wanted; begin_row += CHUNK) {
        const size_t n_words = look_up(query, verdict, begin_row, words);
        for (size_t i = 0; i < n_words; i++) {
            for (uint64_t left = words[i]; left != 0 && n < wanted; left &= left - 1) {
                rows[n++] = (uint32_t)(begin_row + i * 64 + (size_t)__builtin_ctzll(left));
            }
        }
    }
}

mdm_status mdm_rows_held(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                    size_t *n_rows)
{
    const mdm_status status = n_rows == NULL || (rows == NULL && rows_len > 0)
                                  ? MDM_BAD_ARGUMENT
                                  : check_judged(query, verdict);
    if (status != MDM_OK) {
        return status;
    }
    *n_rows = query->n_devices[verdict];
    if (*n_rows > rows_len) {
        return MDM_NO_SPACE;
    }
    if (*n_rows == 0) {
        return MDM_OK;
    }
    if (*n_rows < query->fleet->rows.n / (query->marks.at == NULL ? GATHER_COST : MARK_COST)) {
        mdm_gather(query, verdict, rows);
    } else {
        scan(query, verdict, rows, *n_rows);
    }
    return MDM_OK;
}

/* ---- The first ---- */

mdm_status mdm_first_held(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                     size_t *n_rows)
{
    const mdm_status status = n_rows == NULL || (rows == NULL && rows_len > 0)
                                  ? MDM_BAD_ARGUMENT
                                  : check(query, verdict);
    size_t n_all = 0;
    if (status != MDM_OK) {
        return status;
    }
    if (verdict == MDM_YES && is_asked(query) && mdm_first_early(query, rows, rows_len)) {
        *n_rows = rows_len;
        return MDM_OK;
    }
    mdm_query_settle(query, verdict);
    n_all = query->n_devices[verdict];
    if (n_all <= rows_len) {
        return mdm_rows_held(query, verdict, rows, rows_len, n_rows);
    }
    *n_rows = rows_len;
    /* Spread evenly, the wanted rows lie within this share of the fleet. */
    if (rows_len == 0 ||
        (double)rows_len / (double)n_all * (double)query->fleet->rows.n <
            (double)n_all * HEAP_COST + (double)rows_len * HEAP_KEPT_COST) {
        scan(query, verdict, rows, rows_len);
    } else {
        mdm_gather_first(query, verdict, rows, rows_len);
    }
    return MDM_OK;
}

/* ---- The bitmap ---- */

static void scan_bits(const mdm_query *query, mdm_verdict verdict, uint8_t *bits)
{
    const size_t n_rows = query->fleet->rows.n;
    uint64_t words[CHUNK / 64];
    MDM_HOLDS(bits != NULL); /* there are rows, and room for them */
    for (size_t begin_row = 0; begin_row < n_rows; begin_row += CHUNK) {
        const size_t left = (n_rows - begin_row + 7) / 8;
        look_up(query, verdict, begin_row, words);
        for (size_t i = 0; i < (left < CHUNK / 8 ? left : CHUNK / 8); i++) {
            bits[begin_row / 8 + i] = (uint8_t)(words[i / 8] >> 8 * (i % 8));
        }
    }
}

mdm_status mdm_bitmap_held(const mdm_query *query, mdm_verdict verdict, uint8_t *bits, size_t bits_len)
{
    const mdm_status status =
        bits == NULL && bits_len > 0 ? MDM_BAD_ARGUMENT : check_judged(query, verdict);
    if (status != MDM_OK) {
        return status;
    }
    if (bits_len < (query->fleet->rows.n + 7) / 8) {
        return MDM_NO_SPACE;
    }
    if (query->fleet->rows.n == 0) {
        return MDM_OK;
    }
    if (query->n_devices[verdict] < query->fleet->rows.n / BIT_COST) {
        MDM_HOLDS(bits != NULL); /* there are rows, and room for them */
        memset(bits, 0, (query->fleet->rows.n + 7) / 8);
        mdm_gather_bits(query, verdict, bits);
    } else {
        scan_bits(query, verdict, bits);
    }
    return MDM_OK;
}

/* ---- The calls ---- */

mdm_status mdm_count(const mdm_query *query, mdm_verdict verdict, size_t *n_devices)
{
    if (query == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(query->fleet);
    return count(query, verdict, n_devices);
}

mdm_status mdm_verdict_of(const mdm_query *query, uint32_t row, mdm_verdict *verdict)
{
    if (query == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(query->fleet);
    return verdict_of(query, row, verdict);
}

mdm_status mdm_rows(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                    size_t *n_rows)
{
    if (query == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(query->fleet);
    return mdm_rows_held(query, verdict, rows, rows_len, n_rows);
}

mdm_status mdm_first(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                     size_t *n_rows)
{
    if (query == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(query->fleet);
    return mdm_first_held(query, verdict, rows, rows_len, n_rows);
}

mdm_status mdm_bitmap(const mdm_query *query, mdm_verdict verdict, uint8_t *bits, size_t bits_len)
{
    if (query == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(query->fleet);
    return mdm_bitmap_held(query, verdict, bits, bits_len);
}
