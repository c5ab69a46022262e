/*
 * Many changes against a plain list: the rows of a class, kept ascending in leaves, and fleets of
 * either layout whose devices are replaced, removed, added and appended.
 */
#include <stdbool.h>

#include "bank.h"
#include "mdm_fleet.h"

#define MOST ((uint32_t)70000)

/* ---- Leaves ---- */

static bool is_there[MOST];

static void check_leaves(const mdm_class *class)
{
    uint32_t row = 0;
    size_t n = 0;
    for (size_t i = 0; i < mdm_leaves_count(class); i++) {
        const mdm_run_of_rows run = mdm_leaves_run(class, i);
        for (size_t r = 0; r < run.n; r++) {
            for (; row < run.at[r]; row++) {
                CHECK(!is_there[row]);
            }
            CHECK(run.at[r] == row && is_there[row]);
            row++;
        }
        n += run.n;
    }
    for (; row < MOST; row++) {
        CHECK(!is_there[row]);
    }
    CHECK(n == class->n_rows);
}

/* A row that is there, or is not, from a place on. */
static uint32_t find(uint32_t from, bool there)
{
    uint32_t row = from % MOST;
    for (uint32_t i = 0; i < MOST && is_there[row] != there; i++) {
        row = (row + 1) % MOST;
    }
    return row;
}

/* Now and then memory is refused, and the class is as it was. */
static bool grow(const mdm_allocator *memory, bank *at, mdm_class *class, size_t more,
                 bool is_packed, uint32_t *state)
{
    at->n_left = next(state) % 8 == 0 ? 0 : SIZE_MAX;
    const mdm_status status = mdm_leaves_reserve(memory, class, class->n_rows + more, is_packed);
    CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && at->n_left == SIZE_MAX));
    at->n_left = SIZE_MAX;
    return status == MDM_OK;
}

static void insert_some(const mdm_allocator *memory, bank *at, mdm_class *class, uint32_t first,
                        uint32_t spread, uint32_t *state)
{
    const size_t n = 1 + next(state) % 700;
    if (class->n_rows + n > MOST / 2 || !grow(memory, at, class, n, false, state)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t row = find(first + next(state) % spread, false);
        mdm_leaves_insert(class, row);
        is_there[row] = true;
    }
}

static void append_some(const mdm_allocator *memory, bank *at, mdm_class *class, uint32_t *state)
{
    uint32_t row = MOST;
    for (; row > 0 && !is_there[row - 1]; row--) {
    }
    const size_t n = MOST - row < 1500 ? MOST - row : next(state) % 1500;
    if (grow(memory, at, class, n, true, state)) {
        mdm_leaves_open(class);
        for (size_t i = 0; i < n; i++, row++) {
            mdm_leaves_append(class, row);
            is_there[row] = true;
        }
        mdm_leaves_close(class);
    }
}

static void remove_some(const mdm_allocator *memory, bank *at, mdm_class *class, uint32_t first,
                        uint32_t spread, uint32_t *state)
{
    const uint32_t n = next(state) % 900;
    for (uint32_t i = 0; i < n && class->n_rows > 1; i++) {
        const uint32_t row = find(first + next(state) % spread, true);
        mdm_leaves_remove(class, row);
        is_there[row] = false;
    }
    at->n_left = next(state) % 4 == 0 ? 0 : SIZE_MAX;
    mdm_leaves_shrink(memory, class);
    at->n_left = SIZE_MAX;
}

