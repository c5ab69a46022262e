/*
 * Which table suits the devices: classes where descriptions repeat, a flat one where they do not.
 *
 * Each change of table walks all rows; it is thought of again once their number has doubled, so
 * that its cost a row is bounded. Where memory ends, the table stays as it is.
 */
#include "mdm_fleet.h"
#include "mdm_hash.h"

/* Fewer devices cost little either way. */
#define LEAST_DEVICES ((size_t)1 << 15)
/* Flat from this share of different descriptions on, in 1/8; classes again from half of it down. */
#define FLAT_SHARE 4
/* Hashes that are looked at to see how many descriptions differ, on average. */
#define SAMPLE ((size_t)1 << 16)
/* Of some that are drawn, so many must be equal to others before all are looked at. */
#define LEAST_EQUAL 8

static void free_table(mdm_fleet *fleet, mdm_class_table *classes)
{
    for (size_t c = 1; c < classes->n && classes->at != NULL; c++) {
        mdm_class *class = &classes->at[c];
        if (class->capacity != 0 && class->capacity != MDM_FREE_CLASS) {
            mdm_resize(&fleet->memory, class->rows.many, class->capacity, 0,
                       sizeof *class->rows.many);
        }
    }
    mdm_columns_free(&fleet->memory, &classes->columns);
    MDM_TRIM(&fleet->memory, &classes->live, 0);
    MDM_TRIM(&fleet->memory, classes, 0);
    MDM_TRIM(&fleet->memory, &classes->hashes, 0);
    MDM_TRIM(&fleet->memory, &classes->row_of, 0);
    mdm_zones_free(&fleet->memory, &classes->zones);
    mdm_resize(&fleet->memory, classes->slots, classes->n_slots, 0, sizeof *classes->slots);
}

void mdm_classes_free(mdm_fleet *fleet)
{
    free_table(fleet, &fleet->classes);
}

/* Class 0, that of free rows. */
bool mdm_classes_new(mdm_fleet *fleet, mdm_class_table *classes, size_t n_columns)
{
    *classes = (mdm_class_table){.n = 1};
    if (!mdm_columns_new(&fleet->memory, &classes->columns, n_columns) ||
        !mdm_columns_reserve(&fleet->memory, &classes->columns, 1) ||
        !MDM_FIT(&fleet->memory, &classes->live, MDM_PAGE_WORDS) ||
        !MDM_RESERVE(&fleet->memory, classes, 0, 1) ||
        !MDM_RESERVE(&fleet->memory, &classes->hashes, 0, 1)) {
        free_table(fleet, classes);
        return false;
    }
    memset(classes->live.at, 0, classes->live.capacity * sizeof *classes->live.at);
    classes->at[0] = (mdm_class){0, MDM_FREE_CLASS, {0}};
    classes->hashes.at[0] = 0;
    return true;
}

/* How many live classes publish each list. */
static void count_lists(mdm_fleet *fleet)
{
    const mdm_class_table *classes = &fleet->classes;
    for (size_t i = 0; i < fleet->lists.texts.n; i++) {
        fleet->lists.at[i].n_classes = 0;
    }
    for (size_t class = 1; class < classes->n; class++) {
        const uint32_t list = mdm_code(&classes->columns, classes->columns.n_columns - 1, class);
        if (list != 0 && mdm_class_is_live(fleet, class)) {
            fleet->lists.at[list - 1].n_classes++;
        }
    }
}

/* ---- To a flat table: the class of row r is r + 1 ---- */

static bool make_flat(mdm_fleet *fleet, size_t n_rows, mdm_class_table *flat)
{
    const mdm_columns *columns = &fleet->classes.columns;
    const size_t n = n_rows + 1;
    *flat = (mdm_class_table){.is_flat = true, .n = n};
    if (!mdm_columns_new(&fleet->memory, &flat->columns, columns->n_columns)) {
        return false;
    }
    for (size_t i = 0; i < columns->n_columns; i++) {
        flat->columns.at[i].n_bytes = columns->at[i].n_bytes;
    }
    if (!mdm_columns_reserve(&fleet->memory, &flat->columns, n) ||
        !MDM_FIT(&fleet->memory, &flat->row_of, n) ||
        !MDM_FIT(&fleet->memory, &flat->live, (n + MDM_PAGE - 1) / MDM_PAGE * MDM_PAGE_WORDS)) {
        free_table(fleet, flat);
        return false;
    }
    memset(flat->live.at, 0, flat->live.capacity * sizeof *flat->live.at);
    return true;
}

