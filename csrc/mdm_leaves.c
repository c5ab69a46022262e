/*
 * Rows in leaves: found by bisection, moved to a neighbour where a leaf is full, and spread evenly
 * where the neighbours are full too.
 */
#include "mdm_leaves.h"

#include <string.h>

/* Leaves on either side that are asked for room before all are spread. */
#define NEAR 4
/* Of the cells, one in so many is kept free where rows come anywhere. */
#define FREE_SHARE 8
/* No row has this number: a leaf behind all rows begins with it. */
#define BEHIND UINT32_MAX

static bool is_cut(const mdm_class *class)
{
    return class->capacity > MDM_LEAF;
}

static uint32_t *leaf_at(const mdm_class *class, size_t leaf)
{
    return class->rows.many + leaf * MDM_LEAF;
}

/* The rows that a leaf has room for; the last may be short. */
static size_t leaf_room(const mdm_class *class, size_t leaf)
{
    const size_t left = class->capacity - leaf * MDM_LEAF;
    return (left < MDM_LEAF ? left : MDM_LEAF) - 1;
}

static bool is_full(const mdm_class *class, size_t leaf)
{
    return leaf_at(class, leaf)[0] == leaf_room(class, leaf);
}

/* The first place whose row is not below this one. */
static size_t find_place(const uint32_t *rows, size_t n, uint32_t row)
{
    size_t low = 0;
    size_t high = n;
    if (n == 0 || rows[n - 1] < row) {
        return n;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (rows[middle] < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The last leaf that does not begin above a row. One that is empty begins where it did. */
static size_t find_leaf(const mdm_class *class, uint32_t row)
{
    size_t low = 0;
    size_t high = mdm_leaves_count(class);
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (leaf_at(class, middle)[1] <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static void put(uint32_t *rows, size_t n, uint32_t row)
{
    const size_t place = find_place(rows, n, row);
    memmove(rows + place + 1, rows + place, (n - place) * sizeof *rows);
    rows[place] = row;
}

static void take(uint32_t *rows, size_t n, uint32_t row)
{
    const size_t place = find_place(rows, n, row);
    memmove(rows + place, rows + place + 1, (n - place - 1) * sizeof *rows);
}

/* ---- All leaves ---- */

/* One run becomes leaves of so many rows each, from the last on, as they move up. */
static void lay(mdm_class *class, size_t a_leaf)
{
    uint32_t *rows = class->rows.many;
    const size_t n = class->n_rows;
    for (size_t leaf = mdm_leaves_count(class); leaf-- > 0;) {
        uint32_t *at = leaf_at(class, leaf);
        const size_t begin = leaf * a_leaf < n ? leaf * a_leaf : n;
        const size_t here = n - begin < a_leaf ? n - begin : a_leaf;
        memmove(at + 1, rows + begin, here * sizeof *rows);
        at[0] = (uint32_t)here;
        if (here == 0) {
            at[1] = BEHIND;
        }
    }
}

/* The other way. */
static void join(mdm_class *class)
{
    size_t n = 0;
    for (size_t leaf = 0; leaf < mdm_leaves_count(class); leaf++) {
        const uint32_t *at = leaf_at(class, leaf);
        const size_t here = at[0];
        memmove(class->rows.many + n, at + 1, here * sizeof *at);
        n += here;
    }
}

static void spread(mdm_class *class)
{
    const size_t n_leaves = mdm_leaves_count(class);
    const size_t here = class->n_rows / n_leaves + (class->n_rows % n_leaves != 0 ? 1 : 0);
    join(class);
    lay(class, here);
}

void mdm_leaves_open(mdm_class *class)
{
    if (is_cut(class)) {
        join(class);
    }
}

void mdm_leaves_clear(mdm_class *class)
{
    class->n_rows = 0;
}

void mdm_leaves_close(mdm_class *class)
{
    if (is_cut(class)) {
        lay(class, MDM_LEAF_ROWS);
    }
}

/* ---- Room ---- */

/* The cells that so many rows need; the last leaf of some has a row at least. */
static size_t cells_for(size_t n_rows)
{
    const size_t rest = n_rows % MDM_LEAF_ROWS;
    if (n_rows <= MDM_LEAF) {
        return n_rows;
    }
    return n_rows / MDM_LEAF_ROWS * MDM_LEAF + (rest == 0 ? 0 : rest + 1);
}

static size_t room(size_t capacity)
{
    if (capacity <= MDM_LEAF) {
        return capacity == 0 ? 1 : capacity;
    }
    return capacity - (capacity + MDM_LEAF - 1) / MDM_LEAF;
}

/* Where rows come anywhere, leaves are whole, and a part of each is free. */
static size_t grown_cells(size_t capacity, size_t n_rows)
{
    const size_t cells = capacity + capacity / 2 < n_rows ? n_rows : capacity + capacity / 2;
    const size_t whole = (capacity + MDM_LEAF - 1) / MDM_LEAF * MDM_LEAF;
    const size_t needed = (n_rows + n_rows / 4 + MDM_LEAF_ROWS) / MDM_LEAF_ROWS * MDM_LEAF;
    if (cells <= MDM_LEAF) {
        return cells;
    }
    return needed < whole ? whole : needed;
}

static mdm_status resize(const mdm_allocator *memory, mdm_class *class, size_t capacity)
{
    const uint32_t one = class->rows.one;
    uint32_t *many = capacity >= MDM_FREE_CLASS
                         ? NULL
                         : mdm_resize(memory, class->capacity == 0 ? NULL : class->rows.many,
                                      class->capacity, capacity, sizeof *many);
    if (many == NULL) {
        return capacity >= MDM_FREE_CLASS ? MDM_TOO_MANY : MDM_NO_MEMORY;
    }
    if (class->capacity == 0 && class->n_rows == 1) {
        many[0] = one;
    }
    class->rows.many = many;
    class->capacity = (uint32_t)capacity;
    return MDM_OK;
}

mdm_status mdm_leaves_reserve(const mdm_allocator *memory, mdm_class *class, size_t n_rows,
                              bool is_packed)
{
    const bool was_cut = is_cut(class);
    const size_t before = class->capacity;
    const size_t n_before = mdm_leaves_count(class);
    size_t fits = room(before);
    mdm_status status = MDM_OK;
    if (was_cut && !is_packed) {
        fits = before % MDM_LEAF == 0 ? fits - fits / FREE_SHARE : 0;
    }
    if (n_rows > fits) {
        status = resize(memory, class, is_packed ? cells_for(n_rows) : grown_cells(before, n_rows));
    }
    if (status != MDM_OK || !is_cut(class)) {
        return status;
    }
    for (size_t leaf = n_before; was_cut && leaf < mdm_leaves_count(class); leaf++) {
        leaf_at(class, leaf)[0] = 0;
        leaf_at(class, leaf)[1] = BEHIND;
    }
    if (was_cut && is_packed) {
        join(class);
    }
    if (!was_cut || is_packed) {
        lay(class, MDM_LEAF_ROWS);
    }
    return MDM_OK;
}

static void make_inline(const mdm_allocator *memory, mdm_class *class)
{
    const uint32_t row = class->rows.many[0];
    mdm_resize(memory, class->rows.many, class->capacity, 0, sizeof row);
    class->capacity = 0;
    class->rows.one = row;
}

void mdm_leaves_shrink(const mdm_allocator *memory, mdm_class *class)
{
    const size_t half = class->capacity / 2;
    if (class->capacity == 0 || class->n_rows > class->capacity / 4 || class->n_rows == 0) {
        return;
    }
    if (is_cut(class)) {
        join(class);
    }
    if (class->n_rows == 1) {
        make_inline(memory, class);
        return;
    }
    (void)resize(memory, class, half <= MDM_LEAF ? half : half / MDM_LEAF * MDM_LEAF);
    if (is_cut(class)) {
        lay(class, MDM_LEAF_ROWS);
    }
}

/* ---- One row ---- */

/* A leaf that is not full, at most so many away; that of `leaf` itself where there is none. */
static size_t find_room(const mdm_class *class, size_t leaf, size_t most)
{
    const size_t n = mdm_leaves_count(class);
    for (size_t away = 1; away <= most && (away <= leaf || leaf + away < n); away++) {
        if (leaf + away < n && !is_full(class, leaf + away)) {
            return leaf + away;
        }
        if (away <= leaf && !is_full(class, leaf - away)) {
            return leaf - away;
        }
    }
    return leaf;
}

/* The last row of a leaf becomes the first of the next, or the other way. */
static void pass_up(const mdm_class *class, size_t leaf)
{
    uint32_t *from = leaf_at(class, leaf);
    uint32_t *to = leaf_at(class, leaf + 1);
    memmove(to + 2, to + 1, to[0] * sizeof *to);
    to[1] = from[from[0]--];
    to[0]++;
}

static void pass_down(const mdm_class *class, size_t leaf)
{
    uint32_t *from = leaf_at(class, leaf);
    uint32_t *to = leaf_at(class, leaf - 1);
    to[1 + to[0]++] = from[1];
    from[0]--;
    memmove(from + 1, from + 2, from[0] * sizeof *from);
}

/* Of a leaf that is full: the one that has room for the row now. */
static size_t make_room(mdm_class *class, size_t leaf, uint32_t row)
{
    size_t near = find_room(class, leaf, NEAR);
    if (near == leaf) {
        /* Who reserved has left some room in each leaf. */
        spread(class);
        return find_leaf(class, row);
    }
    for (; near < leaf; near++) {
        pass_down(class, near + 1);
    }
    for (; near > leaf + 1; near--) {
        pass_up(class, near - 1);
    }
    if (near == leaf + 1) {
        const uint32_t *at = leaf_at(class, leaf);
        if (at[at[0]] < row) {
            return near;
        }
        pass_up(class, leaf);
    }
    return leaf;
}

void mdm_leaves_insert(mdm_class *class, uint32_t row)
{
    size_t leaf = 0;
    if (class->capacity == 0) {
        class->rows.one = row;
    } else if (!is_cut(class)) {
        put(class->rows.many, class->n_rows, row);
    } else {
        leaf = find_leaf(class, row);
        leaf = is_full(class, leaf) ? make_room(class, leaf, row) : leaf;
        put(leaf_at(class, leaf) + 1, leaf_at(class, leaf)[0]++, row);
    }
    class->n_rows++;
}

void mdm_leaves_remove(mdm_class *class, uint32_t row)
{
    if (is_cut(class)) {
        uint32_t *leaf = leaf_at(class, find_leaf(class, row));
        take(leaf + 1, leaf[0]--, row);
    } else if (class->capacity > 0) {
        take(class->rows.many, class->n_rows, row);
    }
    class->n_rows--;
}
