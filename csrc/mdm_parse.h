/*
 * Reading: JSON tokens of one line, clause text, descriptions.
 */
#ifndef MDM_PARSE_H
#define MDM_PARSE_H

#include "mdm_fleet.h"
#include "mdm_plain.h"
#include "mdm_selves.h"
#include "mdm_steps.h"

/* Values of an attribute that a batch of sources has and the fleet lacks. */
typedef struct mdm_own_values {
    mdm_texts texts;
    mdm_value *at;
    size_t capacity;
} mdm_own_values;

typedef struct mdm_parser {
    const mdm_fleet *fleet;
    mdm_fleet *grown; /* the same fleet where it may grow; NULL for a question */
    mdm_steps *steps; /* of the lines before; NULL: there are none */
    mdm_memo *memo;   /* with steps */
    const mdm_ahead *ahead; /* with steps; NULL: nothing was taken ahead */
    mdm_steps *clause_steps; /* the same of the objects before */
    mdm_memo *clause_memo;   /* with them */
    mdm_lists *lists; /* where lists become codes; NULL: they become objects */
    mdm_own_values *values; /* one an attribute, where values become numbers; NULL: they do not */
    mdm_selves *selves; /* with values */
    uint64_t *marks; /* with values: a clear bit for each code of any strings */
    bool is_kept; /* the text stays as long as what it is made into */
    bool keeps_scratch; /* and so does scratch */
    mdm_keeper keeper;
    mdm_arena *scratch;
    const char *at;
    const char *end;   /* of the line */
    const char *limit; /* of what may be read; behind a line that ends before it is a line feed */
    const char *fault; /* set with MDM_BAD_TEXT */
} mdm_parser;

mdm_status mdm_refuse(mdm_parser *parser, const char *at); /* MDM_BAD_TEXT, there */

/* ---- mdm_json.c: strict RFC 8259. A line feed is the end of a line, never a blank. ---- */

typedef struct mdm_json_string {
    mdm_text text;     /* decoded: in the line itself, or in the scratch arena */
    const char *begin; /* after the quote */
    bool is_escaped;
} mdm_json_string;

char mdm_json_pass(mdm_parser *parser); /* blanks, of which most often there is none */
/* After blanks; 0 at the end. */
static inline char mdm_json_peek(mdm_parser *parser)
{
    return parser->at < parser->end && *parser->at > ' ' ? *parser->at : mdm_json_pass(parser);
}
mdm_status mdm_json_take_far(mdm_parser *parser, char expected); /* perhaps behind blanks */
static inline mdm_status mdm_json_take(mdm_parser *parser, char expected)
{
    if (parser->at < parser->end && *parser->at == expected) {
        parser->at++;
        return MDM_OK;
    }
    return mdm_json_take_far(parser, expected);
}
/* A key and its colon as everybody writes them; false, and at the same place: any other way. */
bool mdm_json_key_take(mdm_parser *parser, mdm_text name);
mdm_status mdm_json_string_take(mdm_parser *parser, mdm_json_string *string);
mdm_status mdm_json_integer_take(mdm_parser *parser, mdm_text *token);
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
bool mdm_is_printed(const char *at, size_t n); /* ASCII that can be printed; any piece of it is */

/* ---- Clause text ---- */

typedef struct mdm_cursor {
    const char *at;
    const char *end;
} mdm_cursor;

typedef struct mdm_builder {
    mdm_parser *parser;
    bool is_kept; /* what is parsed stays where it is as long as what it is made into */
    bool is_in_line;   /* as far as the limit of the parser may be read behind it */
    const char *limit; /* of what may be read */
    size_t n_variables;
    mdm_variable variables[MDM_MAX_VARIABLES];
    mdm_text declared[MDM_MAX_VARIABLES]; /* as written, with the braces */
} mdm_builder;