static void flatten(mdm_fleet *fleet, size_t n_rows)
{
    mdm_class_table flat;
    if (!mdm_row_classes_widen(fleet) || !make_flat(fleet, n_rows, &flat)) {
        return;
    }
    for (size_t row = 0; row < n_rows; row++) {
        const uint32_t class = mdm_row_class(fleet, row);
        flat.row_of.at[row + 1] = class == 0 ? flat.free : (uint32_t)row;
        if (class == 0) {
            flat.free = (uint32_t)row + 1;
            continue;
        }
        for (size_t i = 0; i < flat.columns.n_columns; i++) {
            mdm_code_set(&flat.columns, i, row + 1, mdm_code(&fleet->classes.columns, i, class));
        }
        mdm_row_class_set(fleet, row, (uint32_t)row + 1);
        if (row < fleet->rows.n) {
            flat.live.at[(row + 1) / 64] |= (uint64_t)1 << (row + 1) % 64;
        }
    }
    flat.n_live = flat.n_unsorted = fleet->rows.n_devices;
    free_table(fleet, &fleet->classes);
    fleet->classes = flat;
    fleet->generation++; /* while lines are read, too: classes have other numbers */
    if (fleet->read_from != NULL) {
        fleet->read_from->n_classes = fleet->rows.n + 1;
        fleet->read_from->n_unsorted = flat.n_unsorted;
    }
    count_lists(fleet);
}

/* ---- To classes ---- */

static bool intern_rows(mdm_fleet *fleet, const mdm_columns *codes_of)
{
    uint32_t codes[MDM_MAX_ATTRIBUTES + 1];
    for (size_t row = 0; row < fleet->rows.n; row++) {
        const uint32_t flat = mdm_row_class(fleet, row);
        uint32_t class = 0;
        if (flat == 0) {
            continue;
        }
        for (size_t i = 0; i < codes_of->n_columns; i++) {
            codes[i] = mdm_code(codes_of, i, flat);
        }
        if (mdm_class_intern(fleet, codes, &class) != MDM_OK ||
            mdm_class_reserve(fleet, class, 1, false) != MDM_OK) {
            return false;
        }
        mdm_class_push(fleet, class, (uint32_t)row);
    }
    return true;
}

static void intern_all(mdm_fleet *fleet)
{
    mdm_class_table flat = fleet->classes;
    if (!mdm_classes_new(fleet, &fleet->classes, flat.columns.n_columns)) {
        fleet->classes = flat;
        return;
    }
    if (!intern_rows(fleet, &flat.columns)) {
        free_table(fleet, &fleet->classes);
        fleet->classes = flat;
        for (size_t class = 1; class < flat.n; class++) {
            if (mdm_class_is_live(fleet, class)) {
                mdm_row_class_set(fleet, flat.row_of.at[class], (uint32_t)class);
            }
        }
    } else {
        free_table(fleet, &flat);
        fleet->generation++;
    }
    count_lists(fleet);
}

/* ---- The choice ---- */

static uint64_t hash_of(const mdm_columns *columns, size_t class)
{
    uint32_t codes[MDM_MAX_ATTRIBUTES + 1];
    for (size_t i = 0; i < columns->n_columns; i++) {
        codes[i] = mdm_code(columns, i, class);
    }
    return mdm_hash((const char *)codes, columns->n_columns * sizeof *codes);
}

static int order_numbers(const void *left, const void *right, const void *context)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    (void)context;
    return (a > b) - (a < b);
}

static size_t count_different(uint64_t *hashes, size_t n)
{
    size_t n_different = 0;
    mdm_sort(hashes, n, sizeof *hashes, order_numbers, NULL);
    for (size_t i = 0; i < n; i++) {
        n_different += i == 0 || hashes[i] != hashes[i - 1];
    }
    return n_different;
}

