/*
 * mdm: the mdev matcher. Which devices of a fleet can a source migrate to?
 *
 * A fleet holds what devices publish ("descriptions"). Equal descriptions are interned into
 * classes, so that a question is answered once a class and then expanded to rows. The rules of
 * the language are in docs/language.md; the Python judge is their specification.
 *
 * Words     row: the stable index of a device. class: the set of rows with equal descriptions.
 *           code: the index of a text in the dictionary of its attribute; 0 means absent.
 * Units     every size and length counts elements (bytes for text), never bytes of storage.
 * Text      UTF-8, given by pointer and length; no terminator is trusted or needed. A
 *           description is one line of NDJSON.
 * Memory    through the allocator of the fleet and nothing else. No question allocates after
 *           mdm_query_new has returned.
 * Threads   no globals but constants. Any number of threads may ask a fleet (functions that take
 *           it, a query or a join of it as const, and those that make one) while others change it:
 *           each call sees the fleet before or after every change, never within one. Those who
 *           ask do not wait for each other; who changes waits for all, and goes before those who
 *           come later. What was judged before a change answers MDM_STALE after it. Threads may
 *           share a query or a join as long as none judges it (again); a reader, a saver and a
 *           stream belong to one thread at a time, and each feed of a reader is a change. Freeing
 *           waits for nobody. The allocator is called from the threads that call, also at once.
 *           n_threads: a question may be shared among so many threads, made for it and gone when
 *           the call returns.
 * Failure   a call that fails leaves its objects as they were.
 * Sources   lists: Yan Zhao, 20200729080503.GB28676@joy-OptiPlex-7040; the rest is ours.
 */
#ifndef MDM_H
#define MDM_H

#include <stddef.h>
#include <stdint.h>

/* cdef: begin */
typedef enum mdm_status {
    MDM_OK = 0,
    MDM_BAD_ARGUMENT = 1, /* NULL with a non-zero length, an enum or index out of range */
    MDM_NO_MEMORY = 2,    /* the allocator answered NULL */
    MDM_BAD_TEXT = 3,     /* a mistake in the text; the fault says where */
    MDM_NO_SPACE = 4,     /* the caller's buffer is too small; the count says what is needed */
    MDM_NO_ROW = 5,       /* no device has this row */
    MDM_TOO_MANY = 6,     /* more rows or codes than 32 bits hold */
    MDM_STALE = 7,        /* the fleet changed after the query was made */
    MDM_BAD_DATA = 8,     /* damaged or malformed data; the flaw says where */
    MDM_OTHER_SCHEME = 9  /* a fleet that was saved under another scheme */
} mdm_status;

/* A verdict, and the setting for what is missing or unlisted. AND of two is `&`, OR is `|`. */
typedef enum mdm_verdict { MDM_NO = 0, MDM_UNDECIDED = 1, MDM_YES = 3 } mdm_verdict;

typedef enum mdm_kind {
    MDM_INT = 0,
    MDM_STRING = 1,
    MDM_SET = 2,
    MDM_VERSION = 3,
    MDM_PCI_ID = 4,
    MDM_RATIO = 5
} mdm_kind;

/* How the target's own value must relate to the source's. */
typedef enum mdm_relation {
    MDM_UNRELATED = 0, /* compared by objects only */
    MDM_EQUAL = 1,
    MDM_SUPERSET = 2,
    MDM_SUBSET = 3,
    MDM_MINOR = 4,  /* version: same major, minor not below */
    MDM_MEMBER = 5, /* one_of: the source's string is in the target's set */
    MDM_ANY = 6     /* never compared */
} mdm_relation;

typedef enum mdm_direction {
    MDM_NOBODY = 0, /* the scheme has no objects */
    MDM_TARGET = 1, /* the target's objects must accept the source */
    MDM_SOURCE = 2, /* the source's objects must accept the target */
    MDM_BOTH = 3
} mdm_direction;

/* Which instructions scan a fleet. A fleet takes the best path that the processor has, or, for
   tests, the one that the environment variable MDM_PATH names by the word of mdm_path_text, if
   the processor has it. */
typedef enum mdm_path {
    MDM_PATH_PORTABLE = 0,
    MDM_PATH_SSE2 = 1,
    MDM_PATH_AVX2 = 2,
    MDM_PATH_AVX512 = 3,
    MDM_PATH_NEON = 4
} mdm_path;

