/*
 * The order of a flat table: devices with equal codes in the columns that prune lie together, so
 * that a question passes over whole blocks of them. A zone says which codes a block can have.
 * Changes widen zones and never narrow them, so that they stay true in any order. What changes goes
 * to a free class among its own, or to the end; when too many are there, the order is made anew.
 */
#include <string.h>

#include "mdm_fleet.h"

/* Fewer devices are scanned faster than they are told apart. */
#define LEAST_DEVICES ((size_t)1 << 15)
/* Devices that are equal in all keys, on average; with fewer, blocks would have several codes. */
#define LEAST_RUN 64
/* Of the devices, one in so many may stand behind the order, where a question passes over none. */
#define UNSORTED_SHARE 4

/* ---- Zones ---- */

static void widen_zone(mdm_zone *zone, uint32_t code)
{
    zone->low = code < zone->low ? code : zone->low;
    zone->high = code > zone->high ? code : zone->high;
}

void mdm_zones_note(mdm_zones *zones, size_t class, size_t key, uint32_t code)
{
    const size_t page = class / MDM_PAGE;
    widen_zone(mdm_zone_of_page(zones, page, key), code);
    widen_zone(&mdm_zones_of_blocks(zones, page, key)[class % MDM_PAGE / 64], code);
}

void mdm_zones_note_run(mdm_zones *zones, size_t class, size_t key, const uint32_t *codes, size_t n)
{
    for (size_t i = 0; i < n;) {
        const size_t room = 64 - (class + i) % 64;
        const size_t end = n - i < room ? n : i + room;
        mdm_zone zone = {UINT32_MAX, 0};
        const size_t first = class + i;
        for (; i < end; i++) {
            widen_zone(&zone, codes[i]);
        }
        mdm_zones_note(zones, first, key, zone.low);
        mdm_zones_note(zones, first, key, zone.high);
    }
}

static bool reserve(const mdm_allocator *memory, mdm_zone_list *zones, size_t n)
{
    const size_t before = zones->capacity;
    if (n <= before) {
        return true;
    }
    if (!MDM_FIT(memory, zones, n + n / 8)) {
        return false;
    }
    for (size_t i = before; i < zones->capacity; i++) {
        zones->at[i] = (mdm_zone){UINT32_MAX, 0};
    }
    return true;
}

bool mdm_zones_reserve(const mdm_allocator *memory, mdm_zones *zones, size_t n_pages)
{
    return reserve(memory, &zones->pages, n_pages * zones->n_keys) &&
           reserve(memory, &zones->blocks, n_pages * zones->n_keys * MDM_PAGE_WORDS);
}

void mdm_zones_free(const mdm_allocator *memory, mdm_zones *zones)
{
    MDM_TRIM(memory, &zones->pages, 0);
    MDM_TRIM(memory, &zones->blocks, 0);
    MDM_TRIM(memory, &zones->free, 0);
    *zones = (mdm_zones){.n_keys = 0};
}

static void replace_zones(mdm_fleet *fleet, const mdm_zones *zones)
{
    mdm_zones_free(&fleet->memory, &fleet->classes.zones);
    fleet->classes.zones = *zones;
}

static bool reserve_zones(const mdm_fleet *fleet, mdm_zones *zones, size_t n_runs)
{
    if (!mdm_zones_reserve(&fleet->memory, zones, fleet->classes.columns.n_pages) ||
        !MDM_FIT(&fleet->memory, &zones->free, zones->n_keys == 0 ? 0 : n_runs)) {
        return false;
    }
    for (size_t run = 0; run < zones->free.capacity; run++) {
        zones->free.at[run] = 0;
    }
    return true;
}

/* ---- Keys ---- */

/* The first columns, in the order of the scheme, that leave enough devices in a run. */
static size_t choose_keys(const mdm_fleet *fleet, mdm_zones *zones)
{
    const size_t most = fleet->classes.n_live / LEAST_RUN;
    size_t n_runs = 1;
    for (size_t a = 0; a < fleet->scheme.n_attributes && zones->n_keys < MDM_MAX_KEYS; a++) {
        const size_t n_codes = fleet->dictionaries[a].texts.n + 1;
        if (n_codes > 2 && n_codes <= most / n_runs) {
            n_runs *= n_codes;
            zones->n_codes[zones->n_keys] = (uint32_t)n_codes;
            zones->columns[zones->n_keys++] = a;
        }
    }
    return n_runs;
}

/* The number of each class's run: its codes in the keys, as digits; 0 is nobody's. */
static void find_runs(const mdm_fleet *fleet, const mdm_zones *zones, uint32_t *runs)
{
    const size_t n = fleet->classes.n;
    uint32_t codes[MDM_PAGE];
    memset(runs, 0, n * sizeof *runs);
    for (size_t first = 0; first < n; first += MDM_PAGE) {
        const size_t n_here = n - first < MDM_PAGE ? n - first : MDM_PAGE;
        for (size_t k = 0; k < zones->n_keys; k++) {
            const size_t column = zones->columns[k];
            mdm_codes_read(&fleet->classes.columns, column, first, n_here, codes);
            for (size_t i = 0; i < n_here; i++) {
                runs[first + i] = runs[first + i] * zones->n_codes[k] + codes[i];
            }
        }
    }
}

/* ---- Moving ---- */

