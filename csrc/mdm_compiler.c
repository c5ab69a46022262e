/*
 * A batch of sources compiled.
 */
#include "mdm_compiler.h"

#include <string.h>

#define SMALL_PAYS ((size_t)1 << 7) /* lines */
#define SMALL_BUCKETS ((size_t)1 << 10)
#define LARGE_PAYS ((size_t)1 << 12)
#define LARGE_BUCKETS ((size_t)1 << 13)

/* ---- Made ---- */

static bool take_tables(mdm_compiler *compiler, size_t n)
{
    compiler->values = mdm_take(&compiler->arena, n, sizeof *compiler->values);
    compiler->clauses = mdm_take(&compiler->arena, 2 * n, sizeof *compiler->clauses);
    compiler->steps = mdm_take(&compiler->arena, 2, sizeof *compiler->steps);
    if (compiler->values == NULL || compiler->clauses == NULL || compiler->steps == NULL) {
        return false;
    }
    compiler->relations = compiler->clauses + n;
    memset(compiler->values, 0, n * sizeof *compiler->values);
    memset(compiler->clauses, 0, 2 * n * sizeof *compiler->clauses);
    memset(compiler->steps, 0, 2 * sizeof *compiler->steps);
    return true;
}

/* Strings have no order, so marks tell which have been named. */
static bool take_marks(mdm_compiler *compiler)
{
    const mdm_fleet *fleet = compiler->fleet;
    size_t n_words = 1;
    for (size_t a = 0; a < fleet->scheme.n_attributes; a++) {
        const size_t n = fleet->dictionaries[a].texts.n / 64 + 1;
        n_words = fleet->scheme.attributes[a].kind == MDM_STRING && n > n_words ? n : n_words;
    }
    compiler->marks = mdm_take(&compiler->arena, n_words, sizeof *compiler->marks);
    if (compiler->marks == NULL) {
        return false;
    }
    memset(compiler->marks, 0, n_words * sizeof *compiler->marks);
    return true;
}

bool mdm_compiler_new(mdm_compiler *compiler, const mdm_fleet *fleet,
                      const mdm_allocator *memory, bool is_of_fleet)
{
    const size_t n = fleet->scheme.n_attributes;
    memset(compiler, 0, sizeof *compiler);
    compiler->fleet = fleet;
    compiler->memory = memory;
    compiler->lists = is_of_fleet ? &fleet->lists : &compiler->own;
    compiler->arena.memory = memory;
    compiler->scratch.memory = memory;
    if (!take_tables(compiler, n) || !(is_of_fleet || take_marks(compiler)) ||
        !mdm_lists_new(memory, &compiler->own, n)) {
        mdm_arena_free(&compiler->arena);
        memset(compiler, 0, sizeof *compiler);
        return false;
    }
    return true;
}

void mdm_compiler_free(mdm_compiler *compiler)
{
    const mdm_fleet *fleet = compiler->fleet;
    if (fleet == NULL) {
        return;
    }
    for (size_t a = 0; a < fleet->scheme.n_attributes; a++) {
        mdm_texts_free(&compiler->values[a].texts, compiler->memory);
        MDM_TRIM(compiler->memory, &compiler->values[a], 0);
        MDM_TRIM(compiler->memory, &compiler->clauses[a], 0);
        MDM_TRIM(compiler->memory, &compiler->relations[a], 0);
    }
    mdm_memo_close(&compiler->memo, compiler->memory);
    mdm_memo_close(&compiler->clause_memo, compiler->memory);
    mdm_selves_close(&compiler->selves, compiler->memory);
    mdm_lists_free(compiler->memory, &compiler->own);
    for (size_t i = 0; i < compiler->arenas.capacity; i++) {
        mdm_arena_free(&compiler->arenas.at[i]);
    }
    MDM_TRIM(compiler->memory, &compiler->arenas, 0);
    MDM_TRIM(compiler->memory, &compiler->needs, 0);
    mdm_arena_free(&compiler->scratch);
    mdm_arena_free(&compiler->arena);
    memset(compiler, 0, sizeof *compiler);
}

/* ---- Values ---- */

