/*
 * Arrays checked and opened, and the texts in them.
 */
#include <string.h>

#include "mdm_arrow.h"

typedef struct layout {
    const char *format;
    mdm_form form;
    uint8_t width;
    bool is_signed;
    int64_t n_buffers; /* at least */
} layout;

static const layout layouts[] = {
    {"n", MDM_FORM_NONE, 0, false, 0},       {"c", MDM_FORM_INT, 1, true, 2},
    {"C", MDM_FORM_INT, 1, false, 2},        {"s", MDM_FORM_INT, 2, true, 2},
    {"S", MDM_FORM_INT, 2, false, 2},        {"i", MDM_FORM_INT, 4, true, 2},
    {"I", MDM_FORM_INT, 4, false, 2},        {"l", MDM_FORM_INT, 8, true, 2},
    {"L", MDM_FORM_INT, 8, false, 2},        {"u", MDM_FORM_TEXT, 4, true, 3},
    {"U", MDM_FORM_LARGE_TEXT, 8, true, 3},  {"vu", MDM_FORM_VIEW, 16, false, 3},
    {"+l", MDM_FORM_LIST, 4, true, 2},       {"+L", MDM_FORM_LARGE_LIST, 8, true, 2},
};

static const layout *layout_of(const char *format)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        if (format != NULL && strcmp(format, layouts[i].format) == 0) {
            return &layouts[i];
        }
    }
    return NULL;
}

static bool is_text(mdm_form form)
{
    return form == MDM_FORM_TEXT || form == MDM_FORM_LARGE_TEXT || form == MDM_FORM_VIEW;
}

static bool is_list(mdm_form form)
{
    return form == MDM_FORM_LIST || form == MDM_FORM_LARGE_LIST;
}

/* ---- Opened ---- */

static const char *check_array(const struct ArrowArray *array)
{
    if (array == NULL || array->release == NULL) {
        return "an array that was released";
    }
    if (array->length < 0 || array->offset < 0 || array->null_count < -1 ||
        array->n_buffers < 0 || array->n_children < 0) {
        return "a length below zero";
    }
    if (array->length > INT64_MAX / 64 || array->offset > INT64_MAX / 64) {
        return "a length that no memory holds";
    }
    if (array->null_count > array->length) {
        return "more nulls than elements";
    }
    if ((array->n_buffers > 0 && array->buffers == NULL) ||
        (array->n_children > 0 && array->children == NULL)) {
        return "buffers or children that are not there";
    }
    return NULL;
}

