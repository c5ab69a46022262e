/*
 * Arrow data by hand: structures with one thing wrong that no producer makes, and dictionaries of two
 * batches that are the same but for one thing, whose codes must not be taken for each other's.
 */
#include <stdbool.h>

#include "bank.h"
#include "kinds.h"
#include "mdm_arrow.h"

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    array->release = NULL;
}

/* A table of one column, with what it holds: a dictionary, or the elements of lists. */
typedef struct table {
    struct ArrowSchema schema;
    struct ArrowSchema column_schema;
    struct ArrowSchema inner_schema;
    struct ArrowSchema *columns[1];
    struct ArrowSchema *inners[1];
    struct ArrowArray batch;
    struct ArrowArray column;
    struct ArrowArray inner;
    struct ArrowArray *arrays[1];
    struct ArrowArray *elements[1];
    const void *none[1];
    const void *column_buffers[2];
    const void *inner_buffers[3];
} table;

static const int32_t ends[] = {0, 1, 2, 3, 4};
static const int32_t others[] = {0, 2, 2, 3, 4};
static const int32_t numbers[] = {0, 1, 0, 1};
static const uint8_t all[] = {0xff};
static const uint8_t most[] = {0xfd};

/* Two rows: "a" and "b" by codes, or {a} and {b} by lists. */
static void make(table *at, const char *name, bool is_coded)
{
    *at = (table){
        .schema = {.format = "+s", .name = "", .n_children = 1, .release = release_schema},
        .column_schema = {.format = is_coded ? "i" : "+l", .name = name, .release = release_schema},
        .inner_schema = {.format = "u", .name = "", .release = release_schema},
        .batch = {.length = 2, .n_buffers = 1, .n_children = 1, .release = release_array},
        .column = {.length = 2, .n_buffers = 2, .release = release_array},
        .inner = {.length = 2, .n_buffers = 3, .release = release_array},
        .column_buffers = {NULL, is_coded ? numbers : ends},
        .inner_buffers = {NULL, ends, "abcd"},
    };
    at->columns[0] = &at->column_schema;
    at->inners[0] = &at->inner_schema;
    at->arrays[0] = &at->column;
    at->elements[0] = &at->inner;
    at->schema.children = at->columns;
    at->batch.children = at->arrays;
    at->batch.buffers = at->none;
    at->column.buffers = at->column_buffers;
    at->inner.buffers = at->inner_buffers;
    if (is_coded) {
        at->column_schema.dictionary = &at->inner_schema;
        at->column.dictionary = &at->inner;
    } else {
        at->column_schema.children = at->inners;
        at->column.children = at->elements;
        at->column_schema.n_children = at->column.n_children = 1;
    }
}

/* ---- One thing wrong ---- */

typedef void spoil(table *at);

static void no_column(table *at) { at->arrays[0] = NULL; }
static void begins_after_all(table *at) { at->batch.offset = 3; }
static void no_place_of_elements(table *at) { at->column_schema.children = NULL; }
static void no_elements(table *at) { at->inners[0] = NULL; }
static void coded_elements(table *at) { at->inner_schema.dictionary = &at->column_schema; }
static void large_elements(table *at)
{
    at->inner_schema.format = "+L";
    at->inner.n_buffers = 2;
}

static void null_rows(table *at)
{
    at->none[0] = all;
    at->batch.null_count = -1;
}

static void long_set(table *at)
{
    static const int32_t to[] = {0, 3, 3};
    static const int32_t far[] = {0, 3000, 6000, 9000};
    static char text[9001];
    memset(text, 'a', sizeof text);
    at->column_buffers[1] = to;
    at->inner.length = 3;
    at->inner_buffers[1] = far;
    at->inner_buffers[2] = text;
}

/* What is right, though it looks wrong. */
static void nothing(table *at) { (void)at; }
static void unknown_nulls_without_bitmap(table *at) { at->batch.null_count = -1; }
static void unknown_nulls_without_buffers(table *at)
{
    at->batch.null_count = -1;
    at->batch.n_buffers = 0;
}

static void empty_without_text(table *at)
{
    static const int32_t zeros[] = {0, 0, 0};
    at->inner_buffers[1] = zeros;
    at->inner_buffers[2] = NULL;
}

static mdm_status read_one(mdm_fleet *fleet, table *at, mdm_flaw *flaw)
{
    mdm_reader *reader = NULL;
    mdm_arrow *arrow = NULL;
    size_t n_rows = 0;
    uint32_t first = 0;
    int has_more = 1;
    mdm_status status = MDM_OK;
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    status = mdm_arrow_new(reader, NULL, &at->schema, &at->batch, &arrow, flaw);
    while (status == MDM_OK && has_more != 0) {
        status = mdm_arrow_next(arrow, &n_rows, &has_more, flaw);
    }
    mdm_arrow_free(arrow);
    if (status == MDM_OK) {
        CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
    }
    mdm_reader_free(reader);
    CHECK(at->schema.release == NULL && at->batch.release == NULL);
    return status;
}

