/*
 * Classes: rows with equal descriptions. Found by a hash of their codes; each knows its rows,
 * and each row its place among them, so that a row leaves without a search.
 */
#include <string.h>

#include "mdm_fleet.h"

static uint32_t hash_codes(const uint32_t *codes, size_t n)
{
    return (uint32_t)mdm_hash((const char *)codes, n * sizeof *codes);
}

static bool has_codes(const mdm_class_table *classes, uint32_t class, const uint32_t *codes)
{
    for (size_t i = 0; i < classes->n_columns; i++) {
        if (classes->columns[i].at[class] != codes[i]) {
            return false;
        }
    }
    return true;
}

static uint32_t find(const mdm_class_table *classes, const uint32_t *codes, uint32_t hash)
{
    const size_t mask = classes->n_slots - 1;
    size_t slot = hash & mask;
    if (classes->n_slots == 0) {
        return 0;
    }
    for (; classes->slots[slot] != 0; slot = (slot + 1) & mask) {
        const uint32_t class = classes->slots[slot];
        if (classes->hashes.at[class] == hash && has_codes(classes, class, codes)) {
            return class;
        }
    }
    return 0;
}

static void put(mdm_class_table *classes, uint32_t *slots, size_t n_slots, uint32_t class)
{
    size_t slot = classes->hashes.at[class] & (n_slots - 1);
    while (slots[slot] != 0) {
        slot = (slot + 1) & (n_slots - 1);
    }
    slots[slot] = class;
}

static bool widen(mdm_fleet *fleet)
{
    mdm_class_table *classes = &fleet->classes;
    const size_t n_slots = classes->n_slots == 0 ? 16 : classes->n_slots * 2;
    uint32_t *slots = NULL;
    if (classes->n_used + classes->n_used / 2 < classes->n_slots) {
        return true;
    }
    slots = mdm_resize(&fleet->memory, NULL, 0, n_slots, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0, n_slots * sizeof *slots);
    for (size_t i = 0; i < classes->n_slots; i++) {
        if (classes->slots[i] != 0) {
            put(classes, slots, n_slots, classes->slots[i]);
        }
    }
    mdm_resize(&fleet->memory, classes->slots, classes->n_slots, 0, sizeof *slots);
    classes->slots = slots;
    classes->n_slots = n_slots;
    return true;
}

/* Room for one more class; the same for all arrays that classes index. */
static mdm_status reserve_class(mdm_fleet *fleet)
{
    mdm_class_table *classes = &fleet->classes;
    bool is_done = MDM_RESERVE(&fleet->memory, classes, classes->n, 1) &&
                   MDM_RESERVE(&fleet->memory, &classes->hashes, classes->n, 1);
    if (classes->n >= UINT32_MAX / 2) {
        return MDM_TOO_MANY;
    }
    for (size_t i = 0; i < classes->n_columns && is_done; i++) {
        is_done = MDM_RESERVE(&fleet->memory, &classes->columns[i], classes->n, 1);
    }
    return is_done ? MDM_OK : MDM_NO_MEMORY;
}

mdm_status mdm_class_intern(mdm_fleet *fleet, const uint32_t *codes, uint32_t *class)
{
    mdm_class_table *classes = &fleet->classes;
    const uint32_t hash = hash_codes(codes, classes->n_columns);
    mdm_status status = MDM_OK;
    *class = find(classes, codes, hash);
    if (*class != 0) {
        return MDM_OK;
    }
    status = widen(fleet) ? MDM_OK : MDM_NO_MEMORY;
    if (status == MDM_OK && classes->free == 0) {
        status = reserve_class(fleet);
    }
    if (status != MDM_OK) {
        return status;
    }
    if (classes->free != 0) {
        *class = classes->free;
        classes->free = classes->at[*class].rows.one;
    } else {
        *class = (uint32_t)classes->n++;
    }
    classes->at[*class] = (mdm_class){0, 0, {0}};
    classes->hashes.at[*class] = hash;
    for (size_t i = 0; i < classes->n_columns; i++) {
        classes->columns[i].at[*class] = codes[i];
    }
    put(classes, classes->slots, classes->n_slots, *class);
    classes->n_used++;
    return MDM_OK;
}

void mdm_class_expect(const mdm_fleet *fleet, const uint32_t *codes)
{
    const mdm_class_table *classes = &fleet->classes;
    if (classes->n_slots > 0) {
        const uint32_t hash = hash_codes(codes, classes->n_columns);
        __builtin_prefetch(&classes->slots[hash & (classes->n_slots - 1)]);
    }
}

/* Linear probing without tombstones: what follows the hole moves up where its chain began at or
   before the hole (Knuth, TAOCP 6.4, algorithm R). */