/* How a fleet is kept: in classes of equal descriptions, or, where nearly all differ, each device by
   itself; by the data, unless tests and benchmarks ask for one. */
typedef enum mdm_layout {
    MDM_LAYOUT_AUTO = 0,
    MDM_LAYOUT_CLASSES = 1,
    MDM_LAYOUT_FLAT = 2
} mdm_layout;

typedef struct mdm_attribute {
    const char *name;
    size_t name_len;
    mdm_kind kind;
    mdm_relation relation;
    size_t of; /* the attribute that gives the source's value; as a rule, this one */
    mdm_verdict missing;
    int required; /* 0: that both devices lack it is agreement; 1: it is missing */
} mdm_attribute;

typedef struct mdm_scheme {
    const mdm_attribute *attributes; /* names differ */
    size_t n_attributes;             /* at most 64 */
    mdm_direction accepted_by;
    mdm_verdict missing;  /* when the side that accepts publishes no list */
    mdm_verdict unlisted; /* MDM_YES: ignored */
    int floor_division;   /* 0: {v}/2 is exact; 1: rounded down */
} mdm_scheme;

/* Where a text went wrong: a byte offset from the start of the text that was given, and the line
   that holds it, from 0; a reader counts from the first line that it was fed. Several faults come
   in the order of the text, at most one a line. */
typedef struct mdm_fault {
    size_t offset;
    size_t line;
} mdm_fault;

/* Where data went wrong, and what is wrong there: a constant text. */
typedef struct mdm_flaw {
    const char *what;
    size_t offset;    /* of a byte in a saved fleet, of a row in Arrow data */
    char detail[128]; /* of Arrow data: which column, or what their producer said; ends with a 0 */
} mdm_flaw;

/* The one way to memory. new_size 0 frees; NULL means out of memory. Blocks are aligned as by
   malloc. Making a smaller block may fail too. A NULL allocator stands for the C library's. */
typedef struct mdm_allocator {
    void *(*resize)(void *context, void *block, size_t old_size, size_t new_size);
    void *context;
} mdm_allocator;

typedef struct mdm_fleet mdm_fleet;   /* from mdm_fleet_new to mdm_fleet_free */
typedef struct mdm_reader mdm_reader; /* from mdm_reader_new to mdm_reader_free, before its fleet */
typedef struct mdm_arrow mdm_arrow;   /* from mdm_arrow_new to mdm_arrow_free, before its reader */
typedef struct mdm_saver mdm_saver;   /* from mdm_saver_new to mdm_saver_free, before its fleet */
typedef struct mdm_query mdm_query;   /* from mdm_query_new to mdm_query_free, before its fleet */
typedef struct mdm_join mdm_join;     /* from one of mdm_join_... to mdm_join_free, before its fleet */

const char *mdm_status_text(mdm_status status); /* constant; never NULL */
const char *mdm_path_text(mdm_path path);       /* constant; never NULL */

/* ---- The fleet. The scheme is copied. keep_names 0: names are checked and dropped.
   MDM_BAD_ARGUMENT also where a relation does not suit the kinds. ---- */

mdm_path mdm_fleet_path(const mdm_fleet *fleet);
mdm_status mdm_fleet_new(const mdm_scheme *scheme, int keep_names, const mdm_allocator *allocator,
                         mdm_fleet **fleet);
void mdm_fleet_free(mdm_fleet *fleet); /* NULL is allowed */
/* From now on; MDM_NO_MEMORY: as before. While a reader is open, MDM_BAD_ARGUMENT. */
mdm_status mdm_fleet_lay_out(mdm_fleet *fleet, mdm_layout layout);
mdm_layout mdm_fleet_layout(const mdm_fleet *fleet); /* never MDM_LAYOUT_AUTO: what it is now */

/* One description (one line, with or without its end) in, changed, out. A removed row is given to
   a later device, the last removed first. While a reader is open, MDM_BAD_ARGUMENT. */
mdm_status mdm_add(mdm_fleet *fleet, const char *text, size_t text_len, uint32_t *row,
                   mdm_fault *fault);
mdm_status mdm_replace(mdm_fleet *fleet, uint32_t row, const char *text, size_t text_len,
                       mdm_fault *fault);
mdm_status mdm_remove(mdm_fleet *fleet, uint32_t row);
/* All or none; MDM_NO_ROW also where a row comes twice. */
mdm_status mdm_remove_many(mdm_fleet *fleet, const uint32_t *rows, size_t n_rows);

