/*
 * Classes found by a hash of their codes, or made; in a flat table always made.
 */
#include <string.h>

#include "mdm_fleet.h"

static uint32_t hash_codes(const uint32_t *codes, size_t n)
{
    return (uint32_t)mdm_hash((const char *)codes, n * sizeof *codes);
}

static bool has_codes(const mdm_class_table *classes, uint32_t class, const uint32_t *codes)
{
    for (size_t i = 0; i < classes->columns.n_columns; i++) {
        if (mdm_code(&classes->columns, i, class) != codes[i]) {
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

static bool widen_slots(mdm_fleet *fleet)
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
    mdm_resize(&fleet->memory, classes->slots, classes->n_slots, 0, sizeof *classes->slots);
    classes->slots = slots;
    classes->n_slots = n_slots;
    return true;
}

/* ---- Room ---- */

static bool reserve_live(mdm_fleet *fleet, size_t n)
{
    mdm_words *live = &fleet->classes.live;
    const size_t before = live->capacity;
    const size_t needed = (n + MDM_PAGE - 1) / MDM_PAGE * MDM_PAGE_WORDS;
    if (needed <= before) {
        return true;
    }
    if (!MDM_FIT(&fleet->memory, live, needed + before / 8 / MDM_PAGE_WORDS * MDM_PAGE_WORDS)) {
        return false;
    }
    memset(live->at + before, 0, (live->capacity - before) * sizeof *live->at);
    return true;
}

/* Room for more classes, in all that classes index. */
mdm_status mdm_classes_reserve(mdm_fleet *fleet, size_t more)
{
    mdm_class_table *classes = &fleet->classes;
    const size_t n = classes->n;
    bool is_done = false;
    if (more > UINT32_MAX / 2 - n) {
        return MDM_TOO_MANY;
    }
    is_done = mdm_columns_reserve(&fleet->memory, &classes->columns, n + more) &&
              reserve_live(fleet, n + more) &&
              (n + more - 1 <= UINT16_MAX || mdm_row_classes_widen(fleet));
    if (classes->is_flat) {
        is_done = is_done && MDM_RESERVE(&fleet->memory, &classes->row_of, n, more) &&
                  mdm_zones_reserve(&fleet->memory, &classes->zones, classes->columns.n_pages);
    } else {
        is_done = is_done && MDM_RESERVE(&fleet->memory, classes, n, more) &&
                  MDM_RESERVE(&fleet->memory, &classes->hashes, n, more);
    }
    return is_done ? MDM_OK : MDM_NO_MEMORY;
}

/* A free class for these codes; 0: none. To a flat table a reader appends, so that what it has made
   can be cut off. */
static uint32_t find_free(mdm_fleet *fleet, const uint32_t *codes)
{
    mdm_class_table *classes = &fleet->classes;
    if (!classes->is_flat) {
        return classes->free;
    }
    return fleet->read_from == NULL ? mdm_free_first(classes, mdm_run_of(&classes->zones, codes))
                                    : 0;
}

static mdm_status reserve(mdm_fleet *fleet, const uint32_t *codes)
{
    mdm_class_table *classes = &fleet->classes;
    bool is_done = classes->is_flat || widen_slots(fleet);
    for (size_t i = 0; i < classes->columns.n_columns && is_done; i++) {
        is_done = mdm_columns_widen(&fleet->memory, &classes->columns, i, codes[i]);
    }
    if (!is_done) {
        return MDM_NO_MEMORY;
    }
    return find_free(fleet, codes) != 0 ? MDM_OK : mdm_classes_reserve(fleet, 1);
}

/* ---- In and out ---- */

static uint32_t take_free(mdm_fleet *fleet, const uint32_t *codes)
{
    mdm_class_table *classes = &fleet->classes;
    const uint32_t class = find_free(fleet, codes);
    if (classes->is_flat) {
        const uint32_t run = mdm_run_of(&classes->zones, codes);
        classes->n_unsorted += class == 0 || run == MDM_NO_RUN;
        return class == 0 ? (uint32_t)classes->n++ : mdm_free_take(classes, run);
    }
    if (class == 0) {
        return (uint32_t)classes->n++;
    }
    classes->free = classes->at[class].rows.one;
    return class;
}

mdm_status mdm_class_intern(mdm_fleet *fleet, const uint32_t *codes, uint32_t *class)
{
    mdm_class_table *classes = &fleet->classes;
    uint32_t hash = 0;
    mdm_status status = MDM_OK;
    if (!classes->is_flat) {
        hash = hash_codes(codes, classes->columns.n_columns);
        *class = find(classes, codes, hash);
        if (*class != 0) {
            return MDM_OK;
        }
    }
    status = reserve(fleet, codes);
    if (status != MDM_OK) {
        return status;
    }
    *class = take_free(fleet, codes);
    for (size_t i = 0; i < classes->columns.n_columns; i++) {
        mdm_code_set(&classes->columns, i, *class, codes[i]);
    }
    if (classes->is_flat) {
        classes->row_of.at[*class] = MDM_NONE;
        for (size_t k = 0; k < classes->zones.n_keys; k++) {
            mdm_zones_note(&classes->zones, *class, k, codes[classes->zones.columns[k]]);
        }
        return MDM_OK;
    }
    classes->at[*class] = (mdm_class){0, 0, {0}};
    classes->hashes.at[*class] = hash;
    put(classes, classes->slots, classes->n_slots, *class);
    classes->n_used++;
    return MDM_OK;
}

void mdm_class_expect(const mdm_fleet *fleet, const uint32_t *codes)
{
    const mdm_class_table *classes = &fleet->classes;
    if (!classes->is_flat && classes->n_slots > 0) {
        const uint32_t hash = hash_codes(codes, classes->columns.n_columns);
        __builtin_prefetch(&classes->slots[hash & (classes->n_slots - 1)]);
    }
}

mdm_status mdm_class_twin(mdm_fleet *fleet, uint32_t *class)
{
    if (!fleet->classes.is_flat) {
        return MDM_OK;
    }
    uint32_t codes[MDM_MAX_ATTRIBUTES + 1] = {0};
    for (size_t i = 0; i < fleet->classes.columns.n_columns; i++) {
        codes[i] = mdm_code(&fleet->classes.columns, i, *class);
    }
    return mdm_class_intern(fleet, codes, class);
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

/* A code that no dictionary has any more must not meet a question. */
static void clear_codes(mdm_class_table *classes, size_t class)
{
    for (size_t i = 0; i < classes->columns.n_columns; i++) {
        mdm_code_set(&classes->columns, i, class, 0);
    }
}

void mdm_class_drop_empty(mdm_fleet *fleet, uint32_t class)
{
    mdm_class_table *classes = &fleet->classes;
    if (mdm_class_is_live(fleet, class)) {
        return;
    }
    if (classes->is_flat) {
        mdm_free_give(classes, class);
    } else {
        mdm_class *at = &classes->at[class];
        if (at->capacity == MDM_FREE_CLASS) {
            return;
        }
        if (at->capacity > 0) {
            mdm_resize(&fleet->memory, at->rows.many, at->capacity, 0, sizeof *at->rows.many);
        }
        take_out(classes, class);
        *at = (mdm_class){0, MDM_FREE_CLASS, {classes->free}};
        classes->free = class;
    }
    clear_codes(classes, class);
}

void mdm_class_clear_free(mdm_fleet *fleet)
{
    mdm_class_table *classes = &fleet->classes;
    for (uint32_t class = classes->free; class != 0 && classes->is_flat;
         class = classes->row_of.at[class]) {
        clear_codes(classes, class);
    }
}

void mdm_class_cut(mdm_fleet *fleet, size_t n)
{
    if (fleet->classes.n > n) {
        mdm_codes_clear(&fleet->classes.columns, n, fleet->classes.n);
        fleet->classes.n = n;
    }
}
