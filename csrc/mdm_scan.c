/*
 * Answers from a judged question: counts, rows, the first rows, a bitmap.
 *
 * Two ways lead to rows. Gathering copies the rows of the classes and sorts; its cost grows with
 * the answer. Scanning looks up the class of each row in turn; its cost grows with the fleet. The
 * costs below, measured on 10^6 rows in 20 000 classes, say where one overtakes the other.
 */
#include <string.h>

#include "mdm_query.h"

/* In scanned rows (0.7 ns each on the machine of the measurement): a row gathered and sorted; a row
   offered to a heap, and one kept in it; a row whose bit is set. */
#define GATHER_COST 16
#define HEAP_COST 4
#define HEAP_KEPT_COST 100
#define BIT_COST 4

/* Rows that are sorted by insertion, and rows that are sorted through a copy on the stack. */
#define FEW 48
#define SOME 4096
#define DIGIT 10

static unsigned bit_of(const uint64_t *bits, size_t class)
{
    return (unsigned)(bits[class / 64] >> class % 64 & 1);
}

static mdm_status check(const mdm_query *query, mdm_verdict verdict)
{
    if (query == NULL || (verdict != MDM_NO && verdict != MDM_UNDECIDED && verdict != MDM_YES)) {
        return MDM_BAD_ARGUMENT;
    }
    return query->generation == query->fleet->generation ? MDM_OK : MDM_STALE;
}

mdm_status mdm_count(const mdm_query *query, mdm_verdict verdict, size_t *n_devices)
{
    const mdm_status status = n_devices == NULL ? MDM_BAD_ARGUMENT : check(query, verdict);
    if (status == MDM_OK) {
        *n_devices = query->n_devices[verdict];
    }
    return status;
}

mdm_status mdm_verdict_of(const mdm_query *query, uint32_t row, mdm_verdict *verdict)
{
    const mdm_status status = verdict == NULL ? MDM_BAD_ARGUMENT : check(query, MDM_YES);
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

/* The classes of 64 that have this verdict. */
static inline uint64_t word_of(const mdm_query *query, mdm_verdict verdict, size_t i)
{
    const uint64_t possible = query->bits.possible[i];
    switch (verdict) {
    case MDM_NO:
        return query->fleet->classes.live.at[i] & ~possible;
    case MDM_UNDECIDED:
        return possible & ~query->bits.accepted[i];
    default:
        return query->bits.accepted[i];
    }
}

static inline bool has_verdict(const mdm_query *query, mdm_verdict verdict, size_t row)
{
    const size_t class = mdm_row_class(query->fleet, row);
    return (word_of(query, verdict, class / 64) >> class % 64 & 1) != 0;
}

#define EACH_CLASS(query, verdict, class)                                                  \
    for (size_t word_ = 0; word_ < (query)->n_words; word_++)                              \
        for (uint64_t left_ = word_of((query), (verdict), word_), class;                   \
             left_ != 0 &&                                                                 \
             (class = word_ * 64 + (size_t)__builtin_ctzll(left_), true);                  \
             left_ &= left_ - 1)

/* ---- In order ---- */

static void sort_few(uint32_t *at, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const uint32_t row = at[i];
        size_t j = i;
        for (; j > 0 && at[j - 1] > row; j--) {
            at[j] = at[j - 1];
        }
        at[j] = row;
    }
}

/* One pass of a radix sort: by DIGIT bits from `shift` up, stable. */
static void sort_digit(const uint32_t *from, uint32_t *to, size_t n, unsigned shift)
{
    uint32_t next[1U << DIGIT] = {0};
    for (size_t i = 0; i < n; i++) {
        next[from[i] >> shift & ((1U << DIGIT) - 1)]++;
    }
    for (uint32_t digit = 0, begin = 0; digit < 1U << DIGIT; digit++) {
        const uint32_t n_equal = next[digit];
        next[digit] = begin;
        begin += n_equal;
    }
    for (size_t i = 0; i < n; i++) {
        to[next[from[i] >> shift & ((1U << DIGIT) - 1)]++] = from[i];
    }
}

/* Rows that agree above their lowest `bits`, through a copy on the stack. */
static void sort_some(uint32_t *at, size_t n, unsigned bits)
{
    uint32_t copy[SOME];
    for (unsigned shift = 0; shift < bits; shift += 2 * DIGIT) {
        sort_digit(at, copy, n, shift);
        sort_digit(copy, at, n, shift + DIGIT < bits ? shift + DIGIT : shift);
    }
}

/* American flag sort (McIlroy, Bostic, McIlroy 1993): by one byte in place, then each bucket by
   the next, until the rest fits in the copy. At most four deep. */
static void sort_rows(uint32_t *at, size_t n, unsigned bits)
{
    const unsigned shift = bits > 8 ? bits - 8 : 0;
    size_t next[256];
    size_t end[256] = {0};
    if (n <= FEW) {
        sort_few(at, n);
        return;
    }
    if (n <= SOME) {
        sort_some(at, n, bits);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        end[at[i] >> shift & 255]++;
    }
    for (size_t b = 0, begin = 0; b < 256; b++) {
        next[b] = begin;
        begin += end[b];
        end[b] = begin;
    }
    for (size_t b = 0; b < 256; b++) {
        while (next[b] < end[b]) {
            uint32_t row = at[next[b]];
            for (size_t to = row >> shift & 255; to != b; to = row >> shift & 255) {
                const uint32_t other = at[next[to]];
                at[next[to]++] = row;
                row = other;
            }
            at[next[b]++] = row;
        }
    }
    for (size_t b = 0; b < 256 && shift > 0; b++) {
        const size_t begin = b == 0 ? 0 : end[b - 1];
        sort_rows(at + begin, end[b] - begin, shift);
    }
}