static void check_one(const char *name, bool is_coded, spoil *spoilt, const char *what)
{
    bank bank = {0, 0, SIZE_MAX, 0};
    const mdm_allocator allocator = {bank_resize, &bank};
    mdm_fleet *fleet = NULL;
    mdm_flaw flaw = {NULL, 0, ""};
    table given;
    mdm_status status = MDM_OK;
    CHECK(mdm_fleet_new(&scheme, 0, &allocator, &fleet) == MDM_OK);
    make(&given, name, is_coded);
    spoilt(&given);
    status = read_one(fleet, &given, &flaw);
    CHECK(status == (what == NULL ? MDM_OK : MDM_BAD_DATA));
    if (what != NULL && strcmp(flaw.what, what) != 0) {
        fprintf(stderr, "%s, not %s\n", flaw.what, what);
        exit(1);
    }
    CHECK(mdm_device_count(fleet) == (what == NULL ? 2 : 0));
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

/* ---- Two batches ---- */

static void other_first(table *at) { at->inner.offset = 1; }
static void other_ends(table *at) { at->inner_buffers[1] = others; }
static void other_text(table *at) { at->inner_buffers[2] = "xyz"; }
static void other_nulls(table *at)
{
    at->inner.null_count = -1;
    at->inner_buffers[0] = most;
}

static void integers(table *at)
{
    at->inner_schema.format = "i";
    at->inner.n_buffers = 2;
    at->inner_buffers[1] = numbers;
}

typedef struct batches {
    table *at[2];
    size_t n;
} batches;

static int give_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    *out = ((batches *)stream->private_data)->at[0]->schema;
    return 0;
}

static int give_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    batches *left = stream->private_data;
    *out = (struct ArrowArray){.release = NULL};
    if (left->n < 2) {
        *out = left->at[left->n++]->batch;
    }
    return 0;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static void read_both(mdm_fleet *fleet, table *one, table *other)
{
    batches both = {{one, other}, 0};
    struct ArrowArrayStream stream = {.get_schema = give_schema,
                                      .get_next = give_next,
                                      .release = release_stream,
                                      .private_data = &both};
    mdm_reader *reader = NULL;
    mdm_arrow *arrow = NULL;
    size_t n_rows = 0;
    uint32_t first = 0;
    int has_more = 1;
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    CHECK(mdm_arrow_new(reader, &stream, NULL, NULL, &arrow, NULL) == MDM_OK);
    while (has_more != 0) {
        CHECK(mdm_arrow_next(arrow, &n_rows, &has_more, NULL) == MDM_OK);
    }
    mdm_arrow_free(arrow);
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK && first == 0);
    mdm_reader_free(reader);
}

/* The rows of the second batch. */
static void check_two(const char *name, spoil *first, spoil *second, const char *const *lines)
{
    bank bank = {0, 0, SIZE_MAX, 0};
    const mdm_allocator allocator = {bank_resize, &bank};
    mdm_fleet *fleet = NULL;
    table given[2];
    CHECK(mdm_fleet_new(&scheme, 0, &allocator, &fleet) == MDM_OK);
    for (size_t i = 0; i < 2; i++) {
        make(&given[i], name, true);
        (i == 0 ? first : second)(&given[i]);
    }
    read_both(fleet, &given[0], &given[1]);
    CHECK(mdm_device_count(fleet) == 4);
    for (uint32_t i = 0; i < 2; i++) {
        char text[64];
        size_t len = 0;
        CHECK(mdm_description(fleet, 2 + i, text, sizeof text, &len) == MDM_OK);
        if (len != strlen(lines[i]) || memcmp(text, lines[i], len) != 0) {
            fprintf(stderr, "%.*s, not %s\n", (int)len, text, lines[i]);
            exit(1);
        }
    }
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

static void check_dictionaries(void)
{
    static const char *const same[] = {"{\"self\":{\"type\":\"a\"}}", "{\"self\":{\"type\":\"b\"}}"};
    static const char *const later[] = {"{\"self\":{\"type\":\"b\"}}", "{\"self\":{\"type\":\"c\"}}"};
    static const char *const cut[] = {"{\"self\":{\"type\":\"ab\"}}", "{\"self\":{\"type\":\"\"}}"};
    static const char *const text[] = {"{\"self\":{\"type\":\"x\"}}", "{\"self\":{\"type\":\"y\"}}"};
    static const char *const less[] = {"{\"self\":{\"type\":\"a\"}}", "{\"self\":{}}"};
    static const char *const counts[] = {"{\"self\":{\"count\":0}}", "{\"self\":{\"count\":1}}"};
    check_two("count", integers, integers, counts);
    check_two("type", nothing, nothing, same);
    check_two("type", nothing, other_first, later);
    check_two("type", nothing, other_ends, cut);
    check_two("type", nothing, other_text, text);
    check_two("type", nothing, other_nulls, less);
}

int main(void)
{
    check_one("type", true, nothing, NULL);
    check_one("modes", false, nothing, NULL);
    check_one("name", true, nothing, NULL);
    check_one("type", true, unknown_nulls_without_bitmap, NULL);
    check_one("type", true, unknown_nulls_without_buffers, NULL);
    check_one("type", true, empty_without_text, NULL);
    check_one("type", true, no_column, "an array that was released");
    check_one("type", true, begins_after_all, "fewer elements than rows");
    check_one("type", true, null_rows, "rows that are null");
    check_one("type", true, coded_elements, "a type that is not read");
    check_one("modes", false, coded_elements, "a type that is not read");
    check_one("modes", false, large_elements, "a type that is not read");
    check_one("modes", false, no_place_of_elements, "a list without one kind of elements");
    check_one("modes", false, no_elements, "a list without one kind of elements");
    check_one("modes", false, long_set, "a set that is too long");
    check_one("name", false, nothing, "names that are no texts");
    check_dictionaries();
    puts("well");
    return 0;
}
