/*
 * The strings of a clause of a batch, on their way to codes of the fleet.
 */
#ifndef MDM_NAMED_H
#define MDM_NAMED_H

#include "mdm_parse.h"

typedef struct mdm_named {
    uint32_t *at; /* codes, each once; in the scratch arena */
    size_t capacity;
    size_t n;
    size_t n_given; /* strings, whether the fleet has them or not */
} mdm_named;

static inline bool mdm_is_named(const mdm_parser *parser, mdm_kind kind)
{
    return kind == MDM_STRING && parser->values != NULL;
}

/* Takes strings that are written as most are, each with the comma behind it, and leaves the rest. */
mdm_status mdm_named_take(mdm_builder *builder, mdm_cursor *cursor, size_t attribute,
                          mdm_named *named);
/* is_bare: the text is a literal of the clause, and has no byte that a string may not have. */
mdm_status mdm_named_add(mdm_builder *builder, size_t attribute, mdm_text text, bool is_bare,
                         mdm_named *named);
mdm_status mdm_named_keep(mdm_builder *builder, const mdm_named *named, mdm_clause *clause);
/* After the last, whatever came of it: the marks of the parser are clear again. */
void mdm_named_end(const mdm_builder *builder, const mdm_named *named);

#endif
