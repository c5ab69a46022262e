/*
 * The C core without Python: what every call promises when memory ends.
 *
 * Each scenario is one call. It is made with an allocator that refuses the n-th request, for
 * n = 0, 1, ... until the call succeeds; after each refusal the fleet must be as it was, and at
 * the end no byte may be left. Sizes handed back to the allocator are checked as well.
 */
#include "bank.h"
#include "kinds.h"
#include "mdm_arrow.h"

/* ---- A fleet ---- */

static const char *const lines[] = {
    "{\"name\":\"a\",\"self\":{\"type\":\"V5_2\",\"count\":1,\"modes\":\"x+y\","
    "\"version\":\"1.2\"},"
    "\"compatible\":[{\"type\":\"V5_{n:int:1-4,8}\",\"count\":\"{n}/2\","
    "\"modes\":\"superset(x)\","
    "\"version\":\"version(1.2)\"}]}",
    "{\"self\":{\"type\":\"V5_4\",\"count\":2,\"modes\":\"z, y, w\",\"id\":\"8086-591d\"},"
    "\"compatible\":[{\"type\":\"one_of(a,b,V5_4)\",\"id\":\"{i:string:\\\"591d\\\","
    "\\\"8086591d\\\"}\","
    "\"share\":\"range(1/2,3)\"},{\"type\":\"{i:string:\\\"V5_\\\",\\\"x\\\"}{j:int:4,5}\","
    "\"count\":\"{j}*2\"}]}\r\n",
    "{\"compatible\":[],\"self\":{\"share\":\"2/4\","
    "\"type\":\"\\u00e9\"},\"name\":\"caf\\u00e9\"}\n",
    "{\"self\":{}}",
    "{\"name\":\"new\",\"self\":{\"type\":\"new\",\"count\":77,\"modes\":\"k+l+m\","
    "\"version\":\"7.7\","
    "\"id\":\"77ff\",\"share\":7},\"compatible\":[{\"type\":\"{s:string:\\\"a\\\","
    "\\\"bc\\\"}{t:int:1}\","
    "\"modes\":\"one_of(p,q,\\\"r, s\\\")\",\"version\":\"{v:string:\\\"1.2\\\","
    "\\\"1.2.0\\\"}\"},"
    "{\"share\":3,\"modes\":\"{s:string:\\\"g+h\\\"}\",\"count\":\"absent()\"}]}",
};

#define N_LINES (sizeof lines / sizeof *lines)

static mdm_layout layout = MDM_LAYOUT_AUTO;

static mdm_fleet *make(bank *at)
{
    const mdm_allocator allocator = {bank_resize, at};
    mdm_fleet *fleet = NULL;
    at->n_left = SIZE_MAX;
    CHECK(mdm_fleet_new(&scheme, 1, &allocator, &fleet) == MDM_OK);
    for (size_t i = 0; i < 2; i++) {
        uint32_t row = 9;
        CHECK(mdm_add(fleet, lines[i], strlen(lines[i]), &row, NULL) == MDM_OK);
        CHECK(row == i);
    }
    CHECK(mdm_fleet_lay_out(fleet, layout) == MDM_OK);
    return fleet;
}

/* All that can be seen of a fleet, but for its bytes of storage. */
typedef struct sight {
    mdm_size size;
    uint32_t n_codes[6];
    char text[8192];
} sight;

static void look(const mdm_fleet *fleet, sight *seen)
{
    size_t n = 0;
    memset(seen, 0, sizeof *seen);
    mdm_fleet_size(fleet, &seen->size);
    seen->size.row_bytes = seen->size.name_bytes = seen->size.dictionary_bytes = 0;
    for (size_t i = 0; i < 6; i++) {
        seen->n_codes[i] = mdm_code_count(fleet, i);
    }
    for (uint32_t row = 0; row < seen->size.n_rows; row++) {
        size_t len = 0;
        const mdm_status status =
            mdm_description(fleet, row, seen->text + n, sizeof seen->text - n, &len);
        CHECK(status == MDM_OK || status == MDM_NO_ROW);
        n += status == MDM_OK ? len : 0;
        CHECK(n < sizeof seen->text - 1);
        seen->text[n++] = '\n';
    }
}

