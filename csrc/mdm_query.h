/*
 * A question: what the source accepts as tables of bits by code, and the classes that pass them as
 * bits by class.
 */
#ifndef MDM_QUERY_H
#define MDM_QUERY_H

#include "mdm_kernel.h"
#include "mdm_parse.h"

/* Verdicts by code of a column. A verdict is two bits: not MDM_NO, and MDM_YES. */
typedef struct mdm_table {
    size_t column;
    size_t n_codes;
    size_t n_refused;
    uint64_t *possible;
    uint64_t *accepted; /* the same words where nothing is undecided */
} mdm_table;

#define MDM_MAX_TABLES (MDM_MAX_ATTRIBUTES + 1)

/* Classes of a page that are looked up one by one faster than all of it at once. */
#define MDM_FEW 32

typedef struct mdm_tables {
    size_t n;
    mdm_table at[MDM_MAX_TABLES]; /* a column once, the most selective first */
    /* Once they are ordered: */
    double share[MDM_MAX_TABLES]; /* of the codes, that are possible */
    size_t of_key[MDM_MAX_KEYS];  /* the table of each zone's column; MDM_MAX_TABLES: none */
    bool has_undecided; /* some table has codes that are undecided */
    mdm_filter possible[MDM_MAX_TABLES];
    mdm_filter accepted[MDM_MAX_TABLES];
} mdm_tables;

/* An object of the source, one of a few. */
typedef struct mdm_alternative {
    mdm_tables tables;
    const mdm_object *joined; /* the object, if variables tie its clauses together; else NULL */
} mdm_alternative;

/* So many objects are compiled once, and asked together page by page; more, one after the other. */
#define MDM_MOST_TOGETHER 16

/* Of a page. */
typedef struct mdm_page_sum {
    uint16_t n_possible;
    uint16_t n_accepted;
} mdm_page_sum;

/* Bits by class, whole pages of them, and four such rows in one block. */
#define MDM_BIT_ROWS 4

typedef struct mdm_bits {
    uint64_t *possible;
    uint64_t *accepted;
} mdm_bits;

/* The words that a question was compiled from. Values keep their codes while none is cut. */
typedef struct mdm_vocabulary {
    size_t n_cuts;
    size_t n_classes; /* when it was asked last */
    size_t n_members;
    size_t n_lists;
    size_t n_codes[MDM_MAX_ATTRIBUTES];
} mdm_vocabulary;

/* A question of a large flat fleet is judged when an answer needs it. */
typedef enum mdm_stage { MDM_ASKED, MDM_IN_JUDGEMENT, MDM_JUDGED } mdm_stage;

/* Words of marks that are looked at together: there are always as many, or none. */
#define MDM_MARKS_AT_ONCE ((size_t)8)

struct mdm_query {
    const mdm_fleet *fleet;
    atomic_int stage; /* an mdm_stage; threads that share the query judge it once */
    mdm_direction accepted_by;
    unsigned n_threads;
    uint64_t generation; /* of the fleet that was asked */
    size_t n_words;
    size_t n_used; /* of them; those behind have no bits */
    mdm_bits bits; /* one row, where nothing is undecided */
    mdm_page_sum *sums; /* a page; NULL: not known */
    mdm_words marks; /* a bit a row, none of them set; of a flat fleet */
    atomic_flag is_marking; /* threads that share the query take turns, or do without */
    atomic_int refused; /* an mdm_stage: of the row of MDM_NO, which few ask for */
    bool has_undecided; /* perhaps: else no class is */
    const uint64_t *by_verdict[4]; /* the classes with each verdict, one of which none has */
    size_t n_devices[4];
    mdm_arena arena;     /* from here on: the question compiled */
    mdm_text text;
    mdm_vocabulary vocabulary; /* from here on nothing is set before it is needed */
    mdm_line line;
    const mdm_value *source[MDM_MAX_ATTRIBUTES]; /* one an attribute of the scheme */
    mdm_tables tables;
    mdm_alternative *any; /* the objects of the source, if there are a few */
    size_t n_any;
};

/* For what a query keeps of its own answers: these are the same before and after, so nobody who
   holds it sees it change. */
static inline mdm_query *mdm_query_own(const mdm_query *query)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): how const is taken away without a warning */
    return (mdm_query *)(uintptr_t)query;
}

/* ---- mdm_plan.c: tables of verdicts by code ---- */

/* All MDM_NO. */
bool mdm_table_new(mdm_arena *arena, size_t column, size_t n_codes, bool has_undecided,
                   mdm_table *made);
/* Puts two tables of one column into one; one that refuses nobody is left out. */
void mdm_tables_add(const mdm_fleet *fleet, mdm_tables *tables, const mdm_table *made);
/* Which tables are those of the zones' keys; they may have changed since. */
void mdm_tables_find_keys(const mdm_fleet *fleet, mdm_tables *tables);
/* When all are there: those first that refuse most for what they cost. */
void mdm_tables_order(const mdm_fleet *fleet, mdm_tables *tables);

