/*
 * The atoms of a value with variables, made into what mdm_template.c solves.
 */
#include <string.h>

#include "mdm_parse.h"

#define LARGEST_FACTOR INT32_MAX

static mdm_status note_variables(mdm_parser *parser, const mdm_atoms *atoms, mdm_clause *clause)
{
    for (size_t i = 0; i < atoms->n; i++) {
        const mdm_atom *atom = &atoms->at[i];
        bool is_new = atom->is_variable;
        for (uint8_t v = 0; v < clause->n_variables; v++) {
            is_new = is_new && clause->variables[v] != atom->variable;
        }
        if (is_new && clause->n_variables == 2) {
            return mdm_refuse(parser, atom->begin);
        }
        if (is_new) {
            clause->variables[clause->n_variables++] = atom->variable;
        }
    }
    return MDM_OK;
}

static mdm_status compile_text(mdm_parser *parser, const mdm_atoms *atoms, mdm_clause *clause)
{
    mdm_part *parts = mdm_take(parser->keeper.arena, atoms->n, sizeof *parts);
    if (parts == NULL) {
        return MDM_NO_MEMORY;
    }
    clause->op = MDM_OP_TEXT;
    clause->n = atoms->n;
    clause->of.parts = parts;
    for (size_t i = 0; i < atoms->n; i++) {
        const mdm_atom *atom = &atoms->at[i];
        parts[i] = (mdm_part){{NULL, 0}, atom->variable, atom->is_variable};
        if (!atom->is_variable &&
            !mdm_take_text(parser->keeper.arena, atom->text, &parts[i].text)) {
            return MDM_NO_MEMORY;
        }
    }
    return MDM_OK;
}

static bool parse_factor(mdm_text text, mdm_clause *clause)
{
    int64_t factor = 0;
    if (text.len < 2 || (text.at[0] != '/' && text.at[0] != '*') ||
        !mdm_number_parse((mdm_text){text.at + 1, text.len - 1}, &factor) || factor < 1 ||
        factor > LARGEST_FACTOR) {
        return false;
    }
    clause->arithmetic = text.at[0];
    clause->factor = factor;
    return true;
}

static mdm_status compile_number(mdm_builder *builder, const mdm_atoms *atoms,
                                 mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    const mdm_atom *first = &atoms->at[0];
    clause->op = MDM_OP_NUMBER;
    clause->factor = 1;
    if (!first->is_variable || builder->variables[first->variable].is_string) {
        return mdm_refuse(parser, first->begin);
    }
    if (atoms->n > 2) {
        return mdm_refuse(parser, atoms->at[2].begin);
    }
    if (atoms->n == 2) {
        const mdm_atom *second = &atoms->at[1];
        if (second->is_variable || second->is_quoted || !parse_factor(second->text, clause)) {
            return mdm_refuse(parser, second->begin);
        }
    }
    return MDM_OK;
}

static int order_choices(const void *left, const void *right, const void *context)
{
    const mdm_choice *a = left;
    const mdm_choice *b = right;
    return mdm_value_order(*(const mdm_kind *)context, &a->value, &b->value);
}

static mdm_status compile_choice(mdm_builder *builder, const mdm_atoms *atoms, mdm_kind kind,
                                 mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    const mdm_atom *first = &atoms->at[0];
    const mdm_strings *strings = &builder->variables[first->variable].strings;
    mdm_choice *choices = NULL;
    if (atoms->n > 1 || !first->is_variable || !builder->variables[first->variable].is_string) {
        return mdm_refuse(parser, first->begin);
    }
    choices = mdm_take(parser->keeper.arena, strings->n, sizeof *choices);
    if (choices == NULL) {
        return MDM_NO_MEMORY;
    }
    for (size_t i = 0; i < strings->n; i++) {
        const mdm_text text = {strings->at[i].at, strings->at[i].len};
        const mdm_status status =
            mdm_value_parse(&parser->keeper, kind, text, &choices[i].value, &parser->fault);
        choices[i].place = (uint32_t)i;
        if (status != MDM_OK) {
            return status == MDM_BAD_TEXT ? mdm_refuse(parser, first->begin) : status;
        }
    }
    mdm_sort(choices, strings->n, sizeof *choices, order_choices, &kind);
    clause->op = MDM_OP_CHOICE;
    clause->n = strings->n;
    clause->of.choices = choices;
    return MDM_OK;
}

mdm_status mdm_template_compile(mdm_builder *builder, const mdm_atoms *atoms, mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    const mdm_kind kind = parser->fleet->scheme.attributes[clause->attribute].kind;
    const mdm_status status = note_variables(parser, atoms, clause);
    if (status != MDM_OK) {
        return status;
    }
    switch (kind) {
    case MDM_STRING:
        return compile_text(parser, atoms, clause);
    case MDM_INT:
    case MDM_RATIO:
        return compile_number(builder, atoms, clause);
    default:
        return compile_choice(builder, atoms, kind, clause);
    }
}
