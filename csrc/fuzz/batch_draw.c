/*
 * Record batches drawn from bytes.
 */
#include "batch.h"

static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "name", "compatible", "row",
                                    "a", "x"};
static const char *const int_formats[] = {"c", "C", "s", "S", "i", "I", "l", "L"};
static const char *const text_formats[] = {"u", "U", "vu", "n"};
static const char *const texts[] = {
    "t1", "1", "-2", "A", "A+B", "B,A", "", "1.0", "1.2.3", "591d", "8086591d", "1/2", "3",
    "a longer text than 12", "[]", "[{\"b\":1}]", "[{\"a\":\"t{i:int:1-4}\",\"b\":\"{i}\"}]",
    "[{}]", "\xc3\xa9", "\xff", "a\nb", "18446744073709551615"};

/* ---- Memory ---- */

static void release_schema(struct ArrowSchema *schema)
{
    ++*(int *)schema->private_data;
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    ++*(int *)array->private_data;
    array->release = NULL;
}

static char *keep(batch *to, const void *at, size_t len)
{
    char *block = law_block(at, len);
    to->blocks[to->n_blocks++] = block;
    return block;
}

/* ---- Drawn ---- */

static void draw_validity(law_bytes *bytes, batch *to, column *one, size_t n)
{
    uint8_t bits[MOST_CELLS / 8 + 1];
    const uint8_t choice = law_byte(bytes);
    for (size_t i = 0; i < sizeof bits; i++) {
        bits[i] = (choice & 3) == 3 ? law_byte(bytes) : 0xff;
    }
    one->array.null_count = (choice & 3) == 0 ? 0 : -1;
    one->buffers[0] = (choice & 3) < 2 ? NULL : keep(to, bits, (n + 7) / 8);
    if ((choice & 0xfc) == 0x80) {
        one->array.null_count = (int64_t)(choice >> 1 & 1) + (int64_t)n;
    }
}

static size_t width_of(const char *format)
{
    static const char widths[] = "cCsSiIlL";
    return (size_t)1 << (strchr(widths, *format) - widths) / 2;
}

static void draw_ints(law_bytes *bytes, batch *to, column *one, size_t n, uint8_t most)
{
    uint8_t numbers[8 * MOST_CELLS];
    const size_t width = width_of(one->schema.format);
    const uint8_t wild = law_byte(bytes);
    for (size_t i = 0; i < n * width; i++) {
        numbers[i] = i % width == 0 ? law_byte(bytes) % most : 0;
    }
    /* One of them is anything. */
    for (size_t i = 0; i < width && wild < n; i++) {
        numbers[wild * width + i] = law_byte(bytes);
    }
    one->array.n_buffers = 2;
    one->buffers[1] = keep(to, numbers, n * width);
}

/* Offsets that ascend to the end of `len`, but for one that may be anything. */
static void draw_offsets(law_bytes *bytes, batch *to, column *one, size_t n, const int64_t *ends,
                         bool is_wide)
{
    int64_t wide[MOST_CELLS + 1] = {0};
    int32_t narrow[MOST_CELLS + 1];
    const uint8_t wild = law_byte(bytes);
    memcpy(wide + 1, ends, n * sizeof *ends);
    if (wild < n) {
        wide[wild] = (int8_t)law_byte(bytes);
    }
    for (size_t i = 0; i <= n; i++) {
        /* Any may be the last one that is read, which has to be right. */
        wide[i] = n > 0 && wide[i] > ends[n - 1] ? ends[n - 1] : wide[i];
        narrow[i] = (int32_t)wide[i];
    }
    one->buffers[1] = is_wide ? keep(to, wide, (n + 1) * sizeof *wide)
                              : keep(to, narrow, (n + 1) * sizeof *narrow);
}

static void draw_views(law_bytes *bytes, batch *to, column *one, size_t n)
{
    uint8_t views[16 * MOST_CELLS] = {0};
    int64_t text_len = (int64_t)strlen(texts[13]);
    const uint8_t wild = law_byte(bytes);
    for (size_t i = 0; i < n; i++) {
        const char *text = texts[law_byte(bytes) % 14];
        const int32_t len = (int32_t)strlen(text);
        memcpy(views + 16 * i, &len, sizeof len);
        memcpy(views + 16 * i + 4, text, len <= 12 ? (size_t)len : 4);
    }
    for (size_t i = 0; i < 16 && wild < n; i += 4) {
        const int32_t number = (int8_t)law_byte(bytes);
        memcpy(views + 16 * wild + i, &number, sizeof number);
    }
    one->array.n_buffers = 4;
    one->buffers[1] = keep(to, views, 16 * n);
    one->buffers[2] = keep(to, texts[13], (size_t)text_len);
    one->buffers[3] = keep(to, &text_len, sizeof text_len);
}