static bool is_ascending(const uint32_t *at, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (at[i - 1] > at[i]) {
            return false;
        }
    }
    return true;
}

/* ---- The two ways ---- */

static void gather(const mdm_query *query, mdm_verdict verdict, uint32_t *rows)
{
    const mdm_fleet *fleet = query->fleet;
    const size_t n_rows = fleet->rows.n;
    unsigned bits = 1;
    size_t n = 0;
    EACH_CLASS(query, verdict, class) {
        const size_t size = mdm_class_size(fleet, class);
        memcpy(rows + n, mdm_class_rows(fleet, class), size * sizeof *rows);
        n += size;
    }
    while (bits < 32 && n_rows >> bits > 0) {
        bits++;
    }
    if (!is_ascending(rows, n)) {
        sort_rows(rows, n, bits);
    }
}

/* The first `wanted` rows; there are as many. */
static void scan(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t wanted)
{
    size_t n = 0;
    for (uint32_t row = 0; n < wanted; row++) {
        rows[n] = row;
        n += has_verdict(query, verdict, row);
    }
}

mdm_status mdm_rows(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                    size_t *n_rows)
{
    const mdm_status status = n_rows == NULL || (rows == NULL && rows_len > 0)
                                  ? MDM_BAD_ARGUMENT
                                  : check(query, verdict);
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
    if (*n_rows < query->fleet->rows.n / GATHER_COST) {
        gather(query, verdict, rows);
    } else {
        scan(query, verdict, rows, *n_rows);
    }
    return MDM_OK;
}

/* ---- The first ---- */

static void sink(uint32_t *heap, size_t n)
{
    size_t top = 0;
    for (size_t child = 1; child < n; child = 2 * top + 1) {
        const uint32_t row = heap[top];
        if (child + 1 < n && heap[child] < heap[child + 1]) {
            child++;
        }
        if (row >= heap[child]) {
            return;
        }
        heap[top] = heap[child];
        heap[child] = row;
        top = child;
    }
}

static void rise(uint32_t *heap, size_t at)
{
    while (at > 0 && heap[(at - 1) / 2] < heap[at]) {
        const size_t above = (at - 1) / 2;
        const uint32_t row = heap[at];
        heap[at] = heap[above];
        heap[above] = row;
        at = above;
    }
}

/* The lowest rows of all lists, in a heap with the highest of them on top. */
static void gather_first(const mdm_query *query, mdm_verdict verdict, uint32_t *rows,
                         size_t wanted)
{
    const mdm_fleet *fleet = query->fleet;
    size_t n = 0;
    EACH_CLASS(query, verdict, class) {
        const uint32_t *given = mdm_class_rows(fleet, class);
        for (uint32_t r = 0; r < mdm_class_size(fleet, class); r++) {
            if (n < wanted) {
                rows[n] = given[r];
                rise(rows, n++);
            } else if (given[r] < rows[0]) {
                rows[0] = given[r];
                sink(rows, n);
            }
        }
    }
    for (; n > 1; n--) {
        const uint32_t highest = rows[0];
        rows[0] = rows[n - 1];
        rows[n - 1] = highest;
        sink(rows, n - 1);
    }
}

mdm_status mdm_first(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                     size_t *n_rows)
{
    const mdm_status status = n_rows == NULL || (rows == NULL && rows_len > 0)
                                  ? MDM_BAD_ARGUMENT
                                  : check(query, verdict);
    size_t n_all = 0;
    if (status != MDM_OK) {
        return status;
    }
    n_all = query->n_devices[verdict];
    if (n_all <= rows_len) {
        return mdm_rows(query, verdict, rows, rows_len, n_rows);
    }
    *n_rows = rows_len;
    /* Spread evenly, the wanted rows lie within this share of the fleet. */
    if (rows_len == 0 ||
        (double)rows_len / (double)n_all * (double)query->fleet->rows.n <
            (double)n_all * HEAP_COST + (double)rows_len * HEAP_KEPT_COST) {
        scan(query, verdict, rows, rows_len);
    } else {
        gather_first(query, verdict, rows, rows_len);
    }
    return MDM_OK;
}

/* ---- The bitmap ---- */

static void set_bits(const mdm_query *query, mdm_verdict verdict, uint8_t *bits)
{
    const mdm_fleet *fleet = query->fleet;
    memset(bits, 0, (fleet->rows.n + 7) / 8);
    EACH_CLASS(query, verdict, class) {
        const uint32_t *rows = mdm_class_rows(fleet, class);
        for (uint32_t r = 0; r < mdm_class_size(fleet, class); r++) {
            bits[rows[r] / 8] |= (uint8_t)(1U << rows[r] % 8);
        }
    }
}

static void scan_bits(const mdm_query *query, mdm_verdict verdict, uint8_t *bits)
{
    const size_t n = query->fleet->rows.n;
    for (size_t row = 0; row < n; row += 8) {
        const size_t n_bits = n - row < 8 ? n - row : 8;
        unsigned byte = 0;
        for (size_t b = 0; b < n_bits; b++) {
            byte |= (unsigned)has_verdict(query, verdict, row + b) << b;
        }
        bits[row / 8] = (uint8_t)byte;
    }
}

mdm_status mdm_bitmap(const mdm_query *query, mdm_verdict verdict, uint8_t *bits, size_t bits_len)
{
    const mdm_status status =
        bits == NULL && bits_len > 0 ? MDM_BAD_ARGUMENT : check(query, verdict);
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
        set_bits(query, verdict, bits);
    } else {
        scan_bits(query, verdict, bits);
    }
    return MDM_OK;
}
