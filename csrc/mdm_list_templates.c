/*
 * The clauses of an object that have variables, taken apart. They wait for the end of the object.
 * Where they are not known together, they are parsed together in the scratch arena, since whether a
 * text is right depends on the clauses before it; then each is written so that it stands alone.
 */
#include <string.h>

#include "mdm_list_read.h"

static mdm_status intern_clause(mdm_parser *parser, const mdm_written *written, uint32_t *number)
{
    const mdm_text text = written->string.text;
    const uint64_t hash = mdm_hash(text.at, text.len);
    const uint32_t found =
        mdm_texts_find(&parser->lists->clauses[written->attribute].texts, text, hash);
    *number = found + 1;
    return found == MDM_NONE ? mdm_clause_add(parser, written, hash, false, number) : MDM_OK;
}

/* ---- Clauses with variables ---- */

static mdm_status intern_templates(mdm_reading *at)
{
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < at->n_templates && status == MDM_OK; i++) {
        mdm_written written = at->templates[i];
        uint32_t known = 0;
        if (!mdm_stand_alone(&at->builder, written.string.text, &known, &written.string.text)) {
            return MDM_NO_MEMORY;
        }
        status = intern_clause(at->parser, &written, &at->numbers[written.attribute]);
    }
    return status;
}

/* ---- Clauses that share variables ---- */

static mdm_status add_joint(const mdm_reading *at, mdm_text text, uint64_t hash,
                            const mdm_written *parts, size_t n, uint32_t *number)
{
    mdm_parser *parser = at->parser;
    mdm_arena *arena = parser->keeper.arena;
    mdm_builder builder;
    mdm_joint made = {.object = {.n_clauses = n}};
    mdm_clause *clauses = mdm_take(arena, n, sizeof *clauses);
    uint32_t *numbers = mdm_take(arena, n, sizeof *numbers);
    if (clauses == NULL || numbers == NULL) {
        return MDM_NO_MEMORY;
    }
    mdm_builder_begin(&builder, parser);
    for (size_t i = 0; i < n; i++) {
        const mdm_status status = mdm_written_parse(&builder, &parts[i], &clauses[i]);
        if (status != MDM_OK) {
            return status;
        }
        numbers[i] = at->numbers[parts[i].attribute];
        made.object.listed |= (uint64_t)1 << parts[i].attribute;
    }
    made.numbers = numbers;
    made.object.clauses = clauses;
    made.object.has_shared = mdm_find_shared(&builder, clauses, n);
    made.object.n_variables = builder.n_variables;
    made.object.variables =
        mdm_settle(arena, builder.variables, builder.n_variables, sizeof *builder.variables);
    if (made.object.variables == NULL) {
        return MDM_NO_MEMORY;
    }
    return mdm_lists_add_joint(parser->lists, arena, text, hash, &made, number);
}

/* Attributes and texts in a row; no clause has a control character. */
static bool write_joint(mdm_arena *scratch, const mdm_written *parts, size_t n, mdm_text *text)
{
    size_t len = 0;
    char *to = NULL;
    for (size_t i = 0; i < n; i++) {
        len += parts[i].string.text.len + 2;
    }
    to = mdm_take_bytes(scratch, len);
    *text = (mdm_text){to, len};
    if (to == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const mdm_text part = parts[i].string.text;
        *to++ = (char)parts[i].attribute;
        memcpy(to, part.at, part.len);
        to += part.len;
        *to++ = '\0';
    }
    return true;
}

static mdm_status intern_joint(const mdm_reading *at, uint32_t *number)
{
    mdm_written parts[MDM_MAX_ATTRIBUTES];
    mdm_text text = {NULL, 0};
    uint64_t hash = 0;
    uint32_t known = 0;
    size_t n = 0;
    for (size_t i = 0; i < at->n_templates; i++) {
        if (!at->clauses[i].is_shared) {
            continue;
        }
        parts[n] = at->templates[i];
        if (!mdm_stand_alone(&at->builder, parts[n].string.text, &known, &parts[n].string.text)) {
            return MDM_NO_MEMORY;
        }
        n++;
    }
    if (!write_joint(at->parser->scratch, parts, n, &text)) {
        return MDM_NO_MEMORY;
    }
    hash = mdm_hash(text.at, text.len);
    *number = mdm_texts_find(&at->parser->lists->joints.texts, text, hash) + 1;
    return *number != 0 ? MDM_OK : add_joint(at, text, hash, parts, n, number);
}

/* Whether the templates of an object are known as they stand: one by itself, or all as a joint. */
static mdm_status recall(mdm_reading *at, uint32_t *joint, bool *is_known)
{
    const mdm_lists *lists = at->parser->lists;
    const mdm_written *first = &at->templates[0];
    mdm_text text = first->string.text;
    uint32_t found = MDM_NONE;
    if (at->n_templates == 1) {
        found = mdm_texts_find(&lists->clauses[first->attribute].texts, text,
                               mdm_hash(text.at, text.len));
        at->numbers[first->attribute] = found + 1;
    } else {
        if (!write_joint(at->parser->scratch, at->templates, at->n_templates, &text)) {
            return MDM_NO_MEMORY;
        }
        found = mdm_texts_find(&lists->joints.texts, text, mdm_hash(text.at, text.len));
        *joint = found + 1;
        for (size_t i = 0; i < at->n_templates && found != MDM_NONE; i++) {
            at->numbers[at->templates[i].attribute] = lists->joints.at[found].numbers[i];
        }
    }
    *is_known = found != MDM_NONE;
    return MDM_OK;
}

/* ---- An object ---- */

mdm_status mdm_templates_try(mdm_reading *at)
{
    mdm_status status = MDM_OK;
    mdm_builder_begin(&at->builder, &at->trial);
    for (size_t i = 0; i < at->n_templates && status == MDM_OK; i++) {
        status = mdm_written_parse(&at->builder, &at->templates[i], &at->clauses[i]);
    }
    if (status == MDM_BAD_TEXT) {
        at->parser->fault = at->trial.fault;
    }
    return status;
}

mdm_status mdm_templates_read(mdm_reading *at, uint32_t *joint)
{
    bool is_known = false;
    mdm_status status = at->n_templates == 0 ? MDM_OK : recall(at, joint, &is_known);
    if (status != MDM_OK || is_known || at->n_templates == 0) {
        return status;
    }
    status = mdm_templates_try(at);
    if (status == MDM_OK) {
        status = intern_templates(at);
    }
    if (status == MDM_OK && mdm_find_shared(&at->builder, at->clauses, at->n_templates)) {
        status = intern_joint(at, joint);
    }
    return status;
}