static void draw_texts(law_bytes *bytes, batch *to, column *one, size_t n)
{
    char written[MOST_CELLS * 64];
    law_paper paper = {written, sizeof written, 0};
    int64_t ends[MOST_CELLS] = {0};
    if (*one->schema.format == 'n') {
        return;
    }
    if (*one->schema.format == 'v') {
        draw_views(bytes, to, one, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        law_put_plain(&paper, texts[law_byte(bytes) % (sizeof texts / sizeof *texts)]);
        ends[i] = (int64_t)paper.n;
    }
    one->array.n_buffers = 3;
    draw_offsets(bytes, to, one, n, ends, *one->schema.format == 'U');
    one->buffers[2] = keep(to, written, paper.n);
}

static void begin_column(batch *to, column *one, const char *name, const char *format, size_t n,
                         size_t offset)
{
    *one = (column){.buffers = {NULL}};
    one->schema = (struct ArrowSchema){.format = format,
                                       .name = name,
                                       .release = release_schema,
                                       .private_data = &to->n_released};
    one->array = (struct ArrowArray){.length = (int64_t)n,
                                     .offset = (int64_t)offset,
                                     .buffers = one->buffers,
                                     .release = release_array,
                                     .private_data = &to->n_released};
}

static void draw_inner(law_bytes *bytes, batch *to, size_t i, bool is_list)
{
    column *one = &to->inner[i];
    const uint8_t choice = law_byte(bytes);
    const size_t offset = choice >> 6;
    const size_t n = ((choice >> 2) + 1U) & 15U;
    const bool is_int = !is_list && (choice & 3) == 3;
    begin_column(to, one, "item", is_int ? "l" : text_formats[choice & 3], n, offset);
    draw_validity(bytes, to, one, n + offset);
    if (is_int) {
        draw_ints(bytes, to, one, n + offset, 4);
    } else {
        draw_texts(bytes, to, one, n + offset);
    }
}

static void draw_list(law_bytes *bytes, batch *to, size_t i, size_t n)
{
    column *one = &to->columns[i];
    int64_t ends[MOST_CELLS] = {0};
    int64_t end = 0;
    draw_inner(bytes, to, i, true);
    for (size_t c = 0; c < n; c++) {
        end += law_byte(bytes) % 4;
        ends[c] = end;
    }
    to->inner_schemas[i] = &to->inner[i].schema;
    to->inner_arrays[i] = &to->inner[i].array;
    one->schema.n_children = 1;
    one->schema.children = &to->inner_schemas[i];
    one->array.n_children = 1;
    one->array.children = &to->inner_arrays[i];
    one->array.n_buffers = 2;
    draw_offsets(bytes, to, one, n, ends, one->schema.format[1] == 'L');
}

static void draw_column(law_bytes *bytes, batch *to, size_t i, size_t n)
{
    column *one = &to->columns[i];
    const char *name = names[law_byte(bytes) % (sizeof names / sizeof *names)];
    const uint8_t choice = law_byte(bytes);
    const size_t offset = choice >> 6;
    const char *int_format = int_formats[choice >> 3 & 7];
    const bool is_coded = (choice & 7) == 4 || (choice & 7) == 5;
    const bool is_list = (choice & 7) == 6;
    const char *format = (choice & 7) < 4 ? text_formats[choice & 3]
                         : is_list        ? ((choice & 8) != 0 ? "+L" : "+l")
                                          : int_format;
    begin_column(to, one, name, format, n, offset);
    draw_validity(bytes, to, one, n + offset);
    if ((choice & 7) < 4) {
        draw_texts(bytes, to, one, n + offset);
    } else if (is_list) {
        draw_list(bytes, to, i, n + offset);
    } else {
        draw_ints(bytes, to, one, n + offset, 12);
    }
    if (is_coded) {
        draw_inner(bytes, to, i, false);
        one->schema.dictionary = &to->inner[i].schema;
        one->array.dictionary = &to->inner[i].array;
    }
}

void draw_batch(law_bytes *bytes, batch *to)
{
    const size_t n = law_below(bytes, MOST_ROWS + 1);
    const uint8_t choice = law_byte(bytes);
    const size_t n_columns = choice % (MOST_COLUMNS + 1U);
    const size_t offset = choice >> 6;
    to->n_blocks = 0;
    to->n_released = 0;
    to->buffers[0] = NULL;
    for (size_t i = 0; i < n_columns; i++) {
        const size_t fewer = (choice & 0x3f) == 0x3f && i == 0 ? 1 : 0;
        draw_column(bytes, to, i, n + offset - (n + offset == 0 ? 0 : fewer));
        to->schemas[i] = &to->columns[i].schema;
        to->arrays[i] = &to->columns[i].array;
    }
    to->schema = (struct ArrowSchema){.format = "+s",
                                      .n_children = (int64_t)n_columns,
                                      .children = to->schemas,
                                      .release = release_schema,
                                      .private_data = &to->n_released};
    to->array = (struct ArrowArray){.length = (int64_t)n,
                                    .offset = (int64_t)offset,
                                    .n_buffers = 1,
                                    .n_children = (int64_t)n_columns,
                                    .buffers = to->buffers,
                                    .children = to->arrays,
                                    .release = release_array,
                                    .private_data = &to->n_released};
}

void batch_free(batch *to)
{
    for (size_t i = 0; i < to->n_blocks; i++) {
        law_free(to->blocks[i]);
    }
}