static void take_out(mdm_class_table *classes, uint32_t class)
{
    const size_t mask = classes->n_slots - 1;
    size_t hole = classes->hashes.at[class] & mask;
    while (classes->slots[hole] != class) {
        hole = (hole + 1) & mask;
    }
    for (size_t slot = (hole + 1) & mask; classes->slots[slot] != 0; slot = (slot + 1) & mask) {
        const size_t home = classes->hashes.at[classes->slots[slot]] & mask;
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
            classes->slots[hole] = classes->slots[slot];
            hole = slot;
        }
    }
    classes->slots[hole] = 0;
    classes->n_used--;
}

void mdm_class_drop_empty(mdm_fleet *fleet, uint32_t class)
{
    mdm_class_table *classes = &fleet->classes;
    mdm_class *at = &classes->at[class];
    if (at->n_rows > 0 || at->capacity == MDM_FREE_CLASS) {
        return;
    }
    if (at->capacity > 0) {
        mdm_resize(&fleet->memory, at->rows.many, at->capacity, 0, sizeof *at->rows.many);
    }
    take_out(classes, class);
    *at = (mdm_class){0, MDM_FREE_CLASS, {classes->free}};
    classes->free = class;
}

/* ---- The rows of a class ---- */

const uint32_t *mdm_class_rows(const mdm_class *class)
{
    return class->capacity == 0 ? &class->rows.one : class->rows.many;
}

mdm_status mdm_class_reserve(mdm_fleet *fleet, uint32_t class, size_t more, bool is_exact)
{
    mdm_class *at = &fleet->classes.at[class];
    const size_t needed = at->n_rows + more;
    size_t capacity = at->capacity;
    uint32_t *many = NULL;
    if (needed <= (capacity == 0 ? 1 : capacity)) {
        return MDM_OK;
    }
    if (needed >= MDM_FREE_CLASS) {
        return MDM_TOO_MANY;
    }
    capacity = is_exact || capacity + capacity / 2 < needed ? needed : capacity + capacity / 2;
    if (at->capacity == 0) {
        many = mdm_resize(&fleet->memory, NULL, 0, capacity, sizeof *many);
        if (many != NULL && at->n_rows == 1) {
            many[0] = at->rows.one;
        }
    } else {
        many = mdm_resize(&fleet->memory, at->rows.many, at->capacity, capacity, sizeof *many);
    }
    if (many == NULL) {
        return MDM_NO_MEMORY;
    }
    at->rows.many = many;
    at->capacity = (uint32_t)capacity;
    return MDM_OK;
}

static void note_live(mdm_fleet *fleet, uint32_t class, bool is_live)
{
    const uint32_t list = fleet->classes.columns[fleet->classes.n_columns - 1].at[class];
    if (is_live) {
        fleet->classes.n_live++;
    } else {
        fleet->classes.n_live--;
    }
    if (list != 0) {
        fleet->lists.at[list - 1].n_classes += is_live ? 1U : UINT32_MAX;
    }
}

void mdm_class_push(mdm_fleet *fleet, uint32_t class, uint32_t row)
{
    mdm_class *at = &fleet->classes.at[class];
    if (at->n_rows == 0) {
        note_live(fleet, class, true);
    }
    if (at->capacity == 0) {
        at->rows.one = row;
    } else {
        at->rows.many[at->n_rows] = row;
    }
    fleet->rows.class_of.at[row] = class;
    fleet->rows.place.at[row] = at->n_rows++;
}

/* Gives memory back where three quarters of it lie idle; a wish, like MDM_TRIM. */
static void shrink(mdm_fleet *fleet, mdm_class *at)
{
    uint32_t *many = at->rows.many;
    const uint32_t capacity = at->capacity / 2;
    if (at->capacity == 0 || at->n_rows > at->capacity / 4) {
        return;
    }
    if (at->n_rows == 1) {
        const uint32_t row = many[0];
        mdm_resize(&fleet->memory, many, at->capacity, 0, sizeof *many);
        at->capacity = 0;
        at->rows.one = row;
        return;
    }
    many = at->n_rows == 0 ? NULL
                           : mdm_resize(&fleet->memory, many, at->capacity, capacity, sizeof *many);
    if (many != NULL) {
        at->rows.many = many;
        at->capacity = capacity;
    }
}

void mdm_class_pull(mdm_fleet *fleet, uint32_t class, uint32_t row)
{
    mdm_class *at = &fleet->classes.at[class];
    const uint32_t place = fleet->rows.place.at[row];
    at->n_rows--;
    if (at->capacity > 0) {
        const uint32_t last = at->rows.many[at->n_rows];
        at->rows.many[place] = last;
        fleet->rows.place.at[last] = place;
        shrink(fleet, at);
    }
    if (at->n_rows == 0) {
        note_live(fleet, class, false);
        mdm_class_drop_empty(fleet, class);
    }
}