static void check_class(uint32_t seed)
{
    bank at = {0, 0, SIZE_MAX, 0};
    const mdm_allocator memory = {bank_resize, &at};
    mdm_class class = {0, 0, {0}};
    uint32_t state = seed;
    memset(is_there, 0, sizeof is_there);
    for (size_t i = 0; i < 300; i++) {
        const uint32_t spread = 1 + next(&state) % (next(&state) % 2 == 0 ? 300 : MOST);
        const uint32_t first = next(&state) % MOST;
        /* For a while rows come, then they go. */
        const uint32_t choice = next(&state) % 8 + (i / 50 % 2 == 0 ? 0 : 4);
        if (choice < 6) {
            insert_some(&memory, &at, &class, first, spread, &state);
        } else if (choice < 11) {
            remove_some(&memory, &at, &class, first, spread, &state);
        } else {
            append_some(&memory, &at, &class, &state);
        }
        check_leaves(&class);
    }
    mdm_leaves_clear(&class);
    mdm_leaves_close(&class);
    memset(is_there, 0, sizeof is_there);
    check_leaves(&class);
    if (class.capacity > 0) {
        mdm_resize(&memory, class.rows.many, class.capacity, 0, sizeof(uint32_t));
    }
    CHECK(at.n_blocks == 0);
}

/* ---- Fleets ---- */

static const mdm_attribute attributes[] = {
    {"type", 4, MDM_INT, MDM_EQUAL, 0, MDM_UNDECIDED, 1},
    {"size", 4, MDM_INT, MDM_EQUAL, 1, MDM_YES, 0},
    {"place", 5, MDM_INT, MDM_UNRELATED, 2, MDM_YES, 0},
};
static const mdm_scheme scheme = {attributes, 3, MDM_NOBODY, MDM_NO, MDM_YES, 0};

#define N_TYPES 20
#define N_SIZES 10
#define GONE UINT32_MAX

static uint32_t type_at[2 * MOST]; /* type times N_SIZES and size */
static uint32_t n_rows;

static size_t print(char *text, uint32_t type, uint32_t place)
{
    return (size_t)sprintf(text, "{\"self\":{\"type\":%u,\"size\":%u,\"place\":%u}}\n",
                           type / N_SIZES, type % N_SIZES, place);
}

static mdm_reader *feed(mdm_fleet *fleet, const uint32_t *types, size_t n, uint32_t n_places,
                        uint32_t *state)
{
    mdm_reader *reader = NULL;
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (size_t i = 0; i < n; i++) {
        char text[96];
        size_t n_faults = 0;
        const size_t len = print(text, types[i], next(state) % n_places);
        CHECK(mdm_reader_feed(reader, text, len, NULL, 0, &n_faults) == MDM_OK);
    }
    return reader;
}

static void append(mdm_fleet *fleet, size_t n, uint32_t n_places, uint32_t *state)
{
    mdm_reader *reader = NULL;
    uint32_t first = 0;
    for (size_t i = 0; i < n; i++) {
        type_at[n_rows + i] = next(state) % (N_TYPES * N_SIZES);
    }
    reader = feed(fleet, type_at + n_rows, n, n_places, state);
    CHECK(mdm_reader_commit(reader, &first) == MDM_OK && first == n_rows);
    mdm_reader_free(reader);
    n_rows += (uint32_t)n;
}

static void replace_some(mdm_fleet *fleet, size_t n, uint32_t n_places, uint32_t *state)
{
    static uint32_t rows[MOST];
    static uint32_t types[MOST];
    mdm_reader *reader = NULL;
    for (size_t i = 0; i < n; i++) {
        do {
            rows[i] = next(state) % n_rows;
        } while (type_at[rows[i]] == GONE);
        /* Now and then a type that came after the order was made. */
        types[i] = next(state) % (N_TYPES * N_SIZES) +
                   (next(state) % 50 == 0 ? N_TYPES * N_SIZES : 0);
    }
    reader = feed(fleet, types, n, n_places, state);
    CHECK(mdm_reader_replace(reader, rows, n) == MDM_OK);
    mdm_reader_free(reader);
    for (size_t i = 0; i < n; i++) {
        type_at[rows[i]] = types[i];
    }
}

