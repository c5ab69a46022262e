/*
 * Arrow data: the structures of the C data and stream interfaces, and views of arrays that have
 * been checked as far as they can be without their values.
 *
 * Source of the structures: https://arrow.apache.org/docs/format/CDataInterface.html and
 * CStreamInterface.html. Nothing tells how large most buffers are: what they must hold by their
 * lengths and offsets is taken to be there.
 */
#ifndef MDM_ARROW_H
#define MDM_ARROW_H

#include "mdm_parse.h"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/* ---- mdm_arrow_view.c: arrays ---- */

typedef enum mdm_form {
    MDM_FORM_NONE, /* every value is null */
    MDM_FORM_INT,
    MDM_FORM_TEXT,       /* 32-bit offsets */
    MDM_FORM_LARGE_TEXT, /* 64-bit offsets */
    MDM_FORM_VIEW,       /* 16 bytes a text, which hold it or say where it is */
    MDM_FORM_LIST,       /* of texts */
    MDM_FORM_LARGE_LIST
} mdm_form;

typedef struct mdm_view {
    mdm_form form;
    uint8_t width;  /* of an integer, in bytes */
    bool is_signed;
    size_t first;   /* where the elements begin in the buffers */
    size_t n;
    const uint8_t *validity; /* NULL: no element is null */
    const void *numbers;     /* integers, offsets, or views */
    const void *const *texts; /* the buffers with text; of views there may be several */
    const void *text_lens;    /* of views, in 64 bits each */
    size_t n_texts;
} mdm_view;

/* An array of values, or of indexes to them, or of lists of them. */
typedef struct mdm_source {
    mdm_view own;
    mdm_view values; /* of a dictionary or lists */
    bool is_coded;
} mdm_source;

/* The n elements from `first` on, where the array belongs to a record batch. NULL, or what is
   wrong. */
const char *mdm_source_open(const struct ArrowSchema *schema, const struct ArrowArray *array,
                            size_t first, size_t n, mdm_source *source);
const char *mdm_batch_check(const struct ArrowSchema *schema, const struct ArrowArray *array);

static inline bool mdm_view_has(const mdm_view *view, size_t i)
{
    return view->validity == NULL ||
           (view->validity[(view->first + i) / 8] >> (view->first + i) % 8 & 1) != 0;
}

#define MDM_ARROW_TEXT (2 * (size_t)MDM_MAX_VALUE)

/* The text of element i, which is not null; integers and lists are written to the buffer of
   MDM_ARROW_TEXT bytes. NULL, or what is wrong. */
const char *mdm_source_text(const mdm_source *source, const mdm_view *view, size_t i, char *buffer,
                            mdm_text *text);
int64_t mdm_view_int(const mdm_view *view, size_t i, bool *is_huge);
/* The index of element i; the number of values where it is out of range. */
size_t mdm_source_index(const mdm_source *source, size_t i);

/* ---- mdm_arrow_codes.c: values to codes ---- */

#define MDM_BLOCK ((size_t)1024)
#define MDM_UNSEEN UINT32_MAX

typedef struct mdm_memo_entry {
    int64_t number;
    uint32_t code; /* 0: empty */
} mdm_memo_entry;

#define MDM_MEMO ((size_t)512)

typedef struct mdm_coder {
    mdm_source source;
    size_t attribute; /* that of lists is the number of attributes */
    mdm_u32s table;   /* codes by index; MDM_UNSEEN */
    mdm_memo_entry *memo; /* of integers */
} mdm_coder;

typedef struct mdm_complaint {
    const char *what;
    size_t row;
    size_t column; /* a coder, or COLUMN_NAME */
} mdm_complaint;

/* Whether the attribute can have values of this type. */
bool mdm_coder_suits(const mdm_coder *coder, const mdm_fleet *fleet, const mdm_source *source);
/* A table has no fewer entries, not even of no values: it has one for each byte. */
#define MDM_BYTES ((size_t)256)

/* The codes of n rows from `first` on, and all of them by OR. */
mdm_status mdm_coder_block(mdm_coder *coder, mdm_parser *parser, size_t first, size_t n,
                           uint32_t *codes, uint32_t *all, mdm_complaint *complaint);