static void check_same(const mdm_fleet *fleet, const sight *before)
{
    static sight now;
    look(fleet, &now);
    CHECK(memcmp(&now, before, sizeof now) == 0);
}

/* ---- Every call, with every refusal ---- */

typedef mdm_status call(mdm_fleet *fleet, size_t argument);

static mdm_status call_add(mdm_fleet *fleet, size_t line)
{
    uint32_t row = 0;
    return mdm_add(fleet, lines[line], strlen(lines[line]), &row, NULL);
}

static mdm_status call_replace(mdm_fleet *fleet, size_t line)
{
    return mdm_replace(fleet, 0, lines[line], strlen(lines[line]), NULL);
}

static mdm_status call_remove(mdm_fleet *fleet, size_t row)
{
    return mdm_remove(fleet, (uint32_t)row);
}

static mdm_status call_query(mdm_fleet *fleet, size_t line)
{
    mdm_query *query = NULL;
    const mdm_status status =
        mdm_query_new(fleet, lines[line], strlen(lines[line]), MDM_NOBODY, 2, &query, NULL);
    if (status == MDM_OK) {
        size_t n_no = 0;
        size_t n_maybe = 0;
        size_t n_yes = 0;
        mdm_size size;
        mdm_fleet_size(fleet, &size);
        CHECK(mdm_count(query, MDM_NO, &n_no) == MDM_OK);
        CHECK(mdm_count(query, MDM_UNDECIDED, &n_maybe) == MDM_OK);
        CHECK(mdm_count(query, MDM_YES, &n_yes) == MDM_OK);
        CHECK(n_no + n_maybe + n_yes == size.n_devices);
        mdm_query_free(query);
    }
    return status;
}

static mdm_status call_classes(mdm_fleet *fleet, size_t argument)
{
    uint32_t classes[8];
    (void)argument;
    return mdm_classes(fleet, classes, 8);
}

static mdm_status call_lay_out(mdm_fleet *fleet, size_t layout)
{
    const mdm_layout before = mdm_fleet_layout(fleet);
    const mdm_status status = mdm_fleet_lay_out(fleet, (mdm_layout)layout);
    CHECK(mdm_fleet_layout(fleet) == (status == MDM_OK ? (mdm_layout)layout : before));
    return status;
}

static mdm_status call_again(mdm_fleet *fleet, size_t line)
{
    mdm_query *query = NULL;
    size_t n = 0;
    mdm_status status =
        mdm_query_new(fleet, lines[line], strlen(lines[line]), MDM_NOBODY, 1, &query, NULL);
    if (status == MDM_OK) {
        status = mdm_query_again(query);
        CHECK(mdm_count(query, MDM_YES, &n) == MDM_OK);
    }
    mdm_query_free(query);
    return status;
}

/* Reads all lines, some of them often; a refused feed is tried again, as a caller may. */
static mdm_status call_read(mdm_fleet *fleet, size_t n_feeds)
{
    static char text[4096];
    mdm_reader *reader = NULL;
    mdm_status status = mdm_reader_new(fleet, &reader);
    uint32_t first = 0;
    size_t n_faults = 0;
    int has_failed = status != MDM_OK;
    text[0] = '\0';
    for (size_t i = 0; i < N_LINES; i++) {
        strncat(text, lines[i], strcspn(lines[i], "\n"));
        strcat(text, "\n \t\n");
    }
    for (size_t i = 0; i < n_feeds && reader != NULL; i++) {
        const size_t n_before = mdm_reader_count(reader);
        status = mdm_reader_feed(reader, text, strlen(text), NULL, 0, &n_faults);
        if (status != MDM_OK) {
            CHECK(status == MDM_NO_MEMORY && mdm_reader_count(reader) == n_before);
            has_failed = 1;
            status = mdm_reader_feed(reader, text, strlen(text), NULL, 0, &n_faults);
        }
        CHECK(status == MDM_OK && mdm_reader_count(reader) == n_before + N_LINES);
    }
    if (reader != NULL) {
        CHECK(mdm_add(fleet, lines[3], strlen(lines[3]), &first, NULL) == MDM_BAD_ARGUMENT);
    }
    if (!has_failed) {
        status = mdm_reader_commit(reader, &first);
    }
    mdm_reader_free(reader);
    return has_failed ? MDM_NO_MEMORY : status;
}

