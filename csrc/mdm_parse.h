/*
 * Reading: JSON tokens of one line, clause text, descriptions.
 */
#ifndef MDM_PARSE_H
#define MDM_PARSE_H

#include "mdm_fleet.h"

typedef struct mdm_parser {
    const mdm_fleet *fleet;
    mdm_fleet *grown; /* the same fleet where it may grow; NULL for a question */
    mdm_keeper keeper;
    mdm_arena *scratch;
    const char *at;
    const char *end;
    const char *fault; /* set with MDM_BAD_TEXT */
} mdm_parser;

mdm_status mdm_refuse(mdm_parser *parser, const char *at); /* MDM_BAD_TEXT, there */

/* ---- mdm_json.c: strict RFC 8259. A line feed is the end of a line, never a blank. ---- */

typedef struct mdm_json_string {
    mdm_text text;     /* decoded: in the line itself, or in the scratch arena */
    const char *begin; /* after the quote */
    bool is_escaped;
} mdm_json_string;

char mdm_json_peek(mdm_parser *parser); /* after blanks; 0 at the end */
mdm_status mdm_json_take(mdm_parser *parser, char expected);
mdm_status mdm_json_string_take(mdm_parser *parser, mdm_json_string *string);
mdm_status mdm_json_integer_take(mdm_parser *parser, mdm_text *token);
/* How many bytes from here stand for themselves in a string: ASCII but quote, backslash and
   control characters. */
size_t mdm_json_plain(const char *at, const char *end);
/* Moves a fault in a decoded string to its place in the line. */
void mdm_json_locate(mdm_parser *parser, const mdm_json_string *string);

/* The length of the character at a place; 0: not UTF-8. */
size_t mdm_utf8_len(const char *place, size_t left);

/* ---- mdm_code.c: values and lists of a fleet that may grow, by their text ---- */

mdm_status mdm_value_intern(mdm_parser *parser, size_t attribute, mdm_text text, uint32_t *code);
mdm_status mdm_list_intern(mdm_parser *parser, uint32_t *code); /* at the '[' of a list */
/* The same for texts that no line holds: nothing of them is known, not even that they are UTF-8. */
mdm_status mdm_value_intern_raw(mdm_parser *parser, size_t attribute, mdm_text text,
                                uint32_t *code);
mdm_status mdm_list_intern_raw(mdm_parser *parser, mdm_text text, uint32_t *code);
bool mdm_is_name(mdm_text text);
bool mdm_is_plain(const char *at, size_t n); /* ASCII that can be printed; any piece of it is */

/* ---- Clause text ---- */

typedef struct mdm_cursor {
    const char *at;
    const char *end;
} mdm_cursor;

typedef struct mdm_builder {
    mdm_parser *parser;
    mdm_variable variables[MDM_MAX_VARIABLES];
    size_t n_variables;
} mdm_builder;

bool mdm_is_bare(char c); /* may stand in a literal; a comma too */
mdm_status mdm_quoted_take(mdm_parser *parser, mdm_cursor *cursor, mdm_text *text);
mdm_status mdm_variable_take(mdm_builder *builder, mdm_cursor *cursor, uint8_t *variable);
mdm_status mdm_value_keep(mdm_parser *parser, mdm_kind kind, mdm_text text, mdm_value *value);
void *mdm_settle(mdm_arena *arena, const void *at, size_t n, size_t element_size);

/* The atoms of a value that has variables, compiled. */
typedef struct mdm_atom {
    mdm_text text;
    const char *begin;
    bool is_quoted;
    bool is_variable;
    uint8_t variable;
} mdm_atom;

typedef struct mdm_atoms {
    mdm_atom *at;
    size_t capacity;
    size_t n;
    bool has_variable;
} mdm_atoms;

mdm_status mdm_template_compile(mdm_builder *builder, const mdm_atoms *atoms, mdm_clause *clause);
mdm_status mdm_clause_parse(mdm_builder *builder, size_t attribute, mdm_text text,
                            mdm_clause *clause);
/* At the '[' of a list. */
mdm_status mdm_objects_parse(mdm_parser *parser, mdm_objects *objects);

/* ---- Descriptions ---- */

typedef struct mdm_line {
    bool has_name;
    bool has_self;
    bool has_list;
    mdm_text name;
    uint64_t present;
    uint32_t codes[MDM_MAX_ATTRIBUTES + 1]; /* where the fleet may grow */
    mdm_value values[MDM_MAX_ATTRIBUTES];   /* in a question */
    mdm_text texts[MDM_MAX_ATTRIBUTES];     /* in a question */
    mdm_objects objects;                    /* in a question */
} mdm_line;

/* The text of one line, with or without its end. */
mdm_status mdm_line_parse(mdm_parser *parser, mdm_text text, mdm_line *line);
mdm_parser mdm_parser_growing(mdm_fleet *fleet);

#endif