/* Of a dictionary: one more than the index of each row, 0 where it is null, into parts of keys. The
   answer is not below any of them; MDM_UNSEEN: they need more bits than codes. */
uint32_t mdm_coder_pack(const mdm_coder *coder, size_t first, size_t n, unsigned shift,
                        uint32_t *parts);

/* ---- mdm_arrow_keys.c: rows known by what they have in each column ---- */

#define MDM_KEY_PARTS 4

/* The signs of a row, packed: what it has in each column, be it an index or a code. */
typedef struct mdm_key {
    uint64_t words[MDM_KEY_PARTS / 2];
} mdm_key;

typedef struct mdm_key_slot {
    mdm_key key;
    uint32_t class; /* 0: empty, or soon to be known */
} mdm_key_slot;

/* The keys of a block, part by part. */
typedef struct mdm_packed {
    uint32_t parts[MDM_KEY_PARTS][MDM_BLOCK];
} mdm_packed;

/* Classes by keys, where the signs fit into them. */
typedef struct mdm_keys {
    mdm_key_slot *at;
    size_t n_slots; /* a power of two, or 0 */
    size_t n;
    uint8_t part[MDM_MAX_ATTRIBUTES + 1];
    uint8_t shift[MDM_MAX_ATTRIBUTES + 1];
    uint8_t bits[MDM_MAX_ATTRIBUTES + 1];
    bool is_by_code; /* no signs but codes: dictionaries change, or indexes are too large */
    bool is_off;
    size_t n_rows;
    size_t n_hits;
} mdm_keys;

/* Forgets all; from now on signs are codes. */
void mdm_keys_by_code(mdm_keys *keys, const mdm_allocator *memory);
void mdm_keys_free(mdm_keys *keys, const mdm_allocator *memory);

/* ---- mdm_arrow_batch.c ---- */

/* What a column of a batch is: an attribute or the lists, by number; or one of these. */
#define COLUMN_NAME (MDM_MAX_ATTRIBUTES + 1)
#define COLUMN_ROW (MDM_MAX_ATTRIBUTES + 2)

struct mdm_arrow {
    mdm_reader *reader;
    const mdm_allocator *memory;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct ArrowArray last; /* kept until the next one is there, so that no address comes twice */
    size_t n_columns;
    uint8_t *columns;
    mdm_coder *coders; /* one an attribute, then that of the lists */
    size_t n_coders;
    mdm_source names;
    bool has_names;
    mdm_keys keys;
    uint32_t *codes; /* a block for each coder, then one of classes */
    uint32_t all[MDM_MAX_ATTRIBUTES + 1]; /* codes of a block by OR, for each coder */
    size_t n_rows;
};

void mdm_flaw_note(mdm_flaw *flaw, const char *what, size_t row, const char *detail);
/* MDM_BAD_DATA. A column beyond them all: none. */
mdm_status mdm_arrow_refuse(const mdm_arrow *arrow, mdm_flaw *flaw, const char *what, size_t row,
                            size_t column);
/* The batch that was fetched. */
mdm_status mdm_batch_read(mdm_arrow *arrow, mdm_flaw *flaw);

/* ---- mdm_arrow_rows.c: rows to classes ---- */

/* Rows of a batch, at most MDM_BLOCK. */
typedef struct mdm_span {
    size_t first;
    size_t n;
} mdm_span;

/* Their classes, which are new in a flat table. */
mdm_status mdm_rows_read(mdm_arrow *arrow, mdm_parser *parser, mdm_span span, uint32_t *classes,
                         mdm_complaint *complaint);

/* ---- mdm_arrow_keys.c again ---- */

/* The classes of a block, 0 for those that are not known, which are counted. False: its rows have
   no keys. */
bool mdm_keys_find(mdm_arrow *arrow, mdm_span span, mdm_packed *packed, uint32_t *classes,
                   size_t *n_unknown);
/* The slot of row i of a block that has keys; NULL: no memory. Where its class is 0, it is to be
   told. */
mdm_key_slot *mdm_keys_slot(mdm_keys *keys, const mdm_allocator *memory, const mdm_packed *packed,
                            size_t i);

#endif