/* Counts, judges little by little, and asks for every kind of answer. */
static mdm_status use_join(mdm_join *join, const mdm_fleet *fleet)
{
    const size_t n = mdm_join_len(join);
    uint32_t counts[16];
    uint32_t rows[16];
    uint32_t n_rows[16];
    uint8_t bits[16];
    mdm_place place = {0, 0};
    size_t n_left = 1;
    size_t n_judged = 0;
    size_t n_pairs = 0;
    size_t n_all = 0;
    mdm_status status = MDM_OK;
    CHECK(n <= 16 && mdm_row_count(fleet) <= 8);
    CHECK(mdm_join_counts(join, MDM_YES, counts, n) == MDM_BAD_ARGUMENT);
    status = mdm_join_count(join, 100, &n_left);
    if (status != MDM_OK) {
        return status;
    }
    CHECK(n_left == 0 && mdm_join_counts(join, MDM_YES, counts, n - 1) == MDM_NO_SPACE);
    CHECK(mdm_join_counts(join, MDM_YES, counts, n) == MDM_OK);
    for (size_t first = 0; first < n; first += n_judged) {
        status = mdm_join_judge(join, first, 0, &n_judged);
        if (status != MDM_OK) {
            CHECK(mdm_join_bitmaps(join, MDM_YES, first, 1, bits, 16) == MDM_BAD_ARGUMENT);
            return status;
        }
        CHECK(n_judged >= 1);
        CHECK(mdm_join_bitmaps(join, MDM_YES, first, 1, bits, 16) == MDM_OK);
        CHECK(mdm_join_bitmaps(join, MDM_YES, first, n_judged + 1, bits, 16) == MDM_BAD_ARGUMENT);
        CHECK(mdm_join_class_bitmaps(join, MDM_YES, first, 1, bits, 16) == MDM_OK);
        CHECK(mdm_join_firsts(join, MDM_YES, first, 1, 16, rows, n_rows) == MDM_OK);
        CHECK(n_rows[0] == counts[first]);
        place.source = first;
        CHECK(mdm_join_pairs(join, MDM_YES, &place, rows, n_rows, 16, &n_pairs) == MDM_OK);
        CHECK(place.source == first + n_judged);
        n_all += n_pairs;
    }
    for (size_t i = 0; i < n; i++) {
        n_all -= counts[i];
    }
    CHECK(n_all == 0);
    return MDM_OK;
}

static mdm_status call_join(mdm_fleet *fleet, size_t n_threads)
{
    static char text[16384];
    mdm_join *join = NULL;
    size_t n_faults = 0;
    mdm_status status = MDM_OK;
    text[0] = '\0';
    for (size_t i = 0; i < N_LINES; i++) {
        strncat(text, lines[i], strcspn(lines[i], "\n"));
        strcat(text, "\n \t\n");
    }
    strcat(text, lines[0]);
    strcat(text, "\n{\"self\":{\"count\":1},\"compatible\":[{\"count\":1}");
    for (size_t i = 0; i < 70; i++) {
        strcat(text, ",{\"count\":\"any()\"}");
    }
    strcat(text, "]}");
    status = mdm_join_lines(fleet, text, strlen(text), MDM_NOBODY, (unsigned)n_threads, &join,
                            NULL, 0, &n_faults);
    if (status == MDM_OK) {
        CHECK(mdm_join_len(join) == N_LINES + 2);
        status = use_join(join, fleet);
    }
    mdm_join_free(join);
    return status;
}

static mdm_status call_join_rows(mdm_fleet *fleet, size_t argument)
{
    const uint32_t rows[] = {1, 0, 1, 9};
    mdm_join *join = NULL;
    mdm_status status = mdm_join_rows(fleet, rows, 4, MDM_TARGET, 1, &join);
    CHECK(join == NULL && status != MDM_OK);
    if (status == MDM_NO_ROW) {
        status = argument == 0 ? mdm_join_rows(fleet, rows, 3, MDM_TARGET, 1, &join)
                               : mdm_join_classes(fleet, MDM_SOURCE, 1, &join);
    }
    if (status == MDM_OK) {
        status = use_join(join, fleet);
    }
    mdm_join_free(join);
    return status;
}

