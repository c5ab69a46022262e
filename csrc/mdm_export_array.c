/*
 * Arrays and schemas to give away: one block of memory each, freed by its release.
 */
#include <string.h>

#include "mdm_export.h"

#define ALIGNMENT ((size_t)64)

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* ---- Dictionaries ---- */

mdm_shared *mdm_shared_new(const mdm_allocator *memory, const mdm_texts *texts)
{
    size_t size = sizeof(mdm_shared) + (texts->n + 1) * sizeof(int64_t);
    mdm_shared *shared = NULL;
    char *text = NULL;
    int64_t end = 0;
    for (size_t i = 0; i < texts->n; i++) {
        size += texts->at[i].len;
    }
    shared = mdm_resize(memory, NULL, 0, size, 1);
    if (shared == NULL) {
        return NULL;
    }
    shared->memory = *memory;
    atomic_init(&shared->n_users, 1);
    shared->size = size;
    shared->n = (int64_t)texts->n;
    text = (char *)(shared->offsets + texts->n + 1);
    shared->buffers[0] = NULL;
    shared->buffers[1] = shared->offsets;
    shared->buffers[2] = text;
    for (size_t i = 0; i < texts->n; i++) {
        shared->offsets[i] = end;
        memcpy(text + end, texts->at[i].at, texts->at[i].len);
        end += texts->at[i].len;
    }
    shared->offsets[texts->n] = end;
    return shared;
}

void mdm_shared_leave(mdm_shared *shared)
{
    if (shared != NULL && atomic_fetch_sub(&shared->n_users, 1) == 1) {
        const mdm_allocator memory = shared->memory;
        mdm_resize(&memory, shared, shared->size, 0, 1);
    }
}

static void release_values(struct ArrowArray *array)
{
    mdm_shared_leave(array->private_data);
    array->release = NULL;
}

/* ---- Arrays ---- */

typedef struct holder {
    mdm_allocator memory;
    size_t size;
    const void *buffers[3];
    struct ArrowArray dictionary;
} holder;

static void release_array(struct ArrowArray *array)
{
    holder *own = array->private_data;
    const mdm_allocator memory = own->memory;
    for (int64_t i = 0; i < array->n_children; i++) {
        mdm_array_end(array->children[i]);
    }
    mdm_array_end(&own->dictionary);
    mdm_resize(&memory, own, own->size, 0, 1);
    array->release = NULL;
}

void mdm_array_end(struct ArrowArray *array)
{
    if (array->release != NULL) {
        array->release(array);
    }
}

/* The array's children stand behind its buffers. */
static void add_children(struct ArrowArray *array, char *at, size_t n)
{
    struct ArrowArray *children = (struct ArrowArray *)(void *)at;
    struct ArrowArray **pointers = (struct ArrowArray **)(void *)(children + n);
    memset(children, 0, n * sizeof *children);
    for (size_t i = 0; i < n; i++) {
        pointers[i] = &children[i];
    }
    array->n_children = (int64_t)n;
    array->children = pointers;
}

static void share(holder *own, mdm_shared *values)
{
    atomic_fetch_add(&values->n_users, 1);
    own->dictionary = (struct ArrowArray){.length = values->n,
                                          .n_buffers = 3,
                                          .buffers = values->buffers,
                                          .release = release_values,
                                          .private_data = values};
}

bool mdm_array_new(const mdm_allocator *memory, const mdm_array_form *form,
                   struct ArrowArray *array)
{
    const size_t numbers = aligned(sizeof(holder)) + aligned(form->bitmap_bytes);
    const size_t text = numbers + aligned(form->number_bytes);
    const size_t children = text + aligned(form->text_bytes);
    const size_t size = children + form->n_children * (sizeof(struct ArrowArray) +
                                                       sizeof(struct ArrowArray *));
    holder *own = mdm_resize(memory, NULL, 0, size, 1);
    if (own == NULL) {
        return false;
    }
    *own = (holder){.memory = *memory, .size = size};
    *array = (struct ArrowArray){.length = (int64_t)form->n,
                                 .n_buffers = form->n_children > 0 || form->number_bytes == 0 ? 1
                                              : form->has_texts                              ? 3
                                                                                             : 2,
                                 .buffers = own->buffers,
                                 .release = release_array,
                                 .private_data = own};
    own->buffers[0] =
        form->bitmap_bytes == 0 ? NULL : (char *)own + aligned(sizeof(holder));
    own->buffers[1] = (char *)own + numbers;
    own->buffers[2] = (char *)own + text;
    add_children(array, (char *)own + children, form->n_children);
    if (form->values != NULL) {
        share(own, form->values);
        array->dictionary = &own->dictionary;
    }
    return true;
}

/* ---- Schemas ---- */

typedef struct schema_holder {
    mdm_allocator memory;
    size_t size;
    struct ArrowSchema dictionary;
} schema_holder;

static void release_text(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    schema_holder *own = schema->private_data;
    const mdm_allocator memory = own->memory;
    for (int64_t i = 0; i < schema->n_children; i++) {
        mdm_schema_end(schema->children[i]);
    }
    mdm_schema_end(&own->dictionary);
    mdm_resize(&memory, own, own->size, 0, 1);
    schema->release = NULL;
}

void mdm_schema_end(struct ArrowSchema *schema)
{
    if (schema->release != NULL) {
        schema->release(schema);
    }
}

bool mdm_schema_new(const mdm_allocator *memory, const char *format, mdm_text name, bool is_coded,
                    size_t n_children, struct ArrowSchema *schema)
{
    const size_t children = aligned(sizeof(schema_holder));
    const size_t begin =
        children + n_children * (sizeof(struct ArrowSchema) + sizeof(struct ArrowSchema *));
    const size_t size = begin + name.len + 1;
    schema_holder *own = mdm_resize(memory, NULL, 0, size, 1);
    struct ArrowSchema *inner = NULL;
    if (own == NULL) {
        return false;
    }
    memset(own, 0, size);
    own->memory = *memory;
    own->size = size;
    memcpy((char *)own + begin, name.at, name.len);
    inner = (struct ArrowSchema *)(void *)((char *)own + children);
    *schema = (struct ArrowSchema){.format = format,
                                   .name = (char *)own + begin,
                                   .flags = n_children > 0 ? 0 : 2, /* ARROW_FLAG_NULLABLE */
                                   .n_children = (int64_t)n_children,
                                   .children = (struct ArrowSchema **)(void *)(inner + n_children),
                                   .release = release_schema,
                                   .private_data = own};
    for (size_t i = 0; i < n_children; i++) {
        schema->children[i] = &inner[i];
    }
    if (is_coded) {
        own->dictionary = (struct ArrowSchema){.format = "U", .name = "", .release = release_text};
        schema->dictionary = &own->dictionary;
    }
    return true;
}