/* Where each class goes: by run, then as before. 0: nowhere, it is not live. */
static bool find_places(const mdm_fleet *fleet, const mdm_zones *zones, size_t n_runs,
                        uint32_t *place)
{
    const size_t n = fleet->classes.n;
    uint32_t *next = mdm_resize(&fleet->memory, NULL, 0, n_runs + 1, sizeof *next);
    if (next == NULL) {
        return false;
    }
    find_runs(fleet, zones, place);
    memset(next, 0, (n_runs + 1) * sizeof *next);
    for (size_t class = 1; class < n; class++) {
        next[place[class] + 1] += mdm_class_is_live(fleet, class);
    }
    next[0] = 1;
    for (size_t run = 1; run < n_runs; run++) {
        next[run] += next[run - 1];
    }
    for (size_t class = 0; class < n; class++) {
        const bool is_live = class > 0 && mdm_class_is_live(fleet, class);
        place[class] = is_live ? next[place[class]]++ : 0;
    }
    mdm_resize(&fleet->memory, next, n_runs + 1, 0, sizeof *next);
    return true;
}

/* Classes that go nowhere all write to place 0, which is then made nobody's again. */
static void move_column(mdm_columns *columns, size_t column, size_t n, const uint32_t *place,
                        uint32_t *moved)
{
    uint32_t codes[MDM_PAGE];
    for (size_t first = 0; first < n && columns->at[column].n_bytes > 0; first += MDM_PAGE) {
        const size_t n_here = n - first < MDM_PAGE ? n - first : MDM_PAGE;
        mdm_codes_read(columns, column, first, n_here, codes);
        for (size_t i = 0; i < n_here; i++) {
            moved[place[first + i]] = codes[i];
        }
    }
    moved[0] = 0;
    for (size_t first = 0; first < n && columns->at[column].n_bytes > 0; first += MDM_PAGE) {
        const size_t n_here = n - first < MDM_PAGE ? n - first : MDM_PAGE;
        mdm_codes_write(columns, column, first, n_here, moved + first);
    }
}

static void move_rows(mdm_fleet *fleet, const uint32_t *place, uint32_t *moved)
{
    mdm_class_table *classes = &fleet->classes;
    for (size_t class = 1; class < classes->n; class++) {
        if (place[class] != 0) {
            const uint32_t row = classes->row_of.at[class];
            moved[place[class]] = row;
            mdm_row_class_set(fleet, row, place[class]);
        }
    }
    memset(classes->live.at, 0, classes->live.capacity * sizeof *classes->live.at);
    for (size_t class = 1; class <= classes->n_live; class++) {
        classes->row_of.at[class] = moved[class];
        classes->live.at[class / 64] |= (uint64_t)1 << class % 64;
    }
    classes->free = 0;
}

static void note_all(mdm_class_table *classes)
{
    mdm_zones *zones = &classes->zones;
    uint32_t codes[MDM_PAGE];
    for (size_t first = 0; first < classes->n; first += MDM_PAGE) {
        const size_t n = classes->n - first < MDM_PAGE ? classes->n - first : MDM_PAGE;
        const size_t skipped = first == 0 ? 1 : 0; /* class 0, that of nobody */
        for (size_t k = 0; k < zones->n_keys; k++) {
            mdm_codes_read(&classes->columns, zones->columns[k], first, n, codes);
            mdm_zones_note_run(zones, first + skipped, k, codes + skipped, n - skipped);
        }
    }
}

/* A wish: where memory ends, the order stays. */
static void sort(mdm_fleet *fleet)
{
    mdm_class_table *classes = &fleet->classes;
    const size_t n = classes->n;
    mdm_zones zones = {.n_keys = 0};
    size_t n_runs = 0;
    uint32_t *place = mdm_resize(&fleet->memory, NULL, 0, 2 * n, sizeof *place);
    if (mdm_dictionaries_renumber(fleet)) {
        mdm_free_forget_runs(classes);
        mdm_zones_free(&fleet->memory, &classes->zones);
    }
    n_runs = choose_keys(fleet, &zones);
    if (place != NULL && reserve_zones(fleet, &zones, n_runs) &&
        find_places(fleet, &zones, n_runs, place)) {
        for (size_t i = 0; i < classes->columns.n_columns; i++) {
            move_column(&classes->columns, i, n, place, place + n);
        }
        move_rows(fleet, place, place + n);
        mdm_class_cut(fleet, classes->n_live + 1);
        replace_zones(fleet, &zones);
        note_all(classes);
    } else {
        mdm_zones_free(&fleet->memory, &zones);
    }
    if (place != NULL) {
        mdm_resize(&fleet->memory, place, 2 * n, 0, sizeof *place);
    }
    classes->n_unsorted = 0;
}

void mdm_classes_zone(mdm_fleet *fleet)
{
    mdm_class_table *classes = &fleet->classes;
    mdm_zones zones = {.n_keys = 0};
    size_t n_runs = 0;
    if (!classes->is_flat || classes->n_live < LEAST_DEVICES) {
        return;
    }
    n_runs = choose_keys(fleet, &zones);
    if (reserve_zones(fleet, &zones, n_runs)) {
        mdm_free_forget_runs(classes);
        replace_zones(fleet, &zones);
        note_all(classes);
    } else {
        mdm_zones_free(&fleet->memory, &zones);
    }
}

bool mdm_classes_is_unsorted(const mdm_fleet *fleet)
{
    const mdm_class_table *classes = &fleet->classes;
    return classes->is_flat && classes->n_live >= LEAST_DEVICES &&
           classes->n_unsorted > classes->n_live / UNSORTED_SHARE;
}

void mdm_classes_sort(mdm_fleet *fleet)
{
    if (fleet->read_from == NULL && mdm_classes_is_unsorted(fleet)) {
        sort(fleet);
    }
}