/* ---- Arrow data, and many rows at once ---- */

static mdm_status call_export(mdm_fleet *fleet, size_t argument)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema columns = {.release = NULL};
    struct ArrowArray batch = {.release = NULL};
    mdm_status status = mdm_fleet_export(fleet, &stream);
    (void)argument;
    if (status != MDM_OK) {
        return status;
    }
    if (stream.get_schema(&stream, &columns) != 0 || stream.get_next(&stream, &batch) != 0) {
        CHECK(strcmp(stream.get_last_error(&stream), "out of memory") == 0);
        status = MDM_NO_MEMORY;
    }
    stream.release(&stream);
    CHECK(stream.release == NULL);
    if (status == MDM_OK) {
        CHECK(columns.n_children == 9 && batch.n_children == 9 && batch.length == 2);
    }
    if (columns.release != NULL) {
        columns.release(&columns);
    }
    if (batch.release != NULL) {
        batch.release(&batch);
    }
    return status;
}

/* All lines, as the stream of another fleet. */
static void make_stream(struct ArrowArrayStream *stream)
{
    mdm_fleet *other = NULL;
    CHECK(mdm_fleet_new(&scheme, 1, NULL, &other) == MDM_OK);
    for (size_t i = 0; i < N_LINES; i++) {
        CHECK(call_add(other, i) == MDM_OK);
    }
    CHECK(mdm_fleet_export(other, stream) == MDM_OK);
    mdm_fleet_free(other);
}

static mdm_status take(mdm_reader *reader, size_t *n_rows)
{
    struct ArrowArrayStream stream;
    mdm_arrow *arrow = NULL;
    mdm_status status = MDM_OK;
    int has_more = 1;
    make_stream(&stream);
    status = mdm_arrow_new(reader, &stream, NULL, NULL, &arrow, NULL);
    CHECK(stream.release == NULL);
    while (status == MDM_OK && has_more) {
        status = mdm_arrow_next(arrow, n_rows, &has_more, NULL);
    }
    mdm_arrow_free(arrow);
    return status;
}

/* Appends all lines `times` often; or, of 0, gives both devices other descriptions. */
static mdm_status call_arrow(mdm_fleet *fleet, size_t times)
{
    static const uint32_t rows[N_LINES] = {0, 1, 0, 1, 1};
    mdm_reader *reader = NULL;
    mdm_status status = mdm_reader_new(fleet, &reader);
    uint32_t first = 0;
    for (size_t i = 0; i < (times == 0 ? 1 : times) && status == MDM_OK; i++) {
        size_t n_rows = 0;
        status = take(reader, &n_rows);
        CHECK(status != MDM_OK || n_rows == N_LINES);
    }
    if (status == MDM_OK && times == 0) {
        status = mdm_reader_replace(reader, rows, N_LINES);
    } else if (status == MDM_OK) {
        status = mdm_reader_commit(reader, &first);
    }
    mdm_reader_free(reader);
    return status;
}

static mdm_status call_remove_many(mdm_fleet *fleet, size_t n)
{
    static const uint32_t rows[] = {1, 0};
    return mdm_remove_many(fleet, rows, n);
}

static void exhaust(const char *name, call *called, size_t argument, int keeps)
{
    for (size_t n = 0;; n++) {
        bank bank = {0, 0, 0, 0};
        mdm_fleet *fleet = make(&bank);
        static sight before;
        mdm_status status = MDM_OK;
        look(fleet, &before);
        bank.n_left = n;
        bank.has_refused = 0;
        status = called(fleet, argument);
        bank.n_left = SIZE_MAX;
        CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && bank.has_refused));
        if (status != MDM_OK || keeps) {
            check_same(fleet, &before);
        }
        /* The fleet must still work, and find what it knows. */
        CHECK(call_add(fleet, 2) == MDM_OK && call_query(fleet, 0) == MDM_OK);
        CHECK(call_read(fleet, 2) == MDM_OK);
        mdm_fleet_free(fleet);
        CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
        if (!bank.has_refused) {
            printf("%s %zu: %zu requests\n", name, argument, n);
            return;
        }
    }
}