static inline void mdm_builder_begin(mdm_builder *builder, mdm_parser *parser)
{
    builder->parser = parser;
    builder->is_kept = parser->is_kept && parser->keeps_scratch;
    builder->is_in_line = false;
    builder->n_variables = 0;
}

mdm_status mdm_quoted_take(mdm_parser *parser, mdm_cursor *cursor, mdm_text *text);
mdm_status mdm_variable_take(mdm_builder *builder, mdm_cursor *cursor, uint8_t *variable);
size_t mdm_variable_find(const mdm_builder *builder, mdm_text name); /* n_variables: unknown */
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

/* ---- Objects ---- */

/* A key that names an attribute which is not taken yet, and its colon. *attribute is where it is
   looked for first, n_attributes at most. */
mdm_status mdm_attribute_take(mdm_parser *parser, uint64_t *taken, size_t *attribute);

/* A clause as the line has it: text, or a number. Take it with the attribute of the one before, or
   SIZE_MAX. */
typedef struct mdm_written {
    size_t attribute;
    mdm_json_string string;
} mdm_written;

mdm_status mdm_object_begin(mdm_parser *parser);
mdm_status mdm_written_take(mdm_parser *parser, uint64_t *listed, mdm_written *written);
mdm_status mdm_written_parse(mdm_builder *builder, const mdm_written *written, mdm_clause *clause);
/* A clause's text, which the builder has parsed, with each variable declared where it first stands
   unless it is known; then it is. In the scratch arena. */
bool mdm_stand_alone(const mdm_builder *builder, mdm_text text, uint32_t *known, mdm_text *alone);
/* Past a comma, or past what closes. */
mdm_status mdm_json_more(mdm_parser *parser, char close, bool *is_more);
/* Notes which clauses share a variable, and whether any does. Attributes that are never compared
   bind nothing. */
bool mdm_find_shared(mdm_builder *builder, mdm_clause *clauses, size_t n);
/* At the '[' of a list. */
mdm_status mdm_objects_parse(mdm_parser *parser, mdm_objects *objects);
/* The same into parser->lists, where it is not there yet. */
mdm_status mdm_list_read(mdm_parser *parser, uint32_t *number);

/* ---- Descriptions ---- */

typedef struct mdm_line {
    bool has_name;
    bool has_self;
    bool has_list;
    mdm_text name;
    uint64_t present;
    /* Where the fleet may grow; in a batch numbers, those of own values after the fleet's codes. */
    uint32_t codes[MDM_MAX_ATTRIBUTES + 1];
    const uint32_t *own; /* in a batch the numbers of its own values, where they stay */
    mdm_value values[MDM_MAX_ATTRIBUTES];   /* in a question */
    mdm_objects objects;                    /* in a question */
} mdm_line;

/* The value of a source: the fleet's, where it knows the text; else parsed. mdm_source.c */
mdm_status mdm_source_value(mdm_parser *parser, mdm_line *line, size_t attribute, mdm_text text);
/* In a batch: its number, and its text where it is kept. */
mdm_status mdm_source_number(mdm_parser *parser, size_t attribute, mdm_text text, uint64_t hash,
                             uint32_t *number);
const char *mdm_number_text(const mdm_parser *parser, size_t attribute, uint32_t number);
/* The text of one line, with or without its end. */
mdm_status mdm_line_parse(mdm_parser *parser, mdm_text text, mdm_line *line);
/* A line without its end that begins with this name, of plain ASCII; limit is set. */
mdm_status mdm_line_parse_named(mdm_parser *parser, mdm_text text, mdm_text name, mdm_line *line);
/* At what follows the key "self"; mdm_self.c. */
mdm_status mdm_self_parse(mdm_parser *parser, mdm_line *line);
/* Values that were found; codes are by attribute. */
mdm_status mdm_tokens_intern(mdm_parser *parser, const mdm_token *tokens, size_t n,
                             uint32_t *codes);
mdm_parser mdm_parser_growing(mdm_fleet *fleet);

#endif