/* A device goes, and another comes in its row; one is replaced by itself. */
static void change_one(mdm_fleet *fleet, uint32_t n_places, uint32_t *state)
{
    const uint32_t row = next(state) % n_rows;
    const uint32_t type = next(state) % (N_TYPES * N_SIZES);
    char text[96];
    const size_t len = print(text, type, next(state) % n_places);
    uint32_t given = 0;
    if (type_at[row] == GONE) {
        CHECK(mdm_add(fleet, text, len, &given, NULL) == MDM_OK && type_at[given] == GONE);
        type_at[given] = type;
    } else if (next(state) % 2 == 0) {
        CHECK(mdm_replace(fleet, row, text, len, NULL) == MDM_OK);
        type_at[row] = type;
    } else {
        CHECK(mdm_remove(fleet, row) == MDM_OK);
        type_at[row] = GONE;
    }
}

static mdm_query *ask(const mdm_fleet *fleet, uint32_t type)
{
    char text[96];
    mdm_query *query = NULL;
    const size_t len = print(text, type, 1);
    CHECK(mdm_query_new(fleet, text, len, MDM_NOBODY, 1, &query, NULL) == MDM_OK);
    return query;
}

static void check_rows(const mdm_query *query, uint32_t type)
{
    static uint32_t found[2 * MOST];
    size_t n = 0;
    size_t n_found = 0;
    CHECK(mdm_rows(query, MDM_YES, found, 2 * MOST, &n_found) == MDM_OK);
    for (uint32_t row = 0; row < n_rows; row++) {
        if (type_at[row] == type) {
            CHECK(n < n_found && found[n] == row);
            n++;
        }
    }
    CHECK(n == n_found);
}

static void check_type(const mdm_fleet *fleet, uint32_t type)
{
    mdm_query *query = ask(fleet, type);
    check_rows(query, type);
    mdm_query_free(query);
}

static void check_fleet(mdm_layout layout, uint32_t n_places)
{
    mdm_fleet *fleet = NULL;
    uint32_t state = n_places;
    n_rows = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, layout) == MDM_OK);
    append(fleet, MOST / 2, n_places, &state);
    for (uint32_t round = 0; round < 10; round++) {
        static const size_t batches[] = {1, 99, 1000, MOST / 8, MOST / 3};
        replace_some(fleet, batches[round % 5], n_places, &state);
        for (size_t i = 0; i < 50; i++) {
            change_one(fleet, n_places, &state);
        }
        append(fleet, round % 10 == 9 ? 5000 : 20, n_places, &state);
        for (size_t i = 0; i < 8; i++) {
            check_type(fleet, next(&state) % (2 * N_TYPES * N_SIZES));
        }
    }
    mdm_fleet_free(fleet);
}

/* ---- The order of a flat fleet ---- */

/* Blocks of the first n classes that one type alone has. */
static size_t count_pure(const mdm_fleet *fleet, size_t n)
{
    const mdm_zones *zones = &fleet->classes.zones;
    size_t n_pure = 0;
    for (size_t block = 0; block < n / 64; block++) {
        const mdm_zone *zone =
            mdm_zones_of_blocks(zones, block / MDM_PAGE_WORDS, 0) + block % MDM_PAGE_WORDS;
        n_pure += zone->low == zone->high;
    }
    return n_pure;
}

static void check_order(void)
{
    mdm_fleet *fleet = NULL;
    uint32_t state = 7;
    size_t n_pure = 0;
    size_t n = 0;
    n_rows = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, MDM_LAYOUT_FLAT) == MDM_OK);
    append(fleet, MOST, MOST, &state);
    CHECK(fleet->classes.zones.n_keys > 0);
    n = fleet->classes.n / MDM_PAGE * MDM_PAGE;
    n_pure = count_pure(fleet, n);
    CHECK(n_pure > n / 64 * 9 / 10);
    for (size_t i = 0; i < 100; i++) {
        replace_some(fleet, 99, MOST, &state);
    }
    for (size_t i = 0; i < 2000; i++) {
        change_one(fleet, MOST, &state);
    }
    CHECK(fleet->classes.zones.n_keys > 0 && count_pure(fleet, n) == n_pure);
    CHECK(fleet->classes.n < MOST + MOST / 16);
    mdm_fleet_free(fleet);
}