const mdm_value *mdm_compiled_value(const mdm_compiler *compiler, size_t attribute,
                                    uint32_t number)
{
    const mdm_dictionary *dictionary = &compiler->fleet->dictionaries[attribute];
    if (number == 0) {
        return NULL;
    }
    return number <= dictionary->texts.n
               ? &dictionary->at[number - 1]
               : &compiler->values[attribute].at[number - 1 - dictionary->texts.n];
}

/* ---- Sources ---- */

static bool need_list(mdm_compiler *compiler, uint32_t list)
{
    const mdm_lists *lists = compiler->lists;
    const size_t n = compiler->fleet->scheme.n_attributes;
    bool is_done = true;
    for (uint32_t i = 0; i < lists->at[list].n; i++) {
        const uint32_t row = lists->objects.at[lists->at[list].first + i];
        for (size_t a = 0; a < n && is_done; a++) {
            const uint32_t number = mdm_code(&lists->columns, a, row);
            is_done = number == 0 || mdm_need_clause(compiler, a, number);
        }
    }
    return is_done;
}

/* values stay; code: that of the list, 0: none. */
static mdm_status finish(mdm_compiler *compiler, const uint32_t *values, uint32_t code,
                         mdm_compiled *made)
{
    const mdm_scheme *scheme = &compiler->fleet->scheme;
    bool is_done = true;
    *made = (mdm_compiled){values, code == 0 ? MDM_NONE : code - 1};
    for (size_t a = 0; a < scheme->n_attributes && is_done; a++) {
        is_done = !mdm_is_compared(&scheme->attributes[a]) ||
                  mdm_need_relation(compiler, a, values[scheme->attributes[a].of]);
    }
    return is_done ? MDM_OK : MDM_NO_MEMORY;
}

/* A memo is worth its memory where many lines are read. */
static void open_memos(mdm_compiler *compiler)
{
    const mdm_allocator *memory = compiler->memory;
    const size_t n = compiler->n_lines++;
    if (n == SMALL_PAYS || n == LARGE_PAYS) {
        const size_t n_buckets = n == SMALL_PAYS ? SMALL_BUCKETS : LARGE_BUCKETS;
        mdm_memo_open(&compiler->memo, memory, n_buckets);
        mdm_memo_open(&compiler->clause_memo, memory, n_buckets);
    }
    if (n == SMALL_PAYS) {
        mdm_selves_open(&compiler->selves, memory);
    }
}

mdm_status mdm_compile_line(mdm_compiler *compiler, mdm_text text, mdm_compiled *made,
                            const char **fault)
{
    const mdm_fleet *fleet = compiler->fleet;
    const size_t n = fleet->scheme.n_attributes;
    mdm_parser parser = {.fleet = fleet,
                         .lists = &compiler->own,
                         .values = compiler->values,
                         .steps = &compiler->steps[0],
                         .memo = &compiler->memo,
                         .selves = &compiler->selves,
                         .marks = compiler->marks,
                         .clause_steps = &compiler->steps[1],
                         .clause_memo = &compiler->clause_memo,
                         .is_kept = true,
                         .limit = compiler->limit == NULL ? text.at + text.len : compiler->limit,
                         .keeper = {&compiler->arena, &fleet->members, NULL},
                         .scratch = &compiler->scratch};
    mdm_line line;
    mdm_status status = MDM_OK;
    open_memos(compiler);
    mdm_arena_reset(&compiler->scratch);
    status = mdm_line_parse(&parser, text, &line);
    if (status == MDM_BAD_TEXT) {
        *fault = parser.fault;
    }
    return status == MDM_OK ? finish(compiler, line.own, line.has_list ? line.codes[n] : 0, made)
                            : status;
}

mdm_status mdm_compile_class(mdm_compiler *compiler, size_t class, mdm_compiled *made)
{
    const mdm_columns *columns = &compiler->fleet->classes.columns;
    const size_t n = columns->n_columns - 1;
    const uint32_t list = mdm_code(columns, n, class);
    uint32_t *values = mdm_take(&compiler->arena, n, sizeof *values);
    if (values == NULL || (list != 0 && !need_list(compiler, list - 1))) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = mdm_code(columns, i, class);
    }
    return finish(compiler, values, list, made);
}

void mdm_compiler_call(mdm_compiler *compiler, const mdm_allocator *memory)
{
    compiler->memory = memory;
    compiler->arena.memory = memory;
    compiler->scratch.memory = memory;
}
