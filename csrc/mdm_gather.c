/*
 * From classes to their rows. The order of classes says nothing of that of their rows: few rows are
 * sorted, and many marked, one bit a row, and read off.
 */
#include <string.h>

#include "mdm_query.h"

/* Marks that are looked at in the time in which a row is sorted. */
#define SORT_COST 64
/* Rows that are written at once, wanted or not. */
#define ROWS_AT_ONCE 4
#define SOME 256

/* A walk over the classes of a verdict. */
typedef struct walk {
    const uint64_t *bits;
    const mdm_page_sum *sums; /* of pages; NULL: not known, or of no use */
    size_t n_words;
    size_t next; /* word */
    uint64_t left;
} walk;

static walk begin(const mdm_query *query, mdm_verdict verdict)
{
    return (walk){query->by_verdict[verdict], verdict == MDM_NO ? NULL : query->sums,
                  query->n_words, 0, 0};
}

static inline bool is_empty(const walk *at)
{
    return at->sums != NULL && at->next % MDM_PAGE_WORDS == 0 &&
           at->sums[at->next / MDM_PAGE_WORDS].n_possible == 0;
}

/* The next class; 0 at the end, as class 0 is nobody's. */
static inline size_t next_class(walk *at)
{
    size_t class = 0;
    while (at->left == 0) {
        if (at->next == at->n_words) {
            return 0;
        }
        if (is_empty(at)) {
            at->next += MDM_PAGE_WORDS;
        } else {
            at->left = at->bits[at->next++];
        }
    }
    class = (at->next - 1) * 64 + (size_t)__builtin_ctzll(at->left);
    at->left &= at->left - 1;
    return class;
}

/* ---- All ---- */

static void sort(const mdm_query *query, mdm_verdict verdict, uint32_t *rows)
{
    const mdm_fleet *fleet = query->fleet;
    walk at = begin(query, verdict);
    size_t n = 0;
    for (size_t class = next_class(&at); class != 0; class = next_class(&at)) {
        for (size_t i = 0; i < mdm_class_runs(fleet, class); i++) {
            const mdm_run_of_rows run = mdm_class_run(fleet, class, i);
            memcpy(rows + n, run.at, run.n * sizeof *rows);
            n += run.n;
        }
    }
    mdm_rows_sort(rows, n, fleet->rows.n);
}

static size_t read_word(uint64_t word, size_t first_row, uint32_t *rows, size_t n_left)
{
    const size_t n = (size_t)__builtin_popcountll(word);
    size_t i = 0;
    for (; i < n && i + ROWS_AT_ONCE <= n_left; i += ROWS_AT_ONCE) {
        for (size_t j = 0; j < ROWS_AT_ONCE; j++) {
            rows[i + j] = (uint32_t)(first_row + (size_t)__builtin_ctzll(word | 1ULL << 63));
            word &= word - 1;
        }
    }
    for (; i < n; i++) {
        rows[i] = (uint32_t)(first_row + (size_t)__builtin_ctzll(word));
        word &= word - 1;
    }
    return n;
}

/* The rows of all marks, of which there are n; they are cleared. */
static void read_marks(uint64_t *marks, uint32_t *rows, size_t n)
{
    for (size_t i = 0, n_read = 0; n_read < n; i += MDM_MARKS_AT_ONCE) {
        uint64_t any = 0;
        for (size_t j = 0; j < MDM_MARKS_AT_ONCE; j++) {
            any |= marks[i + j];
        }
        for (size_t j = 0; j < MDM_MARKS_AT_ONCE && any != 0; j++) {
            n_read += read_word(marks[i + j], (i + j) * 64, rows + n_read, n - n_read);
            marks[i + j] = 0;
        }
    }
}

/* A flat fleet: a row a class. Rows are looked up apart from their marks, which must wait for each
   other. */
static void mark(const mdm_query *query, mdm_verdict verdict, uint32_t *rows)
{
    const uint32_t *row_of = query->fleet->classes.row_of.at;
    uint64_t *marks = query->marks.at;
    uint32_t some[SOME];
    walk at = begin(query, verdict);
    size_t n = SOME;
    while (n == SOME) {
        n = 0;
        for (size_t class = 1; n < SOME && (class = next_class(&at)) != 0;) {
            __builtin_prefetch(&row_of[class]);
            some[n++] = (uint32_t)class;
        }
        for (size_t i = 0; i < n; i++) {
            some[i] = row_of[some[i]];
        }
        for (size_t i = 0; i < n; i++) {
            marks[some[i] / 64] |= (uint64_t)1 << some[i] % 64;
        }
    }
    read_marks(marks, rows, query->n_devices[verdict]);
}

void mdm_gather(const mdm_query *given, mdm_verdict verdict, uint32_t *rows)
{
    mdm_query *query = mdm_query_own(given);
    const bool is_worth = query->n_devices[verdict] > query->fleet->rows.n / 64 / SORT_COST;
    if (query->marks.at != NULL && is_worth && !atomic_flag_test_and_set(&query->is_marking)) {
        mark(query, verdict, rows);
        atomic_flag_clear(&query->is_marking);
    } else {
        sort(query, verdict, rows);
    }
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

/* Offers an ascending run to a heap of the lowest rows, with the highest of them on top. */
static size_t offer(mdm_run_of_rows run, uint32_t *rows, size_t n, size_t wanted)
{
    for (size_t r = 0; r < run.n && (n < wanted || run.at[r] < rows[0]); r++) {
        if (n < wanted) {
            rows[n] = run.at[r];
            rise(rows, n++);
        } else {
            rows[0] = run.at[r];
            sink(rows, n);
        }
    }
    return n;
}

/* The lowest rows of all lists. */
void mdm_gather_first(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t wanted)
{
    const mdm_fleet *fleet = query->fleet;
    walk at = begin(query, verdict);
    size_t n = 0;
    for (size_t class = next_class(&at); class != 0; class = next_class(&at)) {
        for (size_t i = 0; i < mdm_class_runs(fleet, class); i++) {
            n = offer(mdm_class_run(fleet, class, i), rows, n, wanted);
        }
    }
    for (; n > 1; n--) {
        const uint32_t highest = rows[0];
        rows[0] = rows[n - 1];
        rows[n - 1] = highest;
        sink(rows, n - 1);
    }
}

/* ---- Bits ---- */

void mdm_gather_bits(const mdm_query *query, mdm_verdict verdict, uint8_t *bits)
{
    const mdm_fleet *fleet = query->fleet;
    walk at = begin(query, verdict);
    for (size_t class = next_class(&at); class != 0; class = next_class(&at)) {
        for (size_t i = 0; i < mdm_class_runs(fleet, class); i++) {
            const mdm_run_of_rows run = mdm_class_run(fleet, class, i);
            for (size_t r = 0; r < run.n; r++) {
                bits[run.at[r] / 8] |= (uint8_t)(1U << run.at[r] % 8);
            }
        }
    }
}
