/*
 * Arrow arrays that own their memory, each by itself: whoever takes a column out of a batch may
 * keep it.
 */
#ifndef MDM_EXPORT_H
#define MDM_EXPORT_H

#include <stdatomic.h>

#include "mdm_arrow.h"

/* The texts of a dictionary, which all batches of a stream share. */
typedef struct mdm_shared {
    mdm_allocator memory;
    atomic_size_t n_users;
    size_t size; /* of this block, the texts included */
    int64_t n;
    const void *buffers[3];
    int64_t offsets[]; /* then the texts */
} mdm_shared;

/* NULL: out of memory. */
mdm_shared *mdm_shared_new(const mdm_allocator *memory, const mdm_texts *texts);
void mdm_shared_leave(mdm_shared *shared); /* NULL is allowed */

/* An array of n elements with buffers of so many bytes, taken one behind the other from
   mdm_array_bytes; where n_nulls is zero it has no bitmap. */
typedef struct mdm_array_form {
    size_t n;
    size_t n_children;
    size_t bitmap_bytes;
    size_t number_bytes;
    size_t text_bytes;
    bool has_texts;
    mdm_shared *values; /* its dictionary, or NULL */
} mdm_array_form;

bool mdm_array_new(const mdm_allocator *memory, const mdm_array_form *form,
                   struct ArrowArray *array);
void mdm_array_end(struct ArrowArray *array); /* releases it, if it is there */

/* is_coded: 32-bit indexes to texts. */
bool mdm_schema_new(const mdm_allocator *memory, const char *format, mdm_text name, bool is_coded,
                    size_t n_children, struct ArrowSchema *schema);
void mdm_schema_end(struct ArrowSchema *schema);

#endif
