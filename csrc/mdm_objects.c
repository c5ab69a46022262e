/*
 * The list of objects of a description: [{"a":"superset(x)"},{"b":1}].
 */
#include <string.h>

#include "mdm_parse.h"

typedef struct clauses {
    mdm_clause *at;
    size_t capacity;
    size_t n;
} clauses;

typedef struct objects {
    mdm_object *at;
    size_t capacity;
    size_t n;
} objects;

static mdm_status parse_text(mdm_builder *builder, size_t attribute, mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    mdm_json_string string;
    mdm_status status = mdm_json_string_take(parser, &string);
    if (status == MDM_OK) {
        status = mdm_clause_parse(builder, attribute, string.text, clause);
        if (status == MDM_BAD_TEXT) {
            mdm_json_locate(parser, &string);
        }
    }
    return status;
}

static mdm_status parse_number(mdm_builder *builder, size_t attribute, mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    const mdm_kind kind = parser->fleet->scheme.attributes[attribute].kind;
    mdm_text token = {parser->at, 0};
    mdm_status status = MDM_OK;
    if (kind != MDM_INT && kind != MDM_RATIO) {
        return mdm_refuse(parser, parser->at);
    }
    status = mdm_json_integer_take(parser, &token);
    return status == MDM_OK ? mdm_clause_parse(builder, attribute, token, clause) : status;
}

static mdm_status parse_member(mdm_builder *builder, mdm_object *object, clauses *read)
{
    mdm_parser *parser = builder->parser;
    mdm_json_string key;
    size_t attribute = 0;
    mdm_status status = mdm_json_string_take(parser, &key);
    if (status != MDM_OK) {
        return status;
    }
    attribute = mdm_fleet_find(parser->fleet, key.text, read->n);
    if (attribute == parser->fleet->scheme.n_attributes || (object->listed >> attribute & 1)) {
        return mdm_refuse(parser, key.begin - 1);
    }
    object->listed |= (uint64_t)1 << attribute;
    status = mdm_json_take(parser, ':');
    if (status != MDM_OK) {
        return status;
    }
    if (!MDM_REGROW(parser->scratch, read, read->n)) {
        return MDM_NO_MEMORY;
    }
    status = mdm_json_peek(parser) == '"' ? parse_text(builder, attribute, &read->at[read->n])
                                          : parse_number(builder, attribute, &read->at[read->n]);
    read->n++;
    return status;
}

/* Which templates share a variable. Attributes that are never compared bind nothing. */
static void find_shared(mdm_builder *builder, mdm_object *object, clauses *read)
{
    const mdm_attribute *attributes = builder->parser->fleet->scheme.attributes;
    for (size_t i = 0; i < read->n; i++) {
        for (uint8_t v = 0; v < read->at[i].n_variables; v++) {
            if (attributes[read->at[i].attribute].relation != MDM_ANY) {
                builder->variables[read->at[i].variables[v]].n_clauses++;
            }
        }
    }
    for (size_t i = 0; i < read->n; i++) {
        mdm_clause *clause = &read->at[i];
        for (uint8_t v = 0; v < clause->n_variables; v++) {
            if (attributes[clause->attribute].relation != MDM_ANY &&
                builder->variables[clause->variables[v]].n_clauses > 1) {
                clause->is_shared = true;
                object->has_shared = true;
            }
        }
    }
}

static mdm_status parse_object(mdm_parser *parser, mdm_object *object)
{
    mdm_builder builder = {.parser = parser};
    mdm_arena *arena = parser->keeper.arena;
    clauses read = {NULL, 0, 0};
    const char *begin = parser->at;
    mdm_status status = mdm_json_take(parser, '{');
    *object = (mdm_object){.n_clauses = 0};
    if (status == MDM_OK && mdm_json_peek(parser) == '}') {
        return mdm_refuse(parser, begin);
    }
    while (status == MDM_OK) {
        status = parse_member(&builder, object, &read);
        if (status == MDM_OK && mdm_json_peek(parser) != ',') {
            break;
        }
        parser->at += status == MDM_OK ? 1 : 0;
    }
    if (status == MDM_OK) {
        status = mdm_json_take(parser, '}');
    }
    if (status != MDM_OK) {
        return status;
    }
    find_shared(&builder, object, &read);
    object->n_clauses = read.n;
    object->n_variables = builder.n_variables;
    object->clauses = mdm_settle(arena, read.at, read.n, sizeof *read.at);
    object->variables =
        mdm_settle(arena, builder.variables, builder.n_variables, sizeof *builder.variables);
    return object->clauses == NULL || object->variables == NULL ? MDM_NO_MEMORY : MDM_OK;
}

mdm_status mdm_objects_parse(mdm_parser *parser, mdm_objects *list)
{
    objects read = {NULL, 0, 0};
    mdm_status status = mdm_json_take(parser, '[');
    if (status == MDM_OK && mdm_json_peek(parser) == ']') {
        parser->at++;
        *list = (mdm_objects){NULL, 0};
        return MDM_OK;
    }
    while (status == MDM_OK) {
        mdm_json_peek(parser);
        if (!MDM_REGROW(parser->scratch, &read, read.n)) {
            return MDM_NO_MEMORY;
        }
        status = parse_object(parser, &read.at[read.n++]);
        if (status == MDM_OK && mdm_json_peek(parser) != ',') {
            break;
        }
        parser->at += status == MDM_OK ? 1 : 0;
    }
    if (status == MDM_OK) {
        status = mdm_json_take(parser, ']');
    }
    if (status != MDM_OK) {
        return status;
    }
    list->n = read.n;
    list->at = mdm_settle(parser->keeper.arena, read.at, read.n, sizeof *read.at);
    return list->at == NULL ? MDM_NO_MEMORY : MDM_OK;
}