/* Classes drawn from all over the table, each once; of so many that, where a description had
   16 / FLAT_SHARE devices on average, some fifty would be equal to others. */
static size_t draw(const mdm_fleet *fleet, uint64_t *drawn)
{
    const uint64_t n_classes = fleet->classes.n;
    size_t n_drawn = 0;
    size_t n = 0;
    for (; n_drawn * n_drawn / 32 < n_classes && n_drawn < 2 * SAMPLE; n_drawn++) {
        drawn[n_drawn] = (mdm_mix(n_drawn ^ MDM_SECRET_A, MDM_SECRET_B) >> 32) * n_classes >> 32;
    }
    mdm_sort(drawn, n_drawn, sizeof *drawn, order_numbers, NULL);
    for (size_t i = 0; i < n_drawn; i++) {
        if (mdm_class_is_live(fleet, drawn[i]) && (n == 0 || drawn[i] != drawn[n - 1])) {
            drawn[n++] = drawn[i];
        }
    }
    return n;
}

/* False: there is no need to look at all. */
static bool may_repeat(const mdm_fleet *fleet, uint64_t *hashes)
{
    const size_t n = draw(fleet, hashes);
    for (size_t i = 0; i < n; i++) {
        hashes[i] = hash_of(&fleet->classes.columns, hashes[i]);
    }
    return n - count_different(hashes, n) >= LEAST_EQUAL;
}

/* Descriptions are in the sample by their hash, so that all equal ones are, or none. */
static bool repeats(const mdm_fleet *fleet)
{
    const mdm_class_table *classes = &fleet->classes;
    const uint64_t step = classes->n_live / SAMPLE + 1;
    mdm_arena arena = {&fleet->memory, NULL, 0};
    uint64_t *hashes = mdm_take(&arena, 2 * SAMPLE, sizeof *hashes);
    const bool is_worth = hashes != NULL && may_repeat(fleet, hashes);
    size_t n = 0;
    size_t n_different = 0;
    for (size_t class = 1; class < classes->n && is_worth && n < 2 * SAMPLE; class++) {
        const uint64_t hash = mdm_class_is_live(fleet, class) ? hash_of(&classes->columns, class)
                                                              : 1;
        if (hash % step == 0) {
            hashes[n++] = hash;
        }
    }
    n_different = is_worth ? count_different(hashes, n) : 0;
    mdm_arena_free(&arena);
    return n > 0 && n_different * 16 < n * FLAT_SHARE;
}

void mdm_classes_weigh(mdm_fleet *fleet, size_t n_rows)
{
    mdm_class_table *classes = &fleet->classes;
    /* Devices that are being read have a class each, which a reader that fails takes back. */
    const bool waits = classes->is_flat && fleet->read_from != NULL;
    if (fleet->layout != MDM_LAYOUT_AUTO || n_rows < LEAST_DEVICES || waits ||
        n_rows < 2 * classes->n_weighed) {
        return;
    }
    if (!classes->is_flat && classes->n_used * 8 > n_rows * FLAT_SHARE) {
        flatten(fleet, n_rows);
    } else if (classes->is_flat && repeats(fleet)) {
        intern_all(fleet);
    }
    fleet->classes.n_weighed = n_rows;
}

static mdm_layout layout_of(const mdm_fleet *fleet)
{
    return fleet->classes.is_flat ? MDM_LAYOUT_FLAT : MDM_LAYOUT_CLASSES;
}

mdm_layout mdm_fleet_layout(const mdm_fleet *fleet)
{
    MDM_READS(fleet);
    return layout_of(fleet);
}

mdm_status mdm_fleet_lay_out(mdm_fleet *fleet, mdm_layout layout)
{
    if (fleet == NULL || (unsigned)layout > MDM_LAYOUT_FLAT) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_CHANGES(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    if (layout != MDM_LAYOUT_AUTO && layout != layout_of(fleet)) {
        if (layout == MDM_LAYOUT_FLAT) {
            flatten(fleet, fleet->rows.n);
        } else {
            intern_all(fleet);
        }
        if (layout != layout_of(fleet)) {
            return MDM_NO_MEMORY;
        }
    }
    fleet->layout = layout;
    return MDM_OK;
}