/* ---- Saved fleets ---- */

static mdm_status save(const mdm_fleet *fleet, size_t capacity, char *bytes, size_t *n_bytes)
{
    mdm_saver *saver = NULL;
    mdm_status status = mdm_saver_new(fleet, "mine", 4, &saver);
    *n_bytes = 0;
    for (size_t n = 1; status == MDM_OK && n > 0; *n_bytes += n) {
        status = mdm_saver_next(saver, bytes + *n_bytes, capacity, &n);
    }
    mdm_saver_free(saver);
    return status;
}

static mdm_status call_save(mdm_fleet *fleet, size_t capacity)
{
    static char bytes[1 << 16];
    size_t n = 0;
    return save(fleet, capacity, bytes, &n);
}

/* A fleet that has free rows comes back whole, or not at all. */
static void exhaust_load(void)
{
    static char bytes[1 << 16];
    static char again[sizeof bytes];
    static sight saved;
    size_t n_bytes = 0;
    for (size_t n = 0;; n++) {
        bank bank = {0, 0, SIZE_MAX, 0};
        const mdm_allocator allocator = {bank_resize, &bank};
        mdm_fleet *fleet = make(&bank);
        mdm_fleet *loaded = NULL;
        mdm_flaw flaw = {NULL, 0, ""};
        mdm_status status = MDM_OK;
        size_t n_again = 0;
        for (size_t i = 0; i < 3; i++) {
            CHECK(call_add(fleet, i) == MDM_OK);
        }
        CHECK(mdm_remove(fleet, 3) == MDM_OK && mdm_remove(fleet, 1) == MDM_OK);
        look(fleet, &saved);
        CHECK(save(fleet, 7, bytes, &n_bytes) == MDM_OK);
        bank.n_left = n;
        bank.has_refused = 0;
        status = mdm_fleet_load(&scheme, 1, &allocator, "mine", 4, bytes, n_bytes, &loaded, &flaw);
        bank.n_left = SIZE_MAX;
        CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && loaded == NULL));
        if (status == MDM_OK) {
            check_same(loaded, &saved);
            CHECK(save(loaded, sizeof again, again, &n_again) == MDM_OK && n_again == n_bytes);
            CHECK(memcmp(bytes, again, n_bytes) == 0);
            CHECK(call_add(loaded, 3) == MDM_OK && call_query(loaded, 0) == MDM_OK);
            CHECK(call_read(loaded, 2) == MDM_OK);
        }
        mdm_fleet_free(loaded);
        mdm_fleet_free(fleet);
        CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
        if (status == MDM_OK) {
            printf("load: %zu requests\n", n);
            return;
        }
    }
}

static void exhaust_new(void)
{
    for (size_t n = 0;; n++) {
        bank bank = {0, 0, n, 0};
        const mdm_allocator allocator = {bank_resize, &bank};
        mdm_fleet *fleet = NULL;
        const mdm_status status = mdm_fleet_new(&scheme, 1, &allocator, &fleet);
        CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && fleet == NULL));
        mdm_fleet_free(fleet);
        CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
        if (status == MDM_OK) {
            return;
        }
    }
}

/* ---- Rows and answers ---- */

