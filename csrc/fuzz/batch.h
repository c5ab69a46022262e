/*
 * Record batches drawn from bytes, and their cells by a naive reader of the Arrow C data interface.
 *
 * Buffers are as long as they have to be, which nothing could check; all that is in them is drawn.
 */
#ifndef BATCH_H
#define BATCH_H

#include "mdm_arrow.h"
#include "naive.h"

#define MOST_COLUMNS 6
#define MOST_ROWS 12
#define MOST_CELLS 40

typedef struct column {
    struct ArrowSchema schema;
    struct ArrowArray array;
    const void *buffers[5];
} column;

typedef struct batch {
    struct ArrowSchema schema;
    struct ArrowArray array;
    const void *buffers[1];
    struct ArrowSchema *schemas[MOST_COLUMNS];
    struct ArrowArray *arrays[MOST_COLUMNS];
    struct ArrowSchema *inner_schemas[MOST_COLUMNS];
    struct ArrowArray *inner_arrays[MOST_COLUMNS];
    column columns[MOST_COLUMNS];
    column inner[MOST_COLUMNS]; /* of a dictionary or list */
    char *blocks[10 * MOST_COLUMNS];
    size_t n_blocks;
    int n_released;
} batch;

void draw_batch(law_bytes *bytes, batch *to);
void batch_free(batch *to);

/* ---- batch_cell.c ---- */

typedef enum cell_state { CELL_NULL, CELL_TEXT, CELL_BAD } cell_state;

typedef struct cell {
    cell_state state;
    naive_text text;
    char written[1024];
} cell;

/* Whether a column can be read at all: its form, apart from what is in it. */
bool column_is_sound(const batch *of, size_t i, mdm_kind kind);
void column_cell(const batch *of, size_t i, size_t row, cell *to);

#endif
