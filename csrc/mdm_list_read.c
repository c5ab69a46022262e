/*
 * A list of objects taken apart into a store. Clauses are looked up by their text; only new ones
 * are parsed. What has variables is taken in mdm_list_templates.c.
 */
#include <string.h>

#include "mdm_list_read.h"

/* ---- Clauses that stand alone ---- */

mdm_status mdm_clause_add(mdm_parser *parser, const mdm_written *written, uint64_t hash,
                          bool is_kept, uint32_t *number)
{
    const mdm_text text = written->string.text;
    mdm_builder builder;
    mdm_lone_clause made;
    mdm_text kept = text;
    mdm_status status = MDM_OK;
    if (!is_kept && !mdm_take_text(parser->keeper.arena, text, &kept)) {
        return MDM_NO_MEMORY;
    }
    mdm_builder_begin(&builder, parser);
    builder.is_kept = true;
    builder.is_in_line = is_kept;
    status = mdm_clause_parse(&builder, written->attribute, kept, &made.clause);
    if (status == MDM_BAD_TEXT) {
        parser->fault = text.at + (parser->fault - kept.at);
        mdm_json_locate(parser, &written->string);
    }
    if (status != MDM_OK) {
        return status;
    }
    made.variables = mdm_settle(parser->keeper.arena, builder.variables, builder.n_variables,
                                sizeof *builder.variables);
    if (made.variables == NULL) {
        return MDM_NO_MEMORY;
    }
    return mdm_lists_add_clause(parser->lists, parser->keeper.arena, kept, hash, &made, number);
}

/* What has a brace waits. A known text without variables is what it always was. */
static mdm_status take_clause(mdm_reading *at, const mdm_written *written, uint64_t hash,
                              bool *is_final)
{
    mdm_parser *parser = at->parser;
    const mdm_clauses *clauses = &parser->lists->clauses[written->attribute];
    const mdm_text text = written->string.text;
    const uint32_t found = mdm_texts_find(&clauses->texts, text, hash);
    at->numbers[written->attribute] = found + 1;
    *is_final = found != MDM_NONE && clauses->at[found].clause.n_variables == 0;
    if (*is_final) {
        return MDM_OK;
    }
    if (text.len > 0 && memchr(text.at, '{', text.len) != NULL) {
        at->templates[at->n_templates++] = *written;
        return MDM_OK;
    }
    *is_final = true;
    return mdm_clause_add(parser, written, hash, parser->is_kept && !written->string.is_escaped,
                          &at->numbers[written->attribute]);
}

static mdm_status take_token(mdm_reading *at, const mdm_token *token)
{
    const mdm_text text = token->text;
    const mdm_written written = {token->attribute, {text, text.at, false}};
    uint32_t *number = &at->numbers[token->attribute];
    bool is_final = false;
    mdm_status status = MDM_OK;
    *number = mdm_memo_get(token);
    if (*number != 0) {
        return MDM_OK;
    }
    status = take_clause(at, &written, mdm_token_hash(token), &is_final);
    if (status == MDM_OK && is_final) {
        const mdm_texts *texts = &at->parser->lists->clauses[token->attribute].texts;
        mdm_memo_put(token, *number, texts->at[*number - 1].at);
    }
    return status;
}

/* ---- Objects ---- */

/* Clauses that stand where they stood in an object before. */
static mdm_status take_expected(mdm_reading *at, uint64_t *listed, size_t *last)
{
    mdm_parser *parser = at->parser;
    mdm_token tokens[MDM_MAX_ATTRIBUTES];
    mdm_walk place = {parser->at, parser->end, parser->limit, *listed, *last};
    size_t n = 0;
    mdm_status status = MDM_OK;
    if (parser->clause_steps == NULL) {
        return MDM_OK;
    }
    n = mdm_steps_take(parser->clause_steps, *parser->clause_memo, &place, tokens);
    parser->at = place.at;
    *listed = place.present;
    *last = place.last;
    for (size_t i = 0; i < n && status == MDM_OK; i++) {
        status = take_token(at, &tokens[i]);
    }
    return status;
}