static void check_rows(void)
{
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank);
    uint32_t row = 0;
    mdm_query *query = NULL;
    mdm_verdict verdict = MDM_NO;
    uint32_t rows[8];
    uint8_t bits[1];
    size_t n = 0;
    CHECK(mdm_remove(fleet, 7) == MDM_NO_ROW);
    CHECK(mdm_remove(fleet, 0) == MDM_OK && mdm_remove(fleet, 0) == MDM_NO_ROW);
    CHECK(mdm_remove(fleet, 1) == MDM_OK);
    CHECK(mdm_add(fleet, lines[0], strlen(lines[0]), &row, NULL) == MDM_OK && row == 1);
    CHECK(mdm_add(fleet, lines[0], strlen(lines[0]), &row, NULL) == MDM_OK && row == 0);
    CHECK(mdm_query_new(fleet, lines[0], strlen(lines[0]), MDM_TARGET, 1, &query, NULL) == MDM_OK);
    CHECK(mdm_verdict_of(query, 0, &verdict) == MDM_OK && verdict == MDM_YES);
    CHECK(mdm_rows(query, MDM_YES, rows, 1, &n) == MDM_NO_SPACE && n == 2);
    CHECK(mdm_rows(query, MDM_YES, rows, 8, &n) == MDM_OK && n == 2 && rows[0] == 0);
    CHECK(mdm_first(query, MDM_YES, rows, 1, &n) == MDM_OK && n == 1 && rows[0] == 0);
    CHECK(mdm_bitmap(query, MDM_YES, bits, 1) == MDM_OK && bits[0] == 3);
    CHECK(mdm_bitmap(query, MDM_YES, bits, 0) == MDM_NO_SPACE);
    CHECK(mdm_replace(fleet, 0, lines[3], strlen(lines[3]), NULL) == MDM_OK);
    CHECK(mdm_count(query, MDM_YES, &n) == MDM_STALE);
    CHECK(mdm_query_again(query) == MDM_OK);
    CHECK(mdm_count(query, MDM_YES, &n) == MDM_OK && n == 1);
    mdm_query_free(query);
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0);
}

static void exhaust_all(void)
{
    for (size_t line = 0; line < N_LINES; line++) {
        exhaust("add", call_add, line, 0);
        exhaust("replace", call_replace, line, 0);
        exhaust("query", call_query, line, 1);
        exhaust("again", call_again, line, 1);
    }
    exhaust("remove", call_remove, 1, 0);
    exhaust("classes", call_classes, 0, 1);
    exhaust("join", call_join, 1, 1);
    exhaust("join", call_join, 2, 1);
    exhaust("join rows", call_join_rows, 0, 1);
    exhaust("join rows", call_join_rows, 1, 1);
    exhaust("lay out", call_lay_out, MDM_LAYOUT_CLASSES, 1);
    exhaust("lay out", call_lay_out, MDM_LAYOUT_FLAT, 1);
    exhaust("remove many", call_remove_many, 2, 0);
    exhaust("export", call_export, 0, 1);
    exhaust("arrow", call_arrow, 1, 0);
    exhaust("arrow", call_arrow, 3, 0);
    exhaust("replace many", call_arrow, 0, 0);
    exhaust("save", call_save, 1, 1);
    exhaust("save", call_save, 4096, 1);
    exhaust_load();
    exhaust("read", call_read, 1, 0);
    exhaust("read", call_read, 3, 0);
}

/* What may stand in no quotes, and where no quotes may stand. */
static void refuse_quoted(void)
{
    static const char *const refused[] = {
        "{\"self\":{},\"compatible\":[{\"type\":\"one_of(\\\"a\\u0001\\\")\"}]}",
        "{\"self\":{},\"compatible\":[{\"type\":\"one_of(\\\"a\\u007f\\\")\"}]}",
        "{\"self\":{},\"compatible\":[{\"type\":\"one_of(\\\"a\"}]}",
        "{\"self\":{},\"compatible\":[{\"share\":\"one_of(\\\"1/2\\\")\"}]}",
        "{\"self\":{},\"compatible\":[{\"count\":\"one_of(\\\"1\\\")\"}]}",
        "{\"self\":{},\"compatible\":[{\"version\":\"a\\\"b\\\"\"}]}",
        "{\"self\":{},\"compatible\":[{\"version\":\"1.x\"}]}",
    };
    bank bank = {0, 0, 0, 0};
    mdm_fleet *fleet = make(&bank);
    static sight before;
    look(fleet, &before);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        uint32_t row = 0;
        mdm_fault fault = {0, 0};
        CHECK(mdm_add(fleet, refused[i], strlen(refused[i]), &row, &fault) == MDM_BAD_TEXT);
        CHECK(fault.offset > strlen("{\"self\":{},\"compatible\":"));
        check_same(fleet, &before);
    }
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

int main(void)
{
    exhaust_new();
    exhaust_all();
    check_rows();
    layout = MDM_LAYOUT_FLAT;
    exhaust_all();
    check_rows();
    refuse_quoted();
    puts("well");
    return 0;
}
