/*
 * What every call of mdm.h does without what it needs: with a wrong argument it is refused and
 * nothing happens; without memory those that take none answer as ever.
 */
#include <stdbool.h>

#include "bank.h"
#include "mdm_arrow.h"

#define REFUSED(call) CHECK((call) == MDM_BAD_ARGUMENT)
#define LINE "{\"name\":\"a\",\"self\":{\"type\":\"V5\"},\"compatible\":[{\"type\":\"V5\"}]}"
#define N_DEVICES 3

static const mdm_attribute attributes[] = {{"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_NO, 0}};
static const mdm_scheme scheme = {attributes, 1, MDM_BOTH, MDM_NO, MDM_YES, 0};

static const mdm_verdict no_verdict = (mdm_verdict)2;
static const mdm_direction no_direction = (mdm_direction)4;

static mdm_fleet *make(bank *at)
{
    const mdm_allocator allocator = {bank_resize, at};
    mdm_fleet *fleet = NULL;
    *at = (bank){0, 0, SIZE_MAX, 0};
    CHECK(mdm_fleet_new(&scheme, 1, &allocator, &fleet) == MDM_OK);
    for (uint32_t i = 0; i < N_DEVICES; i++) {
        uint32_t row = 0;
        CHECK(mdm_add(fleet, LINE, strlen(LINE), &row, NULL) == MDM_OK && row == i);
    }
    return fleet;
}

/* ---- The fleet ---- */

static void refuse_schemes(void)
{
    static const struct {
        mdm_attribute attribute;
        mdm_scheme scheme;
    } wrong[] = {
        {{NULL, 4, MDM_STRING, MDM_EQUAL, 0, MDM_NO, 0}, {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, (mdm_kind)6, MDM_ANY, 0, MDM_NO, 0}, {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, (mdm_relation)7, 0, MDM_NO, 0},
         {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_MINOR, 0, MDM_NO, 0}, {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_SUPERSET, 0, MDM_NO, 0},
         {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_SUBSET, 0, MDM_NO, 0}, {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_MEMBER, 0, MDM_NO, 0}, {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_EQUAL, 1, MDM_NO, 0}, {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_EQUAL, 0, (mdm_verdict)2, 0},
         {NULL, 1, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_NO, 0}, {NULL, 65, MDM_BOTH, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_NO, 0},
         {NULL, 1, (mdm_direction)4, MDM_NO, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_NO, 0},
         {NULL, 1, MDM_BOTH, (mdm_verdict)2, MDM_YES, 0}},
        {{"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_NO, 0},
         {NULL, 1, MDM_BOTH, MDM_NO, (mdm_verdict)4, 0}},
    };
    const mdm_allocator nothing = {NULL, NULL};
    mdm_fleet *fleet = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        mdm_scheme given = wrong[i].scheme;
        given.attributes = &wrong[i].attribute;
        REFUSED(mdm_fleet_new(&given, 1, NULL, &fleet));
    }
    mdm_scheme empty = scheme;
    empty.attributes = NULL;
    REFUSED(mdm_fleet_new(&empty, 1, NULL, &fleet));
    REFUSED(mdm_fleet_new(NULL, 1, NULL, &fleet));
    REFUSED(mdm_fleet_new(&scheme, 1, NULL, NULL));
    REFUSED(mdm_fleet_new(&scheme, 1, &nothing, &fleet));
    CHECK(fleet == NULL);
}

/* Which kinds a relation suits, of an attribute and of the one that gives the source's value. */
static bool suits(mdm_relation relation, mdm_kind kind, mdm_kind of)
{
    switch (relation) {
    case MDM_EQUAL:
        return kind == of;
    case MDM_SUPERSET:
    case MDM_SUBSET:
        return kind == MDM_SET && of == MDM_SET;
    case MDM_MINOR:
        return kind == MDM_VERSION && of == MDM_VERSION;
    case MDM_MEMBER:
        return kind == MDM_SET && of == MDM_STRING;
    default:
        return true;
    }
}

static void check_relations(void)
{
    for (int r = MDM_UNRELATED; r <= MDM_ANY; r++) {
        for (int kind = MDM_INT; kind <= MDM_RATIO; kind++) {
            for (int of = MDM_INT; of <= MDM_RATIO; of++) {
                const mdm_attribute two[] = {
                    {"a", 1, (mdm_kind)kind, (mdm_relation)r, 1, MDM_NO, 0},
                    {"b", 1, (mdm_kind)of, MDM_ANY, 1, MDM_NO, 0}};
                const mdm_scheme given = {two, 2, MDM_BOTH, MDM_NO, MDM_YES, 0};
                mdm_fleet *fleet = NULL;
                const mdm_status status = mdm_fleet_new(&given, 1, NULL, &fleet);
                CHECK((status == MDM_OK) == suits((mdm_relation)r, (mdm_kind)kind, (mdm_kind)of));
                CHECK(status == MDM_OK || status == MDM_BAD_ARGUMENT);
                mdm_fleet_free(fleet);
            }
        }
    }
}

static void check_names(void)
{
    static const struct {
        const char *one;
        const char *other;
        mdm_status status;
    } names[] = {{"ab", "ac", MDM_OK},          {"ab", "a", MDM_OK}, {"", "a", MDM_OK},
                 {"ab", "ab", MDM_BAD_ARGUMENT}, {"", "", MDM_BAD_ARGUMENT}};
    const mdm_scheme nothing = {NULL, 0, MDM_BOTH, MDM_NO, MDM_YES, 0};
    mdm_fleet *fleet = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const mdm_attribute two[] = {
            {names[i].one, strlen(names[i].one), MDM_INT, MDM_ANY, 0, MDM_NO, 0},
            {names[i].other, strlen(names[i].other), MDM_INT, MDM_ANY, 0, MDM_NO, 0}};
        const mdm_scheme given = {two, 2, MDM_BOTH, MDM_NO, MDM_YES, 0};
        CHECK(mdm_fleet_new(&given, 1, NULL, &fleet) == names[i].status);
        mdm_fleet_free(names[i].status == MDM_OK ? fleet : NULL);
    }
    CHECK(mdm_fleet_new(&nothing, 1, NULL, &fleet) == MDM_OK);
    mdm_fleet_free(fleet);
}

static void refuse_changes(mdm_fleet *fleet)
{
    mdm_reader *reader = NULL;
    struct ArrowArrayStream stream;
    mdm_saver *saver = NULL;
    uint32_t row = 0;
    REFUSED(mdm_add(NULL, LINE, 1, &row, NULL));
    REFUSED(mdm_add(fleet, NULL, 1, &row, NULL));
    REFUSED(mdm_add(fleet, LINE, strlen(LINE), NULL, NULL));
    REFUSED(mdm_replace(NULL, 0, LINE, 1, NULL));
    REFUSED(mdm_replace(fleet, 0, NULL, 1, NULL));
    CHECK(mdm_add(fleet, "{", 1, &row, NULL) == MDM_BAD_TEXT);
    CHECK(mdm_replace(fleet, 0, "{", 1, NULL) == MDM_BAD_TEXT);
    CHECK(mdm_replace(fleet, N_DEVICES, LINE, strlen(LINE), NULL) == MDM_NO_ROW);
    REFUSED(mdm_remove(NULL, 0));
    REFUSED(mdm_remove_many(NULL, &row, 1));
    REFUSED(mdm_remove_many(fleet, NULL, 1));
    CHECK(mdm_remove_many(fleet, NULL, 0) == MDM_OK);
    REFUSED(mdm_fleet_lay_out(NULL, MDM_LAYOUT_FLAT));
    REFUSED(mdm_fleet_lay_out(fleet, (mdm_layout)3));
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    REFUSED(mdm_add(fleet, LINE, strlen(LINE), &row, NULL));
    REFUSED(mdm_replace(fleet, 0, LINE, strlen(LINE), NULL));
    REFUSED(mdm_remove(fleet, 0));
    REFUSED(mdm_remove_many(fleet, &row, 1));
    REFUSED(mdm_fleet_lay_out(fleet, MDM_LAYOUT_FLAT));
    REFUSED(mdm_fleet_export(fleet, &stream));
    REFUSED(mdm_saver_new(fleet, "", 0, &saver));
    mdm_reader_free(reader);
    mdm_fleet_free(NULL);
}

static void refuse_reading(mdm_fleet *fleet)
{
    mdm_reader *reader = NULL;
    mdm_reader *other = NULL;
    uint32_t row = 0;
    size_t n = 0;
    REFUSED(mdm_reader_new(NULL, &reader));
    REFUSED(mdm_reader_new(fleet, NULL));
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    REFUSED(mdm_reader_new(fleet, &other));
    REFUSED(mdm_reader_feed(NULL, LINE, 1, NULL, 0, &n));
    REFUSED(mdm_reader_feed(reader, NULL, 1, NULL, 0, &n));
    REFUSED(mdm_reader_feed(reader, LINE, 1, NULL, 1, &n));
    REFUSED(mdm_reader_feed(reader, LINE, 1, NULL, 0, NULL));
    CHECK(mdm_reader_feed(reader, NULL, 0, NULL, 0, &n) == MDM_OK);
    REFUSED(mdm_reader_commit(NULL, &row));
    REFUSED(mdm_reader_commit(reader, NULL));
    REFUSED(mdm_reader_replace(NULL, &row, 1));
    REFUSED(mdm_reader_replace(reader, NULL, 1));
    REFUSED(mdm_reader_replace(reader, &row, 1));
    CHECK(mdm_reader_feed(reader, "{", 1, NULL, 0, &n) == MDM_BAD_TEXT && n == 0);
    REFUSED(mdm_reader_commit(reader, &row));
    mdm_reader_free(reader);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    CHECK(mdm_reader_commit(reader, &row) == MDM_OK);
    REFUSED(mdm_reader_commit(reader, &row));
    REFUSED(mdm_reader_feed(reader, LINE, strlen(LINE), NULL, 0, &n));
    mdm_reader_free(reader);
    mdm_reader_free(NULL);
}

static void refuse_looks(const mdm_fleet *fleet)
{
    char text[8];
    uint32_t codes[N_DEVICES];
    size_t n = 0;
    REFUSED(mdm_description(NULL, 0, text, 8, &n));
    REFUSED(mdm_description(fleet, 0, NULL, 8, &n));
    REFUSED(mdm_description(fleet, 0, text, 8, NULL));
    CHECK(mdm_description(fleet, 0, NULL, 0, &n) == MDM_NO_SPACE && n == strlen(LINE));
    CHECK(mdm_description(fleet, N_DEVICES, text, 8, &n) == MDM_NO_ROW);
    REFUSED(mdm_name(NULL, 0, text, 8, &n));
    REFUSED(mdm_name(fleet, 0, NULL, 8, &n));
    REFUSED(mdm_name(fleet, 0, text, 8, NULL));
    CHECK(mdm_name(fleet, 0, NULL, 0, &n) == MDM_NO_SPACE && n == 1);
    CHECK(mdm_name(fleet, N_DEVICES, text, 8, &n) == MDM_NO_ROW);
    REFUSED(mdm_classes(NULL, codes, N_DEVICES));
    REFUSED(mdm_classes(fleet, NULL, N_DEVICES));
    CHECK(mdm_classes(fleet, codes, N_DEVICES - 1) == MDM_NO_SPACE);
    CHECK(mdm_code_count(NULL, 0) == 0 && mdm_code_count(fleet, 1) == 0);
    REFUSED(mdm_codes(NULL, 0, codes, 1));
    REFUSED(mdm_codes(fleet, 1, codes, 1));
    REFUSED(mdm_codes(fleet, 0, NULL, 1));
    CHECK(mdm_codes(fleet, 0, codes, 0) == MDM_NO_SPACE);
    for (int i = MDM_OK; i <= MDM_OTHER_SCHEME; i++) {
        CHECK(strcmp(mdm_status_text((mdm_status)i), mdm_status_text((mdm_status)99)) != 0);
    }
    for (int i = MDM_PATH_PORTABLE; i <= MDM_PATH_NEON; i++) {
        CHECK(strcmp(mdm_path_text((mdm_path)i), mdm_path_text((mdm_path)99)) != 0);
    }
}

/* ---- Questions ---- */

static void refuse_questions(const mdm_fleet *fleet)
{
    mdm_query *query = NULL;
    mdm_verdict verdict = MDM_NO;
    uint32_t rows[N_DEVICES];
    uint8_t bits[1];
    size_t n = 0;
    REFUSED(mdm_query_new(NULL, LINE, strlen(LINE), MDM_NOBODY, 1, &query, NULL));
    REFUSED(mdm_query_new(fleet, NULL, 1, MDM_NOBODY, 1, &query, NULL));
    REFUSED(mdm_query_new(fleet, LINE, strlen(LINE), no_direction, 1, &query, NULL));
    REFUSED(mdm_query_new(fleet, LINE, strlen(LINE), MDM_NOBODY, 1, NULL, NULL));
    REFUSED(mdm_query_again(NULL));
    CHECK(mdm_query_new(fleet, "{", 1, MDM_NOBODY, 1, &query, NULL) == MDM_BAD_TEXT);
    CHECK(query == NULL);
    CHECK(mdm_query_new(fleet, LINE, strlen(LINE), MDM_NOBODY, 0, &query, NULL) == MDM_OK);
    REFUSED(mdm_count(NULL, MDM_YES, &n));
    REFUSED(mdm_count(query, no_verdict, &n));
    REFUSED(mdm_count(query, (mdm_verdict)(MDM_YES + 1), &n));
    REFUSED(mdm_count(query, MDM_YES, NULL));
    REFUSED(mdm_rows(NULL, MDM_YES, rows, N_DEVICES, &n));
    REFUSED(mdm_rows(query, no_verdict, rows, N_DEVICES, &n));
    REFUSED(mdm_rows(query, MDM_YES, NULL, N_DEVICES, &n));
    REFUSED(mdm_rows(query, MDM_YES, rows, N_DEVICES, NULL));
    REFUSED(mdm_first(NULL, MDM_YES, rows, N_DEVICES, &n));
    REFUSED(mdm_first(query, no_verdict, rows, N_DEVICES, &n));
    REFUSED(mdm_first(query, MDM_YES, NULL, N_DEVICES, &n));
    REFUSED(mdm_first(query, MDM_YES, rows, N_DEVICES, NULL));
    REFUSED(mdm_bitmap(NULL, MDM_YES, bits, 1));
    REFUSED(mdm_bitmap(query, no_verdict, bits, 1));
    REFUSED(mdm_bitmap(query, MDM_YES, NULL, 1));
    CHECK(mdm_bitmap(query, MDM_YES, NULL, 0) == MDM_NO_SPACE);
    REFUSED(mdm_verdict_of(NULL, 0, &verdict));
    REFUSED(mdm_verdict_of(query, 0, NULL));
    CHECK(mdm_verdict_of(query, N_DEVICES, &verdict) == MDM_NO_ROW);
    mdm_query_free(query);
    mdm_query_free(NULL);
}

static void refuse_answers(mdm_join *join)
{
    uint32_t rows[8];
    uint32_t n_rows[8];
    uint8_t bits[8];
    mdm_place place = {0, 0};
    size_t n = 0;
    REFUSED(mdm_join_count(NULL, 1, &n));
    REFUSED(mdm_join_count(join, 1, NULL));
    REFUSED(mdm_join_counts(NULL, MDM_YES, rows, 8));
    REFUSED(mdm_join_counts(join, MDM_YES, NULL, 8));
    REFUSED(mdm_join_counts(join, no_verdict, rows, 8));
    REFUSED(mdm_join_judge(NULL, 0, 0, &n));
    REFUSED(mdm_join_judge(join, 0, 0, NULL));
    REFUSED(mdm_join_judge(join, mdm_join_len(join) + 1, 0, &n));
    CHECK(mdm_join_judge(join, mdm_join_len(join), 0, &n) == MDM_OK && n == 0);
    CHECK(mdm_join_judge(join, 0, 1 << 20, &n) == MDM_OK && n == mdm_join_len(join));
    REFUSED(mdm_join_bitmaps(NULL, MDM_YES, 0, 1, bits, 8));
    REFUSED(mdm_join_bitmaps(join, no_verdict, 0, 1, bits, 8));
    REFUSED(mdm_join_bitmaps(join, MDM_YES, 0, 1, NULL, 8));
    REFUSED(mdm_join_bitmaps(join, MDM_YES, 0, n + 1, bits, 8));
    CHECK(mdm_join_bitmaps(join, MDM_YES, 0, n, bits, n - 1) == MDM_NO_SPACE);
    CHECK(mdm_join_bitmaps(join, MDM_YES, 0, 0, NULL, 0) == MDM_OK);
    REFUSED(mdm_join_class_bitmaps(NULL, MDM_YES, 0, 1, bits, 8));
    REFUSED(mdm_join_class_bitmaps(join, no_verdict, 0, 1, bits, 8));
    REFUSED(mdm_join_class_bitmaps(join, MDM_YES, 0, 1, NULL, 8));
    CHECK(mdm_join_class_bitmaps(join, MDM_YES, 0, n, bits, n - 1) == MDM_NO_SPACE);
    REFUSED(mdm_join_firsts(NULL, MDM_YES, 0, 1, 1, rows, n_rows));
    REFUSED(mdm_join_firsts(join, no_verdict, 0, 1, 1, rows, n_rows));
    REFUSED(mdm_join_firsts(join, MDM_YES, 0, 1, 1, NULL, n_rows));
    REFUSED(mdm_join_firsts(join, MDM_YES, 0, 1, 1, rows, NULL));
    CHECK(mdm_join_firsts(join, MDM_YES, 0, 0, 1, NULL, NULL) == MDM_OK);
    CHECK(mdm_join_firsts(join, MDM_YES, 0, 1, 0, NULL, n_rows) == MDM_OK && n_rows[0] == 0);
    REFUSED(mdm_join_pairs(NULL, MDM_YES, &place, rows, n_rows, 8, &n));
    REFUSED(mdm_join_pairs(join, no_verdict, &place, rows, n_rows, 8, &n));
    REFUSED(mdm_join_pairs(join, MDM_YES, NULL, rows, n_rows, 8, &n));
    REFUSED(mdm_join_pairs(join, MDM_YES, &place, NULL, n_rows, 8, &n));
    REFUSED(mdm_join_pairs(join, MDM_YES, &place, rows, NULL, 8, &n));
    REFUSED(mdm_join_pairs(join, MDM_YES, &place, rows, n_rows, 0, &n));
    REFUSED(mdm_join_pairs(join, MDM_YES, &place, rows, n_rows, 8, NULL));
    place.source = 9;
    REFUSED(mdm_join_pairs(join, MDM_YES, &place, rows, n_rows, 8, &n));
    /* Only those that were judged last are told. */
    CHECK(mdm_join_judge(join, 1, 1 << 20, &n) == MDM_OK && n == mdm_join_len(join) - 1);
    REFUSED(mdm_join_bitmaps(join, MDM_YES, 0, 1, bits, 8));
    REFUSED(mdm_join_class_bitmaps(join, MDM_YES, 0, 1, bits, 8));
    REFUSED(mdm_join_firsts(join, MDM_YES, 0, 1, 1, rows, n_rows));
    place.source = 0;
    REFUSED(mdm_join_pairs(join, MDM_YES, &place, rows, n_rows, 8, &n));
    for (int verdict = MDM_NO; verdict <= MDM_YES; verdict += verdict == MDM_NO ? 1 : 2) {
        CHECK(mdm_join_bitmaps(join, (mdm_verdict)verdict, 1, 1, bits, 8) == MDM_OK);
        CHECK(bits[0] == (verdict == MDM_YES ? 7 : 0));
        CHECK(mdm_join_class_bitmaps(join, (mdm_verdict)verdict, 1, 1, bits, 8) == MDM_OK);
        CHECK(bits[0] == (verdict == MDM_YES ? 1 : 0));
    }
}

/* After a change nothing that was judged is told, and a saver gives no more. */
static void refuse_stale(mdm_fleet *fleet)
{
    mdm_join *join = NULL;
    mdm_saver *saver = NULL;
    uint32_t rows[8];
    uint32_t n_rows[8];
    uint8_t bits[8];
    mdm_place place = {0, 0};
    size_t n = 0;
    CHECK(mdm_join_classes(fleet, MDM_NOBODY, 1, &join) == MDM_OK);
    CHECK(mdm_join_count(join, 100, &n) == MDM_OK);
    CHECK(mdm_join_judge(join, 0, 100, &n) == MDM_OK);
    CHECK(mdm_saver_new(fleet, "", 0, &saver) == MDM_OK);
    CHECK(mdm_remove(fleet, N_DEVICES - 1) == MDM_OK);
    CHECK(mdm_join_count(join, 1, &n) == MDM_STALE);
    CHECK(mdm_join_counts(join, MDM_YES, rows, 8) == MDM_STALE);
    CHECK(mdm_join_judge(join, 0, 100, &n) == MDM_STALE);
    CHECK(mdm_join_bitmaps(join, MDM_YES, 0, 1, bits, 8) == MDM_STALE);
    CHECK(mdm_join_class_bitmaps(join, MDM_YES, 0, 1, bits, 8) == MDM_STALE);
    CHECK(mdm_join_firsts(join, MDM_YES, 0, 1, 1, rows, n_rows) == MDM_STALE);
    CHECK(mdm_join_pairs(join, MDM_YES, &place, rows, n_rows, 8, &n) == MDM_STALE);
    CHECK(mdm_saver_next(saver, (char *)bits, 8, &n) == MDM_STALE);
    mdm_join_free(join);
    mdm_saver_free(saver);
}

static void refuse_joins(const mdm_fleet *fleet)
{
    static const uint32_t rows[] = {0, 2};
    mdm_join *join = NULL;
    size_t n = 0;
    REFUSED(mdm_join_lines(NULL, LINE, 1, MDM_NOBODY, 1, &join, NULL, 0, &n));
    REFUSED(mdm_join_lines(fleet, NULL, 1, MDM_NOBODY, 1, &join, NULL, 0, &n));
    REFUSED(mdm_join_lines(fleet, LINE, 1, no_direction, 1, &join, NULL, 0, &n));
    REFUSED(mdm_join_lines(fleet, LINE, 1, MDM_NOBODY, 1, NULL, NULL, 0, &n));
    REFUSED(mdm_join_lines(fleet, LINE, 1, MDM_NOBODY, 1, &join, NULL, 1, &n));
    REFUSED(mdm_join_lines(fleet, LINE, 1, MDM_NOBODY, 1, &join, NULL, 0, NULL));
    REFUSED(mdm_join_rows(NULL, rows, 2, MDM_NOBODY, 1, &join));
    REFUSED(mdm_join_rows(fleet, NULL, 2, MDM_NOBODY, 1, &join));
    REFUSED(mdm_join_rows(fleet, rows, 2, no_direction, 1, &join));
    REFUSED(mdm_join_rows(fleet, rows, 2, MDM_NOBODY, 1, NULL));
    REFUSED(mdm_join_classes(NULL, MDM_NOBODY, 1, &join));
    REFUSED(mdm_join_classes(fleet, no_direction, 1, &join));
    REFUSED(mdm_join_classes(fleet, MDM_NOBODY, 1, NULL));
    CHECK(join == NULL);
    CHECK(mdm_join_rows(fleet, rows, 2, MDM_NOBODY, 0, &join) == MDM_OK);
    refuse_answers(join);
    mdm_join_free(join);
    mdm_join_free(NULL);
}

/* ---- Saved fleets and Arrow data ---- */

static void refuse_saving(const mdm_fleet *fleet)
{
    mdm_saver *saver = NULL;
    mdm_fleet *loaded = NULL;
    const char *label = NULL;
    char bytes[8];
    size_t n = 0;
    REFUSED(mdm_saver_new(NULL, "", 0, &saver));
    REFUSED(mdm_saver_new(fleet, NULL, 1, &saver));
    REFUSED(mdm_saver_new(fleet, "", 0, NULL));
    CHECK(mdm_saver_new(fleet, NULL, 0, &saver) == MDM_OK);
    REFUSED(mdm_saver_next(NULL, bytes, 8, &n));
    REFUSED(mdm_saver_next(saver, NULL, 8, &n));
    REFUSED(mdm_saver_next(saver, bytes, 0, &n));
    REFUSED(mdm_saver_next(saver, bytes, 8, NULL));
    mdm_saver_free(saver);
    mdm_saver_free(NULL);
    REFUSED(mdm_fleet_load(&scheme, 1, NULL, "", 0, bytes, 8, NULL, NULL));
    REFUSED(mdm_fleet_load(&scheme, 1, NULL, NULL, 1, bytes, 8, &loaded, NULL));
    REFUSED(mdm_fleet_load(&scheme, 1, NULL, "", 0, NULL, 8, &loaded, NULL));
    REFUSED(mdm_fleet_load(NULL, 1, NULL, "", 0, bytes, 8, &loaded, NULL));
    CHECK(mdm_fleet_load(&scheme, 1, NULL, "", 0, NULL, 0, &loaded, NULL) == MDM_BAD_DATA);
    REFUSED(mdm_saved_label(bytes, 8, NULL, &n, NULL));
    REFUSED(mdm_saved_label(bytes, 8, &label, NULL, NULL));
    REFUSED(mdm_saved_label(NULL, 8, &label, &n, NULL));
    CHECK(mdm_saved_label(NULL, 0, &label, &n, NULL) == MDM_BAD_DATA);
    CHECK(loaded == NULL);
}

static void refuse_arrow(mdm_fleet *fleet)
{
    struct ArrowArrayStream stream = {.release = NULL};
    struct ArrowSchema columns = {.release = NULL};
    struct ArrowArray batch = {.release = NULL};
    mdm_reader *reader = NULL;
    mdm_arrow *arrow = NULL;
    size_t n = 0;
    int has_more = 0;
    REFUSED(mdm_fleet_export(NULL, &stream));
    REFUSED(mdm_fleet_export(fleet, NULL));
    CHECK(mdm_fleet_export(fleet, &stream) == MDM_OK);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    REFUSED(mdm_arrow_new(NULL, &stream, NULL, NULL, &arrow, NULL));
    REFUSED(mdm_arrow_new(reader, &stream, NULL, NULL, NULL, NULL));
    REFUSED(mdm_arrow_new(reader, NULL, NULL, &batch, &arrow, NULL));
    REFUSED(mdm_arrow_new(reader, NULL, &columns, NULL, &arrow, NULL));
    REFUSED(mdm_arrow_new(reader, &stream, &columns, NULL, &arrow, NULL));
    REFUSED(mdm_arrow_new(reader, &stream, NULL, &batch, &arrow, NULL));
    CHECK(stream.release != NULL && arrow == NULL);
    REFUSED(mdm_arrow_next(NULL, &n, &has_more, NULL));
    CHECK(mdm_arrow_new(reader, &stream, NULL, NULL, &arrow, NULL) == MDM_OK);
    REFUSED(mdm_arrow_next(arrow, NULL, &has_more, NULL));
    REFUSED(mdm_arrow_next(arrow, &n, NULL, NULL));
    mdm_arrow_free(arrow);
    mdm_arrow_free(NULL);
    mdm_reader_free(reader);
}

/* One column of four texts, with one thing wrong. */
typedef struct wrong {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const char *format;
    bool lacks_buffers;
    bool lacks_texts;
    bool is_released;
    bool is_coded;
    mdm_status status;
} wrong;

static void release_columns(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_batch(struct ArrowArray *array)
{
    array->release = NULL;
}

static mdm_status read_wrong(mdm_reader *reader, const wrong *given, mdm_flaw *flaw)
{
    static const int32_t ends[] = {0, 2, 4, 6, 8};
    const void *buffers[] = {NULL, ends, given->lacks_texts ? NULL : "V5V5V5V5"};
    struct ArrowSchema column = {.format = given->format, .name = "type", .release = release_columns};
    struct ArrowSchema *columns[] = {&column};
    struct ArrowArray array = {.length = given->length,
                               .null_count = given->null_count,
                               .offset = given->offset,
                               .n_buffers = given->n_buffers,
                               .n_children = given->n_children,
                               .buffers = given->lacks_buffers ? NULL : buffers,
                               .release = given->is_released ? NULL : release_batch};
    struct ArrowArray *arrays[] = {&array};
    struct ArrowSchema schema = {
        .format = "+s", .name = "", .n_children = 1, .children = columns, .release = release_columns};
    struct ArrowArray batch = {.length = 4,
                               .n_buffers = 1,
                               .n_children = 1,
                               .buffers = buffers,
                               .children = arrays,
                               .release = release_batch};
    mdm_arrow *arrow = NULL;
    size_t n_rows = 0;
    int has_more = 1;
    mdm_status status = MDM_OK;
    column.dictionary = given->is_coded ? &column : NULL;
    status = mdm_arrow_new(reader, NULL, &schema, &batch, &arrow, flaw);
    while (status == MDM_OK && has_more != 0) {
        status = mdm_arrow_next(arrow, &n_rows, &has_more, flaw);
    }
    mdm_arrow_free(arrow);
    CHECK(schema.release == NULL && batch.release == NULL);
    return status;
}

static void refuse_columns(mdm_fleet *fleet)
{
    static const wrong all[] = {
        {4, 0, 0, 3, 0, "u", false, false, false, false, MDM_OK},
        {4, -1, 0, 3, 0, "u", false, false, false, false, MDM_OK},
        {2, 0, 1, 3, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {-1, 0, 0, 3, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {4, -2, 0, 3, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 5, 0, 3, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 0, -1, 3, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 0, INT64_MAX, 3, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {INT64_MAX, 0, 0, 3, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, -1, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 2, 0, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, -1, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 1, "u", false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, NULL, false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, "g", false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, "+l", false, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, "u", true, false, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, "u", false, true, false, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, "u", false, false, true, false, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, "u", false, false, false, true, MDM_BAD_DATA},
        {4, 0, 0, 3, 0, "i", false, false, false, true, MDM_BAD_DATA},
    };
    for (size_t i = 0; i < 2 * (sizeof all / sizeof *all); i++) {
        mdm_reader *reader = NULL;
        mdm_flaw flaw = {NULL, 0, ""};
        CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
        CHECK(read_wrong(reader, &all[i / 2], i % 2 == 0 ? &flaw : NULL) == all[i / 2].status);
        CHECK((flaw.what != NULL) == (i % 2 == 0 && all[i / 2].status != MDM_OK));
        mdm_reader_free(reader);
    }
}

/* What stands for a table of columns and is none. */
static void refuse_frames(mdm_fleet *fleet)
{
    struct ArrowSchema nameless = {.format = "u", .release = release_columns};
    struct ArrowSchema unknown = {.format = "u", .name = "nobody", .release = release_columns};
    struct ArrowSchema *none[] = {NULL};
    struct ArrowSchema *nameless_one[] = {&nameless};
    struct ArrowSchema *unknown_one[] = {&unknown};
    const struct ArrowSchema frames[] = {
        {.format = NULL, .release = release_columns},
        {.format = "u", .release = release_columns},
        {.format = "+s", .n_children = -1, .release = release_columns},
        {.format = "+s", .n_children = UINT16_MAX + 1, .children = none, .release = release_columns},
        {.format = "+s", .n_children = 1, .release = release_columns},
        {.format = "+s", .n_children = 1, .children = none, .release = release_columns},
        {.format = "+s", .n_children = 1, .children = nameless_one, .release = release_columns},
        {.format = "+s", .n_children = 1, .children = unknown_one, .release = release_columns},
        {.format = "+s", .release = NULL},
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct ArrowSchema schema = frames[i];
        struct ArrowArray batch = {.release = release_batch};
        mdm_reader *reader = NULL;
        mdm_arrow *arrow = NULL;
        mdm_flaw flaw = {NULL, 0, ""};
        CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
        CHECK(mdm_arrow_new(reader, NULL, &schema, &batch, &arrow, &flaw) == MDM_BAD_DATA);
        CHECK(arrow == NULL && flaw.what != NULL && batch.release == NULL);
        mdm_reader_free(reader);
    }
}

/* ---- Without memory ---- */

static void ask_without_memory(const mdm_query *query, const mdm_fleet *fleet)
{
    mdm_verdict verdict = MDM_NO;
    mdm_size size;
    char text[256];
    uint32_t rows[N_DEVICES];
    uint8_t bits[1] = {0};
    size_t n = 0;
    CHECK(mdm_count(query, MDM_YES, &n) == MDM_OK && n == N_DEVICES);
    CHECK(mdm_rows(query, MDM_YES, rows, N_DEVICES, &n) == MDM_OK && rows[2] == 2);
    CHECK(mdm_first(query, MDM_YES, rows, 1, &n) == MDM_OK && n == 1 && rows[0] == 0);
    CHECK(mdm_bitmap(query, MDM_YES, bits, 1) == MDM_OK && bits[0] == 7);
    CHECK(mdm_verdict_of(query, 1, &verdict) == MDM_OK && verdict == MDM_YES);
    CHECK(mdm_description(fleet, 1, text, sizeof text, &n) == MDM_OK && n == strlen(LINE));
    CHECK(memcmp(text, LINE, n) == 0);
    CHECK(mdm_name(fleet, 1, text, sizeof text, &n) == MDM_OK && n == 1 && text[0] == 'a');
    CHECK(mdm_codes(fleet, 0, rows, 1) == MDM_OK && rows[0] == 1);
    mdm_fleet_size(fleet, &size);
    CHECK(size.n_devices == N_DEVICES && size.n_classes == 1);
    CHECK(mdm_row_count(fleet) == N_DEVICES && mdm_device_count(fleet) == N_DEVICES);
    CHECK(mdm_code_count(fleet, 0) == 2 && mdm_fleet_layout(fleet) == MDM_LAYOUT_CLASSES);
    CHECK(strlen(mdm_path_text(mdm_fleet_path(fleet))) > 0);
    CHECK(strcmp(mdm_status_text(MDM_OK), mdm_status_text(MDM_NO_MEMORY)) != 0);
}

static void read_without_memory(mdm_fleet *fleet, bank *bank)
{
    static char bytes[4096];
    mdm_saver *saver = NULL;
    const char *label = NULL;
    size_t n = 1;
    size_t n_bytes = 0;
    CHECK(mdm_saver_new(fleet, "mine", 4, &saver) == MDM_OK);
    for (; n > 0; n_bytes += n) {
        CHECK(mdm_saver_next(saver, bytes + n_bytes, sizeof bytes - n_bytes, &n) == MDM_OK);
    }
    mdm_saver_free(saver);
    bank->n_left = 0;
    CHECK(mdm_saved_label(bytes, n_bytes, &label, &n, NULL) == MDM_OK);
    CHECK(n == 4 && memcmp(label, "mine", 4) == 0);
}

static void check_without_memory(mdm_fleet *fleet, bank *bank)
{
    mdm_query *query = NULL;
    CHECK(mdm_query_new(fleet, LINE, strlen(LINE), MDM_NOBODY, 1, &query, NULL) == MDM_OK);
    bank->has_refused = 0;
    bank->n_left = 0;
    ask_without_memory(query, fleet);
    CHECK(!bank->has_refused);
    mdm_query_free(query);
    bank->n_left = SIZE_MAX;
    read_without_memory(fleet, bank);
    CHECK(!bank->has_refused);
    bank->n_left = SIZE_MAX;
}

int main(void)
{
    bank bank;
    mdm_fleet *fleet = make(&bank);
    refuse_schemes();
    check_relations();
    check_names();
    refuse_changes(fleet);
    refuse_reading(fleet);
    refuse_looks(fleet);
    refuse_questions(fleet);
    refuse_joins(fleet);
    refuse_saving(fleet);
    refuse_arrow(fleet);
    refuse_columns(fleet);
    refuse_frames(fleet);
    check_without_memory(fleet, &bank);
    refuse_stale(fleet);
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
    puts("well");
    return 0;
}
