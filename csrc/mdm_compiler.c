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

bool mdm_compiler_new(mdm_compiler *compiler, const mdm_fleet *fleet, bool is_of_fleet)
{
    const size_t n = fleet->scheme.n_attributes;
    memset(compiler, 0, sizeof *compiler);
    compiler->fleet = fleet;
    compiler->lists = is_of_fleet ? &fleet->lists : &compiler->own;
    compiler->arena.memory = &fleet->memory;
    compiler->scratch.memory = &fleet->memory;
    if (!take_tables(compiler, n) || !mdm_lists_new(&fleet->memory, &compiler->own, n)) {
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
        mdm_texts_free(&compiler->values[a].texts, &fleet->memory);
        MDM_TRIM(&fleet->memory, &compiler->values[a], 0);
        MDM_TRIM(&fleet->memory, &compiler->clauses[a], 0);
        MDM_TRIM(&fleet->memory, &compiler->relations[a], 0);
    }
    mdm_memo_close(&compiler->memo, &fleet->memory);
    mdm_memo_close(&compiler->clause_memo, &fleet->memory);
    mdm_lists_free(&fleet->memory, &compiler->own);
    for (size_t i = 0; i < compiler->arenas.capacity; i++) {
        mdm_arena_free(&compiler->arenas.at[i]);
    }
    MDM_TRIM(&fleet->memory, &compiler->arenas, 0);
    MDM_TRIM(&fleet->memory, &compiler->needs, 0);
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

static mdm_status finish(mdm_compiler *compiler, const uint32_t *codes, bool has_list,
                         mdm_compiled *made)
{
    const mdm_scheme *scheme = &compiler->fleet->scheme;
    bool is_done = true;
    /* cppcheck-suppress uninitvar ; a class has a code of each attribute */
    made->list = has_list ? codes[scheme->n_attributes] - 1 : MDM_NONE;
    made->values =
        mdm_settle(&compiler->arena, codes, scheme->n_attributes, sizeof *codes);
    if (made->values == NULL || (has_list && !need_list(compiler, made->list))) {
        return MDM_NO_MEMORY;
    }
    for (size_t a = 0; a < scheme->n_attributes && is_done; a++) {
        is_done = !mdm_is_compared(&scheme->attributes[a]) ||
                  mdm_need_relation(compiler, a, codes[scheme->attributes[a].of]);
    }
    return is_done ? MDM_OK : MDM_NO_MEMORY;
}

/* A memo is worth its memory where many lines are read. */
static void open_memos(mdm_compiler *compiler)
{
    const mdm_allocator *memory = &compiler->fleet->memory;
    const size_t n = compiler->n_lines++;
    if (n == SMALL_PAYS || n == LARGE_PAYS) {
        const size_t n_buckets = n == SMALL_PAYS ? SMALL_BUCKETS : LARGE_BUCKETS;
        mdm_memo_open(&compiler->memo, memory, n_buckets);
        mdm_memo_open(&compiler->clause_memo, memory, n_buckets);
    }
}

mdm_status mdm_compile_line(mdm_compiler *compiler, mdm_text text, mdm_compiled *made,
                            const char **fault)
{
    const mdm_fleet *fleet = compiler->fleet;
    mdm_parser parser = {.fleet = fleet,
                         .lists = &compiler->own,
                         .values = compiler->values,
                         .steps = &compiler->steps[0],
                         .memo = &compiler->memo,
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
    return status == MDM_OK ? finish(compiler, line.codes, line.has_list, made) : status;
}

mdm_status mdm_compile_class(mdm_compiler *compiler, size_t class, mdm_compiled *made)
{
    const mdm_columns *columns = &compiler->fleet->classes.columns;
    uint32_t codes[MDM_MAX_ATTRIBUTES + 1];
    MDM_HOLDS(columns->n_columns > 0); /* the last is that of lists */
    for (size_t i = 0; i < columns->n_columns; i++) {
        codes[i] = mdm_code(columns, i, class);
    }
    return finish(compiler, codes, codes[columns->n_columns - 1] != 0, made);
}
