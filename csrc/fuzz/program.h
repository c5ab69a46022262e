/*
 * A fleet and its naive model, for a program of bytes that changes and asks both.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "draw.h"

#define MOST_ROWS 1024
#define MOST_DRAWN 24
#define N_NUMBERED 260
#define N_KNOWN (MOST_DRAWN + N_NUMBERED)
/* What takes long is for longer programs, so that there can be many short ones. */
#define MOST_SHORT 96
#define SHORT_BUDGET 8
#define LONG_BUDGET 100
#define NOBODY UINT16_MAX
#define NO_VERDICT 2

typedef struct program {
    law_bytes bytes;
    drawn_scheme scheme;
    mdm_fleet *fleet;
    size_t n_drawn;
    uint16_t rows[MOST_ROWS]; /* what each was drawn as */
    size_t n_rows;
    uint32_t free[MOST_ROWS]; /* the last is given first */
    size_t n_free;
    mdm_query *query;
    size_t source;
    mdm_direction direction;
    bool has_changed; /* since the query */
    bool has_spread;
    bool is_long;
    bool is_reading; /* nothing can be seen of the fleet */
    uint8_t refusal; /* 0: none; else of an allocation of the next call that may want memory */
    uint64_t before;
    mdm_status status;
    uint8_t verdicts[MOST_ROWS]; /* expected; NO_VERDICT: no device */
} program;

/* ---- program_expect.c: the model ---- */

/* What was drawn, and behind it what is numbered. */
extern drawn program_known[N_KNOWN];
extern naive_heap program_heap;

/* Forgets what the program before drew, and its verdicts. */
void program_begin(void);
/* Fills in the verdict of each row. */
void program_expect(program *at, size_t source, mdm_direction direction);
size_t program_expected_rows(const program *at, mdm_verdict verdict, uint32_t *rows, uint8_t *bits);

/* ---- program_refuse.c: a lack of memory ---- */

/* The next call is refused memory. */
void program_refuse(program *at);
/* The status of a call; what is refused memory leaves no trace, and is called again. */
#define TRIED(at, call)                                                      \
    (program_arm(at), program_failed((at), (call)) ? (call) : (at)->status)
void program_arm(program *at);
bool program_failed(program *at, mdm_status status);

/* ---- program_change.c ---- */

size_t program_pick(program *at);
uint32_t program_pick_row(program *at);
bool program_is_used(const program *at, uint32_t row);
/* Adds a device that is known. */
void program_hold(program *at, size_t number);

void program_draw(program *at);
void program_add(program *at);
void program_replace(program *at);
void program_remove(program *at);
void program_remove_many(program *at);
void program_damage(program *at);
void program_lay_out(program *at);
void program_read(program *at);
void program_spread(program *at);

/* ---- program_beside.c ---- */

/* Changes while threads ask. */
void program_beside(program *at);

/* ---- program_ask.c ---- */

unsigned program_threads(program *at);

void program_ask(program *at);
void program_ask_again(program *at);
void program_join_lines(program *at);
void program_join_rows(program *at);
void program_join_classes(program *at);

#endif