typedef struct mdm_size {
    size_t n_rows;    /* one more than the highest row that was ever used */
    size_t n_devices; /* rows in use */
    size_t n_classes; /* classes in use */
    size_t n_lists;   /* distinct lists of objects */
    size_t row_bytes; /* storage that grows with rows, as far as it is in use */
    size_t name_bytes;       /* the names and where they begin */
    size_t dictionary_bytes; /* all the rest: codes, classes, lists */
} mdm_size;
void mdm_fleet_size(const mdm_fleet *fleet, mdm_size *size); /* looks at every class */
size_t mdm_row_count(const mdm_fleet *fleet);    /* n_rows of mdm_size, at once */
size_t mdm_device_count(const mdm_fleet *fleet); /* n_devices */
uint32_t mdm_code_count(const mdm_fleet *fleet, size_t attribute); /* with code 0, absent */

/* The description of a row as a line of NDJSON without its end: name, self in the order of the
   scheme with the spelling of its values (a ratio as a string), compatible as it was given.
   *text_len is set to what is needed also when it is MDM_NO_SPACE. */
mdm_status mdm_description(const mdm_fleet *fleet, uint32_t row, char *text, size_t text_capacity,
                           size_t *text_len);
/* The name of a row, of at most 4096 bytes; an empty one when it has none. *name_len as above. */
mdm_status mdm_name(const mdm_fleet *fleet, uint32_t row, char *name, size_t name_capacity,
                    size_t *name_len);
/* For each of n_rows rows its class (a number below n_classes; UINT32_MAX: not in use), and for
   each of n_classes classes its code. For tests and benchmarks that put the question on columns;
   the numbers hold until the fleet changes. mdm_classes may answer MDM_NO_MEMORY. */
mdm_status mdm_classes(const mdm_fleet *fleet, uint32_t *classes, size_t classes_len);
mdm_status mdm_codes(const mdm_fleet *fleet, size_t attribute, uint32_t *codes, size_t codes_len);

/* ---- Reading many lines. Nothing is in the fleet until mdm_reader_commit. A fleet has one
   reader at a time, and is not changed otherwise while it is open, from mdm_reader_new to
   mdm_reader_commit or mdm_reader_free; questions may be put, and see nothing of it. One that was
   put before is MDM_STALE once the lines have called for another layout. ---- */

mdm_status mdm_reader_new(mdm_fleet *fleet, mdm_reader **reader);
/* Whole lines; the last may lack its end. MDM_BAD_TEXT: *n_faults of up to faults_len faults; the
   reader goes on to the end of the text, and can then only be freed or fed for more faults. */
mdm_status mdm_reader_feed(mdm_reader *reader, const char *text, size_t text_len,
                           mdm_fault *faults, size_t faults_len, size_t *n_faults);
size_t mdm_reader_count(const mdm_reader *reader); /* descriptions read so far */
mdm_status mdm_reader_commit(mdm_reader *reader, uint32_t *first_row); /* consecutive rows */
/* Instead of a commit: what was read takes the place of the devices of as many rows, names too. Of a
   row that comes twice the last one stays. */
mdm_status mdm_reader_replace(mdm_reader *reader, const uint32_t *rows, size_t n_rows);
void mdm_reader_free(mdm_reader *reader); /* without a commit, the fleet is as it was */

/* ---- Arrow data into a reader, through the C data and C stream interfaces. A column has the name
   of an attribute: integers, texts (utf8, large or view), lists of texts for sets, or a dictionary
   of any of these but lists; null is absent. The column "name" is the name of the device,
   "compatible" the text of its list, and "row" is passed over, unless attributes have these names.
   ---- */

struct ArrowSchema;
struct ArrowArray;
struct ArrowArrayStream; /* five pointers */

/* Takes the stream over, or one batch with its schema (the other is NULL), and releases it once,
   also where it fails; but not with MDM_BAD_ARGUMENT. */
mdm_status mdm_arrow_new(mdm_reader *reader, struct ArrowArrayStream *stream,
                         struct ArrowSchema *schema, struct ArrowArray *batch, mdm_arrow **arrow,
                         mdm_flaw *flaw);
/* Reads one batch; *n_rows so far, and whether there is one more. After a failure the reader can
   only be freed. MDM_BAD_DATA: the flaw, which may be NULL, names column and row. */