static int64_t offset_at(const mdm_view *view, size_t place)
{
    int32_t narrow = 0;
    int64_t wide = 0;
    if (view->form == MDM_FORM_TEXT || view->form == MDM_FORM_LIST) {
        memcpy(&narrow, (const char *)view->numbers + 4 * place, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, (const char *)view->numbers + 8 * place, sizeof wide);
    return wide;
}

static const char *open_texts(const struct ArrowArray *array, mdm_view *view)
{
    view->texts = array->buffers + 2;
    view->n_texts = 1;
    if (view->form == MDM_FORM_VIEW) {
        view->n_texts = (size_t)array->n_buffers - 3;
        view->text_lens = array->buffers[array->n_buffers - 1];
        return view->n_texts > 0 && view->text_lens == NULL ? "buffers of unknown lengths" : NULL;
    }
    return view->texts[0] == NULL && offset_at(view, view->first + view->n) > 0
               ? "a buffer that is not there"
               : NULL;
}

static const char *open_view(const struct ArrowSchema *schema, const struct ArrowArray *array,
                             size_t first, size_t n, mdm_view *view)
{
    const layout *found = layout_of(schema->format);
    const char *wrong = check_array(array);
    if (wrong != NULL) {
        return wrong;
    }
    if (found == NULL) {
        return "a type that is not read";
    }
    if (first > (size_t)array->length || n > (size_t)array->length - first) {
        return "fewer elements than rows";
    }
    *view = (mdm_view){.form = found->form,
                       .width = found->width,
                       .is_signed = found->is_signed,
                       .first = (size_t)array->offset + first,
                       .n = n};
    if (found->form == MDM_FORM_NONE) {
        return NULL;
    }
    if (array->n_buffers < found->n_buffers ||
        (array->n_buffers > found->n_buffers && found->form != MDM_FORM_VIEW)) {
        return "another number of buffers than its type has";
    }
    view->validity = array->null_count == 0 ? NULL : array->buffers[0];
    if (array->null_count > 0 && view->validity == NULL) {
        return "nulls without a bitmap";
    }
    view->numbers = array->buffers[1];
    if (n > 0 && view->numbers == NULL) {
        return "a buffer that is not there";
    }
    return n > 0 && is_text(found->form) ? open_texts(array, view) : NULL;
}

const char *mdm_source_open(const struct ArrowSchema *schema, const struct ArrowArray *array,
                            size_t first, size_t n, mdm_source *source)
{
    const char *wrong = open_view(schema, array, first, n, &source->own);
    const struct ArrowSchema *inner = NULL;
    const struct ArrowArray *values = NULL;
    source->is_coded = schema->dictionary != NULL;
    source->values = (mdm_view){.form = MDM_FORM_NONE};
    if (wrong != NULL) {
        return wrong;
    }
    if (source->is_coded) {
        if (source->own.form != MDM_FORM_INT || array->dictionary == NULL) {
            return "a dictionary without indexes or values";
        }
        inner = schema->dictionary;
        values = array->dictionary;
    } else if (is_list(source->own.form)) {
        if (schema->n_children != 1 || schema->children == NULL || array->n_children != 1 ||
            schema->children[0] == NULL) {
            return "a list without one kind of elements";
        }
        inner = schema->children[0];
        values = array->children[0];
    } else {
        return NULL;
    }
    wrong = check_array(values);
    if (wrong == NULL) {
        wrong = open_view(inner, values, 0, (size_t)values->length, &source->values);
    }
    if (wrong == NULL && (inner->dictionary != NULL || is_list(source->values.form))) {
        wrong = "a type that is not read";
    }
    return wrong != NULL || source->is_coded || is_text(source->values.form) ||
                   source->values.form == MDM_FORM_NONE
               ? wrong
               : "a list of anything but text";
}

const char *mdm_batch_check(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    const char *wrong = check_array(array);
    if (wrong != NULL) {
        return wrong;
    }
    if (array->n_children != schema->n_children) {
        return "another number of columns than the schema has";
    }
    if (array->null_count != 0 && array->n_buffers > 0 && array->buffers[0] != NULL) {
        return "rows that are null";
    }
    return NULL;
}

/* ---- Numbers ---- */

static uint64_t bits_at(const mdm_view *view, size_t i)
{
    const char *at = (const char *)view->numbers + (view->first + i) * view->width;
    uint8_t byte = 0;
    uint16_t narrow = 0;
    uint32_t wide = 0;
    uint64_t whole = 0;
    switch (view->width) {
    case 1:
        memcpy(&byte, at, sizeof byte);
        return view->is_signed ? (uint64_t)(int64_t)(int8_t)byte : byte;
    case 2:
        memcpy(&narrow, at, sizeof narrow);
        return view->is_signed ? (uint64_t)(int64_t)(int16_t)narrow : narrow;
    case 4:
        memcpy(&wide, at, sizeof wide);
        return view->is_signed ? (uint64_t)(int64_t)(int32_t)wide : wide;
    default:
        memcpy(&whole, at, sizeof whole);
        return whole;
    }
}

int64_t mdm_view_int(const mdm_view *view, size_t i, bool *is_huge)
{
    const uint64_t bits = bits_at(view, i);
    *is_huge = !view->is_signed && bits > INT64_MAX;
    return (int64_t)bits;
}

size_t mdm_source_index(const mdm_source *source, size_t i)
{
    const uint64_t index = bits_at(&source->own, i);
    return index < source->values.n ? (size_t)index : source->values.n;
}

static mdm_text write_int(const mdm_view *view, size_t i, char *buffer)
{
    const uint64_t bits = bits_at(view, i);
    const bool is_negative = view->is_signed && bits > INT64_MAX;
    uint64_t size = is_negative ? 0 - bits : bits;
    size_t begin = 24;
    do {
        buffer[--begin] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    if (is_negative) {
        buffer[--begin] = '-';
    }
    return (mdm_text){buffer + begin, 24 - begin};
}

/* ---- Texts ---- */

static const char *range_at(const mdm_view *view, size_t i, int64_t end, size_t *begin,
                            size_t *len)
{
    const int64_t from = offset_at(view, view->first + i);
    const int64_t to = offset_at(view, view->first + i + 1);
    if (from < 0 || to < from || to > end) {
        return "offsets that do not ascend, or beyond the data";
    }
    *begin = (size_t)from;
    *len = (size_t)(to - from);
    return NULL;
}

static const char *view_text(const mdm_view *view, size_t i, mdm_text *text)
{
    const char *at = (const char *)view->numbers + 16 * (view->first + i);
    int32_t len = 0;
    int32_t buffer = 0;
    int32_t offset = 0;
    int64_t text_len = 0;
    memcpy(&len, at, sizeof len);
    if (len < 0) {
        return "a length below zero";
    }
    if (len <= 12) {
        *text = (mdm_text){at + 4, (size_t)len};
        return NULL;
    }
    memcpy(&buffer, at + 8, sizeof buffer);
    memcpy(&offset, at + 12, sizeof offset);
    if (buffer < 0 || (size_t)buffer >= view->n_texts || offset < 0) {
        return "a text beyond its buffer";
    }
    memcpy(&text_len, (const char *)view->text_lens + sizeof text_len * (size_t)buffer,
           sizeof text_len);
    if (view->texts[buffer] == NULL || text_len < (int64_t)offset + len) {
        return "a text beyond its buffer";
    }
    *text = (mdm_text){(const char *)view->texts[buffer] + offset, (size_t)len};
    return NULL;
}

static const char *text_at(const mdm_view *view, size_t i, mdm_text *text)
{
    size_t begin = 0;
    const char *wrong = NULL;
    if (view->form == MDM_FORM_VIEW) {
        return view_text(view, i, text);
    }
    wrong = range_at(view, i, offset_at(view, view->first + view->n), &begin, &text->len);
    text->at = text->len == 0 || wrong != NULL ? "" : (const char *)view->texts[0] + begin;
    return wrong;
}

/* The members as a set is written: a,b,c. */
static const char *join(const mdm_source *source, size_t i, char *buffer, mdm_text *text)
{
    size_t begin = 0;
    size_t n = 0;
    size_t len = 0;
    const char *wrong = range_at(&source->own, i, (int64_t)source->values.n, &begin, &n);
    for (size_t m = begin; wrong == NULL && m < begin + n; m++) {
        mdm_text member = {"", 0};
        if (source->values.form == MDM_FORM_NONE || !mdm_view_has(&source->values, m)) {
            return "a null in a list";
        }
        wrong = text_at(&source->values, m, &member);
        if (wrong != NULL) {
            return wrong;
        }
        if (member.len == 0 || memchr(member.at, ',', member.len) != NULL ||
            memchr(member.at, '+', member.len) != NULL || member.at[0] == ' ') {
            return "no member of a set";
        }
        if (member.len >= MDM_ARROW_TEXT - 1 - len) {
            return "a set that is too long";
        }
        if (m > begin) {
            buffer[len++] = ',';
        }
        memcpy(buffer + len, member.at, member.len);
        len += member.len;
    }
    *text = (mdm_text){buffer, len};
    return wrong;
}

const char *mdm_source_text(const mdm_source *source, const mdm_view *view, size_t i, char *buffer,
                            mdm_text *text)
{
    if (view->form == MDM_FORM_INT) {
        *text = write_int(view, i, buffer);
        return NULL;
    }
    return is_list(view->form) ? join(source, i, buffer, text) : text_at(view, i, text);
}