/* ---- Questions that outlive a layout ---- */

static void check_layouts(void)
{
    static const mdm_layout layouts[] = {MDM_LAYOUT_CLASSES, MDM_LAYOUT_FLAT};
    mdm_fleet *fleet = NULL;
    mdm_query *query = NULL;
    uint32_t state = 9;
    n_rows = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, MDM_LAYOUT_FLAT) == MDM_OK);
    append(fleet, MOST, MOST, &state);
    query = ask(fleet, 7);
    check_rows(query, 7);
    for (size_t i = 0; i < 4; i++) {
        CHECK(mdm_fleet_lay_out(fleet, layouts[i % 2]) == MDM_OK);
        CHECK(mdm_query_again(query) == MDM_OK);
        check_rows(query, 7);
        append(fleet, 1000, MOST, &state);
        CHECK(mdm_query_again(query) == MDM_OK);
        check_rows(query, 7);
    }
    mdm_query_free(query);
    mdm_fleet_free(fleet);
}

/* Lines that are read, but not committed, make another layout. */
static void check_reading(void)
{
    static uint32_t types[2 * MOST];
    mdm_fleet *fleet = NULL;
    mdm_reader *reader = NULL;
    mdm_query *query = NULL;
    uint32_t state = 10;
    size_t n = 0;
    n_rows = 0;
    CHECK(mdm_fleet_new(&scheme, 0, NULL, &fleet) == MDM_OK);
    append(fleet, 20000, 1, &state);
    query = ask(fleet, 7);
    check_rows(query, 7);
    CHECK(!fleet->classes.is_flat);
    reader = feed(fleet, types, 2 * MOST, MOST * 100, &state);
    CHECK(fleet->classes.is_flat);
    CHECK(mdm_rows(query, MDM_YES, NULL, 0, &n) == MDM_STALE);
    CHECK(mdm_query_again(query) == MDM_OK);
    check_rows(query, 7);
    mdm_reader_free(reader);
    CHECK(fleet->classes.n_unsorted == fleet->classes.n_live);
    CHECK(mdm_query_again(query) == MDM_OK);
    check_rows(query, 7);
    mdm_query_free(query);
    mdm_fleet_free(fleet);
}

/* A small batch finds the room that the one before has left, and moves no array of the fleet. */
static void check_room(mdm_layout layout)
{
    static const uint32_t types[20];
    mdm_fleet *fleet = NULL;
    uint32_t state = 11;
    n_rows = 0;
    CHECK(mdm_fleet_new(&scheme, 1, NULL, &fleet) == MDM_OK);
    CHECK(mdm_fleet_lay_out(fleet, layout) == MDM_OK);
    append(fleet, MOST, MOST, &state);
    for (size_t i = 0; i < 10; i++) {
        const size_t n_classes = fleet->rows.class_of.capacity;
        const size_t n_names = fleet->rows.name.capacity;
        const size_t n_flat = fleet->classes.row_of.capacity;
        mdm_reader *reader = feed(fleet, types, 20, MOST, &state);
        CHECK(fleet->rows.class_of.capacity == n_classes && fleet->rows.name.capacity == n_names);
        CHECK(fleet->classes.row_of.capacity == n_flat);
        mdm_reader_free(reader);
        replace_some(fleet, 20, MOST, &state);
    }
    mdm_fleet_free(fleet);
}

int main(void)
{
    for (uint32_t seed = 1; seed <= 4; seed++) {
        check_class(seed);
    }
    check_fleet(MDM_LAYOUT_CLASSES, 1);
    check_fleet(MDM_LAYOUT_CLASSES, 30);
    check_fleet(MDM_LAYOUT_FLAT, MOST);
    check_fleet(MDM_LAYOUT_AUTO, MOST);
    check_order();
    check_layouts();
    check_reading();
    check_room(MDM_LAYOUT_CLASSES);
    check_room(MDM_LAYOUT_FLAT);
    puts("well");
    return 0;
}