mdm_status mdm_arrow_next(mdm_arrow *arrow, size_t *n_rows, int *has_more, mdm_flaw *flaw);
void mdm_arrow_free(mdm_arrow *arrow); /* NULL is allowed */

/* ---- Arrow data out of a fleet: a stream with a row for each device, in the order of rows, with
   the columns "row" (32 bits), "name", the attributes and "compatible", as above. Integers are
   64 bits, all else dictionaries of texts. Nothing of it is the fleet's: batches outlive it, and
   the fleet is kept until the stream is released, from any thread. After a change of the fleet the
   stream fails. MDM_BAD_ARGUMENT while a reader is open. ---- */

mdm_status mdm_fleet_export(mdm_fleet *fleet, struct ArrowArrayStream *stream);

/* ---- Saved fleets: bytes that are checked when they are loaded, little-endian on any machine.

   A head of 72 bytes: "\x89mdevf\r\n"; in 32 bits each the version, 1, and the number A of
   attributes; in 64 bits each a fingerprint of the scheme (without accepted_by), the rows, the
   classes, the devices when its layout was last chosen and those that came since its order was;
   in 32 bits each what it is (1: flat, 2: with names) and the mdm_layout that was wanted; a
   checksum of all this.

   Then 2 A + 6 sections, each a head of 24 bytes (its number from 0 and the bytes W of a number,
   in 32 bits each; the numbers N and the bytes T of text, in 64), N numbers, the text, zeros up
   to a multiple of 8, and a checksum of all this. Texts stand as their lengths and one run.
     0             the label
     1 to A        the values of each attribute, by code
     A + 1         the lists
     A + 2         the class of each row, 0: free; in a flat fleet, the row of each class
     A + 3 to 2A+3 the codes of each attribute, then those of lists, by class
     2A + 4        the free rows, that to be given first
     2A + 5        the names by row; length 65535: none

   A checksum begins with 0 and takes 64 bits after 64: ((sum ^ word) * 0x9e3779b97f4a7c15)
   rotated left by 29. So it tells whatever happens to any 8 bytes that stand together. ---- */

/* The label tells what the core does not know of the scheme; with the scheme it decides where the
   fleet can be loaded. MDM_BAD_ARGUMENT while a reader is open. */
mdm_status mdm_saver_new(const mdm_fleet *fleet, const char *label, size_t label_len,
                         mdm_saver **saver);
/* The next bytes, as many as fit; none at the end. MDM_STALE after a change. */
mdm_status mdm_saver_next(mdm_saver *saver, char *bytes, size_t bytes_capacity, size_t *n_bytes);
void mdm_saver_free(mdm_saver *saver); /* NULL is allowed */

/* A fleet with the same rows, names and answers, which gives free rows in the same order. Nothing
   of the bytes is trusted: whatever is wrong is MDM_BAD_DATA with a flaw, which may be NULL.
   MDM_TOO_MANY: they tell of more rows than 32 bits count. MDM_OTHER_SCHEME: scheme or label are
   not those it was saved with. */
mdm_status mdm_fleet_load(const mdm_scheme *scheme, int keep_names, const mdm_allocator *allocator,
                          const char *label, size_t label_len, const char *bytes, size_t bytes_len,
                          mdm_fleet **fleet, mdm_flaw *flaw);
/* The label of a saved fleet, in its bytes. */
mdm_status mdm_saved_label(const char *bytes, size_t bytes_len, const char **label,
                           size_t *label_len, mdm_flaw *flaw);

/* ---- The question: where can this source go? ---- */

/* Compiles the source's description into verdict tables and judges every class; in a large fleet
   of devices that differ, not before an answer needs it, which is MDM_STALE where a reader has been
   fed in between. accepted_by
   takes the place of the scheme's, where neither is MDM_NOBODY. n_threads: how many threads at
   most judge a large fleet, this one included; 0 stands for 1. */
mdm_status mdm_query_new(const mdm_fleet *fleet, const char *text, size_t text_len,
                         mdm_direction accepted_by, unsigned n_threads, mdm_query **query,
                         mdm_fault *fault);
/* Judges again, after a change or without one. The source is compiled again only if the fleet has
   learnt new values since. A query for which this fails is stale. */
mdm_status mdm_query_again(mdm_query *query);
void mdm_query_free(mdm_query *query); /* NULL is allowed */