static inline void mdm_table_set(mdm_table *table, size_t code, unsigned verdict)
{
    table->possible[code / 64] |= (uint64_t)(verdict & 1) << code % 64;
    table->accepted[code / 64] |= (uint64_t)(verdict >> 1 & 1) << code % 64;
}

/* Each adds to tables, in the arena of the query. */
mdm_status mdm_plan_relations(mdm_query *query, mdm_tables *tables);
mdm_status mdm_plan_target_lists(mdm_query *query, mdm_tables *tables);
mdm_status mdm_plan_object(mdm_query *query, const mdm_object *object, mdm_tables *tables);

/* ---- mdm_targets.c: the objects of targets asked about the source ---- */

/* By the code of a list, in the arena. source: one pointer an attribute, NULL: absent. */
bool mdm_ask_target_lists(const mdm_fleet *fleet, mdm_arena *arena,
                          const mdm_value *const *source, mdm_table *made);

/* ---- mdm_scan.c: the calls of these names, for who holds the fleet ---- */

mdm_status mdm_rows_held(const mdm_query *query, mdm_verdict verdict, uint32_t *rows,
                         size_t rows_len, size_t *n_rows);
mdm_status mdm_first_held(const mdm_query *query, mdm_verdict verdict, uint32_t *rows,
                          size_t rows_len, size_t *n_rows);
mdm_status mdm_bitmap_held(const mdm_query *query, mdm_verdict verdict, uint8_t *bits,
                           size_t bits_len);

/* ---- mdm_gather.c: from the classes of a verdict to their rows ---- */

/* All, ascending. */
void mdm_gather(const mdm_query *query, mdm_verdict verdict, uint32_t *rows);
/* The lowest; there are as many. */
void mdm_gather_first(const mdm_query *query, mdm_verdict verdict, uint32_t *rows, size_t wanted);
/* Sets their bits. */
void mdm_gather_bits(const mdm_query *query, mdm_verdict verdict, uint8_t *bits);

/* ---- mdm_first.c: of a flat fleet, not judged yet ---- */

/* The lowest rows that are accepted. False: they are not among the first rows of the fleet. */
bool mdm_first_early(const mdm_query *query, uint32_t *rows, size_t wanted);

/* ---- mdm_sort.c ---- */

/* All below n_rows. */
void mdm_rows_sort(uint32_t *rows, size_t n, size_t n_rows);

/* ---- mdm_judge.c ---- */

mdm_status mdm_judge(mdm_query *query);
/* The single object of the source, if variables tie its clauses together; else NULL. */
const mdm_object *mdm_query_joined(const mdm_query *query);
/* One sweep is all there is to judge, which takes no memory. */
bool mdm_query_is_plain(const mdm_query *query);
/* A few objects, each compiled for itself. */
mdm_status mdm_plan_objects(mdm_query *query);

/* ---- mdm_page.c: tables asked about the classes of a page ---- */

/* Words of bits that have classes. */
size_t mdm_page_words(const mdm_fleet *fleet, size_t page);
/* Whether the zones of the page have a code of each table that is a key. */
bool mdm_page_is_in_zones(const mdm_zones *zones, const mdm_tables *tables, size_t page);
/* Clears the bits of classes that are refused, of a page that is in the zones; what is left is
   possible, and what of that is accepted is put there. accepted may be possible, where nothing is
   undecided. */
void mdm_page_ask(const mdm_fleet *fleet, const mdm_tables *tables, const mdm_object *joined,
                  size_t page, uint64_t *possible, uint64_t *accepted);
/* Whether one choice of the variables suits all clauses that share one. */
bool mdm_class_joins(const mdm_fleet *fleet, const mdm_object *object, size_t class);

/* ---- mdm_sweep.c: tables asked about every class ---- */

/* Asks all that is compiled of every class. */
void mdm_sweep(mdm_query *query);
/* Asks an object of the classes of `from`. */
void mdm_sweep_object(const mdm_query *query, const mdm_alternative *object, const uint64_t *from,
                      mdm_bits to);

/* ---- mdm_settle.c: when a question is judged ---- */

/* Judges now, or, where that takes long and no memory, when an answer needs it. */
mdm_status mdm_query_ask(mdm_query *query);
/* Judges what was only asked, so that the classes of a verdict are there; who holds the fleet. */
void mdm_query_settle(const mdm_query *query, mdm_verdict verdict);
void mdm_query_free_bits(mdm_query *query);
size_t mdm_count_devices(const mdm_fleet *fleet, const uint64_t *bits, size_t n_words);

/* ---- mdm_query.c ---- */

/* A source that was read before: its values, one an attribute (NULL: absent), and the text of its
   list (NULL: it has none). Both are borrowed. */
mdm_status mdm_query_of(const mdm_fleet *fleet, const mdm_value *const *values,
                        const mdm_text *list, mdm_direction accepted_by, unsigned n_threads,
                        mdm_query **made);
/* Nothing was read into the fleet since it was asked; what was can be judged only then. */
bool mdm_query_knows_all(const mdm_query *query);

#endif