/* begin is where the clause before ended; with a comma behind it, but for the first. */
static mdm_status read_clause(mdm_reading *at, const char *begin, uint64_t *listed, size_t *last)
{
    mdm_parser *parser = at->parser;
    const size_t none = parser->fleet->scheme.n_attributes;
    mdm_written written = {.attribute = *last == none ? SIZE_MAX : *last};
    bool is_final = false;
    const mdm_status status = mdm_written_take(parser, listed, &written);
    if (status != MDM_OK) {
        return status;
    }
    if (parser->clause_steps != NULL) {
        const mdm_text gap = {begin, (size_t)(written.string.begin - begin)};
        mdm_steps_learn(parser->clause_steps, *last, gap, written.attribute,
                        begin[gap.len - 1] == '"');
    }
    *last = written.attribute;
    return take_clause(at, &written, mdm_hash(written.string.text.at, written.string.text.len),
                       &is_final);
}

static mdm_status read_clauses(mdm_reading *at)
{
    mdm_parser *parser = at->parser;
    const size_t none = parser->fleet->scheme.n_attributes;
    size_t last = none;
    uint64_t listed = 0;
    bool is_more = true;
    mdm_status status = mdm_object_begin(parser);
    while (status == MDM_OK && is_more) {
        const char *begin = NULL;
        status = take_expected(at, &listed, &last);
        begin = parser->at;
        if (status == MDM_OK && last != none) {
            status = mdm_json_more(parser, '}', &is_more);
        }
        if (status == MDM_OK && is_more) {
            status = read_clause(at, begin, &listed, &last);
        }
    }
    /* A mistake in what waits came first. */
    if (status == MDM_BAD_TEXT) {
        const mdm_status before = mdm_templates_try(at);
        status = before == MDM_OK ? status : before;
    }
    return status;
}

static mdm_status read_object(mdm_reading *at)
{
    mdm_parser *parser = at->parser;
    const size_t n_attributes = parser->fleet->scheme.n_attributes;
    uint32_t row = 0;
    mdm_status status = MDM_OK;
    memset(at->numbers, 0, (n_attributes + 1) * sizeof *at->numbers);
    at->n_templates = 0;
    status = read_clauses(at);
    if (status == MDM_OK) {
        status = mdm_templates_read(at, &at->numbers[n_attributes]);
    }
    if (status == MDM_OK) {
        status = mdm_lists_intern_row(parser->lists, parser->keeper.arena, at->numbers, &row);
    }
    if (status == MDM_OK && !MDM_REGROW(parser->scratch, &at->rows, at->n_rows)) {
        return MDM_NO_MEMORY;
    }
    if (status == MDM_OK) {
        at->rows.at[at->n_rows++] = row;
    }
    return status;
}

static mdm_status intern(const mdm_reading *at, mdm_text text, uint32_t *number)
{
    /* cppcheck-suppress ctuuninitvar ; mdm_list_read sets what is read here */
    const mdm_parser *parser = at->parser;
    const uint64_t hash = mdm_hash(text.at, text.len);
    *number = mdm_texts_find(&parser->lists->texts, text, hash);
    if (*number != MDM_NONE) {
        return MDM_OK;
    }
    if (!parser->is_kept && !mdm_take_text(parser->keeper.arena, text, &text)) {
        return MDM_NO_MEMORY;
    }
    return mdm_lists_add(parser->lists, parser->keeper.arena->memory, text, hash, at->rows.at,
                         at->n_rows, number);
}

mdm_status mdm_list_read(mdm_parser *parser, uint32_t *number)
{
    const char *begin = parser->at;
    mdm_reading at;
    bool is_more = true;
    mdm_status status = mdm_json_take(parser, '[');
    /* It is large, and most of it is not used by most lists. */
    at.parser = parser;
    at.rows = (mdm_u32s){NULL, 0};
    at.n_rows = 0;
    at.trial = *parser;
    at.trial.keeper = (mdm_keeper){parser->scratch, parser->keeper.members, NULL};
    if (status == MDM_OK && mdm_json_peek(parser) == ']') {
        parser->at++;
        is_more = false;
    }
    while (status == MDM_OK && is_more) {
        mdm_json_peek(parser);
        status = read_object(&at);
        if (status == MDM_OK) {
            status = mdm_json_more(parser, ']', &is_more);
        }
    }
    return status == MDM_OK
               ? intern(&at, (mdm_text){begin, (size_t)(parser->at - begin)}, number)
               : status;
}