/* Answers for the devices whose verdict is `verdict`. All give MDM_STALE after a change. */
mdm_status mdm_count(const mdm_query *query, mdm_verdict verdict, size_t *n_devices);
/* Rows, ascending. */
mdm_status mdm_rows(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                    size_t *n_rows);
/* The lowest rows, at most rows_len of them, ascending; stops early. */
mdm_status mdm_first(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t rows_len,
                     size_t *n_rows);
/* One bit a row, the lowest bit first; (n_rows + 7) / 8 bytes. */
mdm_status mdm_bitmap(const mdm_query *query, mdm_verdict verdict, uint8_t *bits, size_t bits_len);
mdm_status mdm_verdict_of(const mdm_query *query, uint32_t row, mdm_verdict *verdict);

/* ---- Many questions at once: where can each of these sources go? Equal sources are answered once,
   and the answer is given to each. A join keeps scratch, so one thread at a time uses it. The
   allocator is called from that thread; while a join is made, also from the threads that share it,
   by one at a time. All give MDM_STALE after a change of the fleet.

   What reading learns of lines changes how fast the next are read, and nothing else. It takes 40 KB
   and a bit for each string that an attribute has, of more than 128 lines 270 KB, of more than 4096
   lines 1.2 MB, each thread that reads as much, and goes with the join. ---- */

/* Sources: lines of NDJSON, borrowed until mdm_join_free; blank lines are none. MDM_BAD_TEXT as of
   mdm_reader_feed, and no join. accepted_by and n_threads as of mdm_query_new. */
mdm_status mdm_join_lines(const mdm_fleet *fleet, const char *text, size_t text_len,
                          mdm_direction accepted_by, unsigned n_threads, mdm_join **join,
                          mdm_fault *faults, size_t faults_len, size_t *n_faults);
/* Sources: devices of the fleet. */
mdm_status mdm_join_rows(const mdm_fleet *fleet, const uint32_t *rows, size_t rows_len,
                         mdm_direction accepted_by, unsigned n_threads, mdm_join **join);
/* Sources: a device of each class, in the order of the numbers that mdm_classes gives. */
mdm_status mdm_join_classes(const mdm_fleet *fleet, mdm_direction accepted_by, unsigned n_threads,
                            mdm_join **join);
void mdm_join_free(mdm_join *join); /* NULL is allowed */
size_t mdm_join_len(const mdm_join *join); /* sources, equal ones each */

/* Counting, some hundred thousand pairs or more a step: *n_left steps are left of *n_steps. */
mdm_status mdm_join_count(mdm_join *join, size_t n_steps, size_t *n_left);
/* After counting: for each source how many devices have the verdict. */
mdm_status mdm_join_counts(const mdm_join *join, mdm_verdict verdict, uint32_t *counts,
                           size_t counts_len);

/* Judges the sources from `first` on, as many as n_bytes of memory hold the verdicts of (at least
   one), and keeps them until the next call: *n_judged. What follows answers for these. */
mdm_status mdm_join_judge(mdm_join *join, size_t first, size_t n_bytes, size_t *n_judged);
/* For n of these sources, from `first` on, a bitmap each as of mdm_bitmap. */
mdm_status mdm_join_bitmaps(const mdm_join *join, mdm_verdict verdict, size_t first, size_t n,
                            uint8_t *bits, size_t bits_len);
/* Likewise a bit a class, in the numbers that mdm_classes gives; (n_classes + 7) / 8 bytes each. */
mdm_status mdm_join_class_bitmaps(const mdm_join *join, mdm_verdict verdict, size_t first,
                                  size_t n, uint8_t *bits, size_t bits_len);
/* Likewise the lowest rows, ascending, at most `most` of them: those of source first + i are
   n_rows[i] from rows[most * i] on; n * most and n elements. */
mdm_status mdm_join_firsts(const mdm_join *join, mdm_verdict verdict, size_t first, size_t n,
                           size_t most, uint32_t *rows, uint32_t *n_rows);
/* Where the next pairs begin: a source that was judged, and a row of it. */
typedef struct mdm_place {
    size_t source;
    size_t row;
} mdm_place;
/* The pairs from a place on, by source and row, both ascending, as many as fit: *n_pairs. The place
   is moved behind them; at the end its source is the first that was not judged. */
mdm_status mdm_join_pairs(const mdm_join *join, mdm_verdict verdict, mdm_place *place,
                          uint32_t *sources, uint32_t *rows, size_t len, size_t *n_pairs);
/* cdef: end */

#endif
