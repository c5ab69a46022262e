/*
 * What sources ask for is noted while they are read, each clause and value once, and encoded when all
 * are known: where it is much, by several threads.
 */
#include <stdatomic.h>
#include <string.h>

#include "mdm_compiler.h"
#include "mdm_guard.h"
#include "mdm_threads.h"

#define AT_ONCE ((size_t)128) /* encoded by a thread before it takes more */
#define FEW ((size_t)2048)    /* not worth a thread */

static const mdm_encoded awaited;

/* ---- Noted ---- */

/* The place of a number, NULL where the memory ends. */
static const mdm_encoded **place_of(const mdm_compiler *compiler, mdm_encodings *encodings,
                                    uint32_t number)
{
    const size_t before = encodings->capacity;
    if (number >= before) {
        if (!MDM_RESERVE(compiler->memory, encodings, before, number + 1 - before)) {
            return NULL;
        }
        memset(encodings->at + before, 0,
               (encodings->capacity - before) * sizeof *encodings->at);
    }
    return &encodings->at[number];
}

static bool need(mdm_compiler *compiler, mdm_encodings *encodings, mdm_needed needed)
{
    mdm_needs *needs = &compiler->needs;
    const mdm_encoded **place = place_of(compiler, encodings, needed.number);
    if (place == NULL || *place != NULL) {
        return place != NULL;
    }
    if (!MDM_RESERVE(compiler->memory, needs, needs->n, 1)) {
        return false;
    }
    needs->at[needs->n++] = needed;
    *place = &awaited;
    return true;
}

bool mdm_need_clause(mdm_compiler *compiler, size_t attribute, uint32_t number)
{
    return need(compiler, &compiler->clauses[attribute],
                (mdm_needed){number, (uint16_t)attribute, false});
}

bool mdm_need_relation(mdm_compiler *compiler, size_t attribute, uint32_t number)
{
    return need(compiler, &compiler->relations[attribute],
                (mdm_needed){number, (uint16_t)attribute, true});
}

static bool need_own_clauses(mdm_compiler *compiler)
{
    for (size_t a = 0; a < compiler->fleet->scheme.n_attributes; a++) {
        mdm_encodings *encodings = &compiler->clauses[a];
        for (; encodings->n_needed < compiler->own.clauses[a].texts.n; encodings->n_needed++) {
            if (!mdm_need_clause(compiler, a, encodings->n_needed + 1)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- Encoded ---- */

typedef struct encoding {
    const mdm_compiler *compiler;
    mdm_encoded *made; /* one for each that is needed */
    mdm_arena *arenas; /* one for each AT_ONCE of them; NULL: that of the compiler */
    atomic_bool *has_failed;
} encoding;

static bool encode(const mdm_compiler *compiler, mdm_arena *arena, mdm_needed needed,
                   mdm_encoded *made)
{
    const mdm_fleet *fleet = compiler->fleet;
    const mdm_test test = {&fleet->scheme, true};
    const mdm_lone_clause *lone = NULL;
    mdm_object object = {.n_clauses = 0};
    if (needed.is_relation) {
        const size_t of = fleet->scheme.attributes[needed.attribute].of;
        return mdm_encode_relation(fleet, arena, needed.attribute,
                                   mdm_compiled_value(compiler, of, needed.number), made);
    }
    lone = &compiler->lists->clauses[needed.attribute].at[needed.number - 1];
    object.variables = lone->variables;
    return mdm_encode_clause(fleet, arena, &test, &object, &lone->clause, made);
}

static bool encode_some(const encoding *at, mdm_arena *arena, size_t begin, size_t end)
{
    const mdm_compiler *compiler = at->compiler;
    for (size_t i = begin; i < end && i < compiler->needs.n; i++) {
        const mdm_needed needed = compiler->needs.at[i];
        const mdm_encodings *encodings =
            needed.is_relation ? compiler->relations : compiler->clauses;
        if (!encode(compiler, arena, needed, &at->made[i])) {
            return false;
        }
        encodings[needed.attribute].at[needed.number] = &at->made[i];
    }
    return true;
}

static void encode_share(const void *context, size_t number)
{
    const encoding *at = context;
    const size_t begin = number * AT_ONCE;
    if (!encode_some(at, &at->arenas[number], begin, begin + AT_ONCE)) {
        atomic_store(at->has_failed, true);
    }
}

/* Each share has an arena, so what is made does not depend on who makes it. */
static bool encode_together(mdm_compiler *compiler, encoding *at, unsigned n_threads)
{
    const mdm_allocator *memory = compiler->memory;
    const size_t n = (compiler->needs.n + AT_ONCE - 1) / AT_ONCE;
    mdm_guard guard;
    if (!MDM_FIT(memory, &compiler->arenas, n)) {
        return false;
    }
    at->arenas = compiler->arenas.at;
    for (size_t i = 0; i < n; i++) {
        at->arenas[i] = (mdm_arena){&guard.shared, NULL, 0};
    }
    if (mdm_guard_begin(&guard, memory)) {
        mdm_run(n_threads, encode_share, at, n);
        mdm_guard_end(&guard);
    } else {
        atomic_store(at->has_failed, true);
    }
    for (size_t i = 0; i < n; i++) {
        at->arenas[i].memory = memory;
    }
    return !atomic_load(at->has_failed);
}

bool mdm_compiler_encode(mdm_compiler *compiler, unsigned n_threads)
{
    mdm_needs *needs = &compiler->needs;
    atomic_bool has_failed;
    encoding at = {.compiler = compiler, .has_failed = &has_failed};
    bool is_done = true;
    atomic_init(&has_failed, false);
    if (!need_own_clauses(compiler)) {
        return false;
    }
    at.made = mdm_take(&compiler->arena, needs->n, sizeof *at.made);
    if (at.made == NULL) {
        return false;
    }
    /* What was encoded before by several threads stays in their arenas. */
    if (n_threads > 1 && needs->n >= FEW && compiler->arenas.capacity == 0) {
        is_done = encode_together(compiler, &at, n_threads);
    } else {
        is_done = encode_some(&at, &compiler->arena, 0, needs->n);
    }
    needs->n = is_done ? 0 : needs->n;
    return is_done;
}
