/*
 * A list of objects taken apart into a store. Clauses are looked up by their text; only new ones
 * are parsed.
 *
 * Clauses with variables wait for the end of their object. Where they are not known together, they
 * are parsed together in the scratch arena, since whether a text is right depends on the clauses
 * before it; then each is written so that it stands alone.
 */
#include <string.h>

#include "mdm_parse.h"

typedef struct reading {
    mdm_parser *parser;
    mdm_parser trial; /* keeps nothing */
    mdm_builder builder;
    mdm_written templates[MDM_MAX_ATTRIBUTES]; /* of an object, what has a brace */
    mdm_clause clauses[MDM_MAX_ATTRIBUTES];    /* the same, parsed for trial */
    size_t n_templates;
    uint32_t numbers[MDM_MAX_ATTRIBUTES + 1];
    mdm_u32s rows;
    size_t n_rows;
} reading;

/* ---- Clauses that stand alone ---- */

static mdm_status add_clause(mdm_parser *parser, const mdm_written *written, uint64_t hash,
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
static mdm_status take_clause(reading *at, const mdm_written *written, uint64_t hash,
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
    return add_clause(parser, written, hash, parser->is_kept && !written->string.is_escaped,
                      &at->numbers[written->attribute]);
}

static mdm_status take_token(reading *at, const mdm_token *token)
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

static mdm_status intern_clause(mdm_parser *parser, const mdm_written *written, uint32_t *number)
{
    const mdm_text text = written->string.text;
    const uint64_t hash = mdm_hash(text.at, text.len);
    const uint32_t found =
        mdm_texts_find(&parser->lists->clauses[written->attribute].texts, text, hash);
    *number = found + 1;
    return found == MDM_NONE ? add_clause(parser, written, hash, false, number) : MDM_OK;
}

/* ---- Clauses with variables ---- */

static mdm_status intern_templates(reading *at)
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

static mdm_status add_joint(const reading *at, mdm_text text, uint64_t hash,
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

static mdm_status intern_joint(const reading *at, uint32_t *number)
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
static mdm_status recall(reading *at, uint32_t *joint, bool *is_known)
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

/* ---- Objects ---- */

static mdm_status try_templates(reading *at)
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

static mdm_status read_templates(reading *at, uint32_t *joint)
{
    bool is_known = false;
    mdm_status status = at->n_templates == 0 ? MDM_OK : recall(at, joint, &is_known);
    if (status != MDM_OK || is_known || at->n_templates == 0) {
        return status;
    }
    status = try_templates(at);
    if (status == MDM_OK) {
        status = intern_templates(at);
    }
    if (status == MDM_OK && mdm_find_shared(&at->builder, at->clauses, at->n_templates)) {
        status = intern_joint(at, joint);
    }
    return status;
}

/* Clauses that stand where they stood in an object before. */
static mdm_status take_expected(reading *at, uint64_t *listed, size_t *last)
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
static mdm_status read_clause(reading *at, const char *begin, uint64_t *listed, size_t *last)
{
    mdm_parser *parser = at->parser;
    mdm_written written = {.attribute = *last};
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

static mdm_status read_clauses(reading *at)
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
        const mdm_status before = try_templates(at);
        status = before == MDM_OK ? status : before;
    }
    return status;
}

static mdm_status read_object(reading *at)
{
    mdm_parser *parser = at->parser;
    const size_t n_attributes = parser->fleet->scheme.n_attributes;
    uint32_t row = 0;
    mdm_status status = MDM_OK;
    memset(at->numbers, 0, (n_attributes + 1) * sizeof *at->numbers);
    at->n_templates = 0;
    status = read_clauses(at);
    if (status == MDM_OK) {
        status = read_templates(at, &at->numbers[n_attributes]);
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

static mdm_status intern(const reading *at, mdm_text text, uint32_t *number)
{
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
    reading at;
    bool is_more = true;
    mdm_status status = mdm_json_take(parser, '[');
    at.parser = parser;
    at.trial = *parser;
    at.trial.keeper = (mdm_keeper){parser->scratch, parser->keeper.members, NULL};
    at.rows = (mdm_u32s){NULL, 0};
    at.n_rows = 0;
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
