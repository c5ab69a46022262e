/*
 * The list of objects of a description: [{"a":"superset(x)"},{"b":1}]. In a question it becomes
 * objects; mdm_list_read.c takes it apart.
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

static mdm_status take_number(mdm_parser *parser, size_t attribute, mdm_json_string *string)
{
    const mdm_kind kind = parser->fleet->scheme.attributes[attribute].kind;
    mdm_status status = MDM_OK;
    if (kind != MDM_INT && kind != MDM_RATIO) {
        return mdm_refuse(parser, parser->at);
    }
    *string = (mdm_json_string){{NULL, 0}, parser->at, false};
    status = mdm_json_integer_take(parser, &string->text);
    return status;
}

mdm_status mdm_attribute_take(mdm_parser *parser, uint64_t *taken, size_t *attribute)
{
    const mdm_scheme *scheme = &parser->fleet->scheme;
    const size_t hint = *attribute;
    mdm_json_string key;
    mdm_status status = MDM_OK;
    if (hint < scheme->n_attributes && (*taken >> hint & 1) == 0) {
        const mdm_attribute *at = &scheme->attributes[hint];
        if (mdm_json_key_take(parser, (mdm_text){at->name, at->name_len})) {
            *taken |= (uint64_t)1 << hint;
            return MDM_OK;
        }
    }
    status = mdm_json_string_take(parser, &key);
    if (status != MDM_OK) {
        return status;
    }
    *attribute = mdm_fleet_find(parser->fleet, key.text, hint);
    if (*attribute == scheme->n_attributes || (*taken >> *attribute & 1)) {
        return mdm_refuse(parser, key.begin - 1);
    }
    *taken |= (uint64_t)1 << *attribute;
    return mdm_json_take(parser, ':');
}

mdm_status mdm_written_take(mdm_parser *parser, uint64_t *listed, mdm_written *written)
{
    mdm_status status = MDM_OK;
    written->attribute++;
    status = mdm_attribute_take(parser, listed, &written->attribute);
    if (status != MDM_OK) {
        return status;
    }
    return mdm_json_peek(parser) == '"' ? mdm_json_string_take(parser, &written->string)
                                        : take_number(parser, written->attribute, &written->string);
}

bool mdm_find_shared(mdm_builder *builder, mdm_clause *at, size_t n)
{
    const mdm_attribute *attributes = builder->parser->fleet->scheme.attributes;
    bool has_shared = false;
    for (size_t i = 0; i < n; i++) {
        for (uint8_t v = 0; v < at[i].n_variables; v++) {
            if (attributes[at[i].attribute].relation != MDM_ANY) {
                builder->variables[at[i].variables[v]].n_clauses++;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (uint8_t v = 0; v < at[i].n_variables; v++) {
            if (attributes[at[i].attribute].relation != MDM_ANY &&
                builder->variables[at[i].variables[v]].n_clauses > 1) {
                at[i].is_shared = true;
                has_shared = true;
            }
        }
    }
    return has_shared;
}

mdm_status mdm_written_parse(mdm_builder *builder, const mdm_written *written, mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    const mdm_status status =
        mdm_clause_parse(builder, written->attribute, written->string.text, clause);
    if (status == MDM_BAD_TEXT) {
        mdm_json_locate(parser, &written->string);
    }
    return status;
}

mdm_status mdm_json_more(mdm_parser *parser, char close, bool *is_more)
{
    *is_more = mdm_json_peek(parser) == ',';
    if (*is_more) {
        parser->at++;
        return MDM_OK;
    }
    return mdm_json_take(parser, close);
}

mdm_status mdm_object_begin(mdm_parser *parser)
{
    const char *begin = parser->at;
    const mdm_status status = mdm_json_take(parser, '{');
    return status == MDM_OK && mdm_json_peek(parser) == '}' ? mdm_refuse(parser, begin) : status;
}

static mdm_status parse_object(mdm_parser *parser, mdm_object *object)
{
    mdm_builder builder;
    mdm_arena *arena = parser->keeper.arena;
    clauses read = {NULL, 0, 0};
    mdm_written written = {.attribute = SIZE_MAX};
    bool is_more = true;
    mdm_status status = mdm_object_begin(parser);
    *object = (mdm_object){.n_clauses = 0};
    mdm_builder_begin(&builder, parser);
    while (status == MDM_OK && is_more) {
        status = mdm_written_take(parser, &object->listed, &written);
        if (status == MDM_OK && !MDM_REGROW(parser->scratch, &read, read.n)) {
            return MDM_NO_MEMORY;
        }
        if (status == MDM_OK) {
            builder.is_in_line = !written.string.is_escaped;
            status = mdm_written_parse(&builder, &written, &read.at[read.n++]);
        }
        if (status == MDM_OK) {
            status = mdm_json_more(parser, '}', &is_more);
        }
    }
    if (status != MDM_OK) {
        return status;
    }
    object->has_shared = mdm_find_shared(&builder, read.at, read.n);
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
    bool is_more = true;
    mdm_status status = mdm_json_take(parser, '[');
    if (status == MDM_OK && mdm_json_peek(parser) == ']') {
        parser->at++;
        *list = (mdm_objects){NULL, 0};
        return MDM_OK;
    }
    while (status == MDM_OK && is_more) {
        mdm_json_peek(parser);
        if (!MDM_REGROW(parser->scratch, &read, read.n)) {
            return MDM_NO_MEMORY;
        }
        status = parse_object(parser, &read.at[read.n++]);
        if (status == MDM_OK) {
            status = mdm_json_more(parser, ']', &is_more);
        }
    }
    if (status != MDM_OK) {
        return status;
    }
    list->n = read.n;
    list->at = mdm_settle(parser->keeper.arena, read.at, read.n, sizeof *read.at);
    return list->at == NULL ? MDM_NO_MEMORY : MDM_OK;
}
