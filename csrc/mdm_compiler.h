/*
 * Many sources compiled together: each value and each clause that they have is read and encoded
 * once. Sources are lines, whose clauses are kept in lists of the compiler's own, or devices of the
 * fleet, whose clauses the fleet has.
 *
 * An object of a source is a row of lists->columns: lists->objects from the list's first on. Its
 * number in column a is that of its clause of attribute a (0: not listed; see mdm_encode_unlisted),
 * in the last column that of its joint (0: none; else lists->joints has what a target must solve).
 *
 * What is encoded is bounded by the different clauses and values of the batch, and goes with it.
 */
#ifndef MDM_COMPILER_H
#define MDM_COMPILER_H

#include "mdm_encode.h"
#include "mdm_parse.h"

typedef struct mdm_compiled {
    const uint32_t *values; /* the number of each attribute's value; 0: absent */
    uint32_t list;          /* its place in lists; MDM_NONE: the source publishes none */
} mdm_compiled;

/* By number. NULL: nobody needs it. */
typedef struct mdm_encodings {
    const mdm_encoded **at;
    size_t capacity;
    uint32_t n_needed; /* clauses of lines: so many are needed, from number 1 on */
} mdm_encodings;

/* The clause of an attribute, or its relation to a value, by number. */
typedef struct mdm_needed {
    uint32_t number;
    uint16_t attribute;
    bool is_relation;
} mdm_needed;

typedef struct mdm_needs {
    mdm_needed *at;
    size_t capacity;
    size_t n;
} mdm_needs;

typedef struct mdm_arenas {
    mdm_arena *at;
    size_t capacity;
} mdm_arenas;

typedef struct mdm_compiler {
    const mdm_fleet *fleet;
    const mdm_allocator *memory;
    const mdm_lists *lists; /* the fleet's, or own */
    mdm_lists own;
    mdm_own_values *values; /* one an attribute, as are the next; those that the fleet lacks */
    mdm_encodings *clauses;
    mdm_encodings *relations; /* of an attribute to the value that its relation takes */
    mdm_steps *steps; /* two: of the values of lines before, and of their clauses */
    mdm_memo memo; /* of values */
    mdm_memo clause_memo;
    mdm_selves selves;
    uint64_t *marks; /* of lines: as of mdm_parser */
    size_t n_lines;
    const char *limit; /* of the text that lines stand in; NULL: a line may be all of it */
    mdm_needs needs; /* not encoded yet */
    mdm_arena arena;
    mdm_arena scratch;
    mdm_arenas arenas; /* of what several threads have encoded */
} mdm_compiler;

/* memory: the fleet's, or one that calls it. is_of_fleet: sources are devices. The fleet stays as it
   is until the end. */
bool mdm_compiler_new(mdm_compiler *compiler, const mdm_fleet *fleet,
                      const mdm_allocator *memory, bool is_of_fleet);
/* From now on memory comes from this allocator, which takes back what the one before gave. */
void mdm_compiler_call(mdm_compiler *compiler, const mdm_allocator *memory);
void mdm_compiler_free(mdm_compiler *compiler);

/* A line, which is borrowed until the end, or a class of the fleet. Where it fails, other sources
   stay as they were. */
mdm_status mdm_compile_line(mdm_compiler *compiler, mdm_text text, mdm_compiled *made,
                            const char **fault);
mdm_status mdm_compile_class(mdm_compiler *compiler, size_t class, mdm_compiled *made);

/* Encodes what the sources need, before it is asked for. The allocator is called by one thread at a
   time. False: the memory ended. */
bool mdm_compiler_encode(mdm_compiler *compiler, unsigned n_threads);

/* ---- mdm_encodings.c: what is needed; false: the memory ended ---- */

bool mdm_need_clause(mdm_compiler *compiler, size_t attribute, uint32_t number);
bool mdm_need_relation(mdm_compiler *compiler, size_t attribute, uint32_t number);

/* ---- */

/* NULL: absent. */
const mdm_value *mdm_compiled_value(const mdm_compiler *compiler, size_t attribute,
                                    uint32_t number);

/* Of a clause that a source has. */
static inline const mdm_encoded *mdm_compiled_clause(const mdm_compiler *compiler,
                                                     size_t attribute, uint32_t number)
{
    return compiler->clauses[attribute].at[number];
}

/* Of an attribute that is compared, for a source. */
static inline const mdm_encoded *mdm_compiled_relation(const mdm_compiler *compiler,
                                                       size_t attribute,
                                                       const mdm_compiled *source)
{
    const size_t of = compiler->fleet->scheme.attributes[attribute].of;
    return compiler->relations[attribute].at[source->values[of]];
}

#endif
