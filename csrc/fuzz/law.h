/*
 * What the fuzz targets share. Each target is one file with one law; this knows no law.
 *
 * A target runs once on every path that the processor has, or on that which MDM_PATH names. State
 * that stays between inputs is constant once made.
 */
#ifndef LAW_H
#define LAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mdm.h"

/* Ends the program where a law is broken. */
#define LAW(condition)                                 \
    do {                                               \
        if (!(condition)) {                            \
            law_broken(__FILE__, __LINE__, #condition); \
        }                                              \
    } while (0)

void law_broken(const char *file, int line, const char *condition);

/* The entry that libFuzzer, AFL++ and replay.c call. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a stream of decisions; behind its end all are 0. */
typedef struct law_bytes {
    const uint8_t *at;
    size_t left;
} law_bytes;

uint8_t law_byte(law_bytes *bytes);
uint32_t law_below(law_bytes *bytes, uint32_t n); /* n from 1 to 256 */

typedef void law_target(law_bytes bytes);
void law_on_every_path(law_target *target, const uint8_t *data, size_t size);

/* ---- law_memory.c ---- */

/* Of every fleet. At the end of an input nothing of it is left. */
extern const mdm_allocator law_memory;
void law_memory_begin(void);
void law_memory_end(void);
/* Refuses one allocation after n_before others, or all from there on; until it is asked whether it
   came to that. */
void law_refuse(size_t n_before, bool is_lasting);
bool law_was_refused(void);
/* Whether several threads call the allocator; said while one does. */
void law_share(bool shared);
/* A copy in a block of its own length, so that a sanitizer sees a byte that is read too far. */
char *law_block(const void *at, size_t len);
void law_free(void *block);
/* The same fleet for every input on this path, once an input; the maker gets the number, up to 3. */
typedef mdm_fleet *law_maker(size_t which);
mdm_fleet *law_kept(law_maker *make, size_t which);
/* Another path: what was kept is made anew. */
void law_memory_forget(void);

/* ---- Texts ---- */

/* Texts that are put together, at most what the buffer holds; the rest breaks a law. */
typedef struct law_paper {
    char *at;
    size_t capacity;
    size_t n;
} law_paper;

void law_put(law_paper *paper, const void *at, size_t len);
void law_put_plain(law_paper *paper, const char *text);
/* With the quotes and escapes of JSON. */
void law_put_json(law_paper *paper, const char *at, size_t len);

/* ---- What can be seen of a fleet ---- */

/* Of everything that is saved of it, and of every description; not of how it is stored. */
uint64_t law_checksum(const mdm_fleet *fleet);
/* Lengths of mdm.h, and a number of a saved fleet. */
#define LAW_HEAD ((size_t)72)
#define LAW_SECTION_HEAD ((size_t)24)
uint64_t law_number(const char *at, size_t width);
/* The saved bytes under the label "law", in a block of their length. */
char *law_save(const mdm_fleet *fleet, size_t *n_bytes);
/* The line of a row, put on paper; 0: no device has the row. */
int law_put_row(law_paper *paper, const mdm_fleet *fleet, uint32_t row);
/* Without a device; a law_maker. */
mdm_fleet *law_empty(size_t which);
/* Both fleets have the same devices in the same rows. */
void law_same_rows(const mdm_fleet *left, const mdm_fleet *right);
/* Both give the same answer, or refusal, to the same question. */
void law_same_answers(const mdm_fleet *left, const mdm_fleet *right, const char *text, size_t len);

/* A scheme with an attribute of every kind, which compares none of them. */
#define LAW_ATTRIBUTES 7
extern const mdm_scheme law_scheme;

#endif
