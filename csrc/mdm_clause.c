/*
 * Clause text to clauses: operators, plain values, and the atoms of templates.
 */
#include <string.h>

#include "mdm_bare.h"
#include "mdm_named.h"

typedef struct operator_form {
    mdm_text name;
    mdm_operator op;
    uint8_t kinds; /* bit per mdm_kind */
    size_t least;
    size_t most;
} operator_form;

#define OF(kind) (1U << (kind))
#define OF_ALL 0x3fU

static const operator_form forms[] = {
    {{"one_of", 6}, MDM_OP_ONE_OF, OF_ALL, 1, SIZE_MAX},
    {{"range", 5}, MDM_OP_RANGE, OF(MDM_INT) | OF(MDM_RATIO) | OF(MDM_VERSION), 2, 2},
    {{"superset", 8}, MDM_OP_SUPERSET, OF(MDM_SET), 1, 1},
    {{"subset", 6}, MDM_OP_SUBSET, OF(MDM_SET), 1, 1},
    {{"version", 7}, MDM_OP_VERSION, OF(MDM_VERSION), 1, 1},
    {{"any", 3}, MDM_OP_ANY, OF_ALL, 0, 0},
    {{"absent", 6}, MDM_OP_ABSENT, OF_ALL, 0, 0},
};

static mdm_kind kind_of(const mdm_builder *builder, const mdm_clause *clause)
{
    return builder->parser->fleet->scheme.attributes[clause->attribute].kind;
}

/* At the quote. */
mdm_status mdm_quoted_take(mdm_parser *parser, mdm_cursor *cursor, mdm_text *text)
{
    const char *begin = cursor->at;
    const char *at = begin + 1;
    char *unquoted = NULL;
    size_t n = 0;
    if (begin == cursor->end || *begin != '"') {
        return mdm_refuse(parser, begin);
    }
    //@ dynamic_split cursor->end - at;
    for (; at < cursor->end && *at != '"'; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c == 0x7f) {
            return mdm_refuse(parser, at);
        }
        if (c == '\\' && (++at == cursor->end || (*at != '"' && *at != '\\'))) {
            return mdm_refuse(parser, at - 1);
        }
    }
    if (at == cursor->end) {
        return mdm_refuse(parser, begin);
    }
    cursor->at = at + 1;
    unquoted = mdm_take_bytes(parser->scratch, (size_t)(at - begin));
    if (unquoted == NULL) {
        return MDM_NO_MEMORY;
    }
    const char *from = begin + 1;
    //@ dynamic_split at - from;
    for (; from < at; from++) {
        if (*from == '\\') {
            from++;
        }
        unquoted[n++] = *from;
    }
    *text = (mdm_text){unquoted, n};
    return MDM_OK;
}

/* A value whose text outlives the line. What is bare has no byte that a string may not have. */
static mdm_status keep_value(const mdm_builder *builder, mdm_kind kind, mdm_text text,
                             bool is_bare, mdm_value *value)
{
    mdm_parser *parser = builder->parser;
    mdm_status status = MDM_OK;
    if (kind == MDM_STRING && is_bare && text.len <= MDM_MAX_VALUE) {
        *value = (mdm_value){.text = text};
    } else {
        status = mdm_value_parse(&parser->keeper, kind, text, value, &parser->fault);
    }
    if (status == MDM_OK && kind == MDM_STRING && !(is_bare && builder->is_kept) &&
        !mdm_take_text(parser->keeper.arena, text, &value->text)) {
        return MDM_NO_MEMORY;
    }
    return status;
}

static int order_values(const void *left, const void *right, const void *context)
{
    return mdm_value_order(*(const mdm_kind *)context, left, right);
}

static mdm_status keep_values(mdm_builder *builder, mdm_clause *clause, mdm_value *values,
                              size_t n)
{
    const mdm_kind kind = kind_of(builder, clause);
    if (clause->op == MDM_OP_ONE_OF) {
        mdm_sort(values, n, sizeof *values, order_values, &kind);
    }
    clause->n = n;
    clause->of.values = mdm_settle(builder->parser->keeper.arena, values, n, sizeof *values);
    return clause->of.values == NULL ? MDM_NO_MEMORY : MDM_OK;
}

/* ---- Operators ---- */

typedef struct values {
    mdm_value *at;
    size_t capacity;
    size_t n;
} values;

/* What stands in the parentheses: values, or strings that are looked up. */
typedef struct items {
    size_t attribute;
    mdm_kind kind;
    bool is_named;
    values values;
    mdm_named named;
} items;

static mdm_status keep_item(mdm_builder *builder, items *at, mdm_text text, bool is_bare)
{
    mdm_parser *parser = builder->parser;
    if (at->is_named) {
        return mdm_named_add(builder, at->attribute, text, is_bare, &at->named);
    }
    return MDM_REGROW(parser->scratch, &at->values, at->values.n)
               ? keep_value(builder, at->kind, text, is_bare, &at->values.at[at->values.n++])
               : MDM_NO_MEMORY;
}

static mdm_status take_item(mdm_builder *builder, mdm_cursor *cursor, items *at)
{
    mdm_parser *parser = builder->parser;
    const char *begin = cursor->at;
    const bool is_quoted = begin < cursor->end && *begin == '"';
    mdm_text text = {begin, 0};
    mdm_status status = MDM_OK;
    if (is_quoted) {
        status = mdm_quoted_take(parser, cursor, &text);
        if (status == MDM_OK && (at->kind == MDM_INT || at->kind == MDM_RATIO)) {
            return mdm_refuse(parser, begin);
        }
    } else {
        text.len = mdm_bare(begin, builder->limit);
        if (text.len > (size_t)(cursor->end - begin)) {
            text.len = (size_t)(cursor->end - begin);
        }
        cursor->at = begin + text.len;
        status = text.len == 0 ? mdm_refuse(parser, begin) : MDM_OK;
    }
    if (status == MDM_OK) {
        status = keep_item(builder, at, text, !is_quoted);
        if (status == MDM_BAD_TEXT && is_quoted) {
            return mdm_refuse(parser, begin);
        }
    }
    return status;
}

static mdm_status take_items(mdm_builder *builder, mdm_cursor *cursor, items *at)
{
    mdm_status status =
        at->is_named ? mdm_named_take(builder, cursor, at->attribute, &at->named) : MDM_OK;
    if (status != MDM_OK) {
        return status;
    }
    while (cursor->at == cursor->end || *cursor->at != ')') {
        status = take_item(builder, cursor, at);
        if (status != MDM_OK) {
            return status;
        }
        if (cursor->at == cursor->end || *cursor->at != ',') {
            break;
        }
        /* A comma promises another item. */
        if (++cursor->at == cursor->end || *cursor->at == ')') {
            return mdm_refuse(builder->parser, cursor->at);
        }
    }
    if (cursor->at == cursor->end || *cursor->at != ')' || cursor->at + 1 != cursor->end) {
        const bool is_closed = cursor->at < cursor->end && *cursor->at == ')';
        return mdm_refuse(builder->parser, cursor->at + (is_closed ? 1 : 0));
    }
    return MDM_OK;
}

static const operator_form *find_form(mdm_text name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (forms[i].name.len == name.len && memcmp(forms[i].name.at, name.at, name.len) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

static mdm_status parse_operator(mdm_builder *builder, mdm_cursor *cursor, mdm_text name,
                                 mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    const mdm_kind kind = kind_of(builder, clause);
    const operator_form *form = find_form(name);
    items taken = {.attribute = clause->attribute, .kind = kind};
    const values *found = &taken.values;
    mdm_status status = MDM_OK;
    size_t n = 0;
    if (form == NULL || (form->kinds >> kind & 1) == 0) {
        return mdm_refuse(parser, name.at);
    }
    clause->op = (uint8_t)form->op;
    taken.is_named = form->op == MDM_OP_ONE_OF && mdm_is_named(parser, kind);
    cursor->at += name.len + 1;
    status = take_items(builder, cursor, &taken);
    mdm_named_end(builder, &taken.named);
    if (status != MDM_OK) {
        return status;
    }
    n = taken.is_named ? taken.named.n_given : found->n;
    if (n < form->least || n > form->most) {
        return mdm_refuse(parser, name.at);
    }
    if (clause->op == MDM_OP_RANGE && mdm_value_order(kind, &found->at[0], &found->at[1]) > 0) {
        return mdm_refuse(parser, name.at + name.len + 1);
    }
    return taken.is_named ? mdm_named_keep(builder, &taken.named, clause)
                          : keep_values(builder, clause, found->at, n);
}

/* ---- Values ---- */

static mdm_status take_atom(mdm_builder *builder, mdm_cursor *cursor, mdm_atom *atom)
{
    mdm_parser *parser = builder->parser;
    const char *at = cursor->at;
    *atom = (mdm_atom){{cursor->at, 0}, cursor->at, false, false, 0};
    if (*cursor->at == '"') {
        atom->is_quoted = true;
        return mdm_quoted_take(parser, cursor, &atom->text);
    }
    if (*cursor->at == '{') {
        atom->is_variable = true;
        return mdm_variable_take(builder, cursor, &atom->variable);
    }
    while (at < cursor->end && mdm_is_bare(*at)) {
        at++;
    }
    cursor->at = at;
    atom->text.len = (size_t)(at - atom->begin);
    return atom->text.len == 0 ? mdm_refuse(parser, atom->begin) : MDM_OK;
}

static mdm_status join(mdm_parser *parser, const mdm_atoms *atoms, mdm_text *joined)
{
    size_t len = 0;
    char *at = NULL;
    if (atoms->n == 1) {
        *joined = atoms->at[0].text;
        return MDM_OK;
    }
    for (size_t i = 0; i < atoms->n; i++) {
        len += atoms->at[i].text.len;
    }
    at = mdm_take_bytes(parser->scratch, len);
    if (at == NULL) {
        return MDM_NO_MEMORY;
    }
    *joined = (mdm_text){at, len};
    for (size_t i = 0; i < atoms->n; at += atoms->at[i++].text.len) {
        memcpy(at, atoms->at[i].text.at, atoms->at[i].text.len);
    }
    return MDM_OK;
}

static mdm_status keep_equal(mdm_builder *builder, mdm_text text, bool is_bare,
                             mdm_clause *clause)
{
    const mdm_kind kind = kind_of(builder, clause);
    mdm_named named = {NULL, 0, 0, 0};
    mdm_value value;
    mdm_status status = MDM_OK;
    if (!mdm_is_named(builder->parser, kind)) {
        status = keep_value(builder, kind, text, is_bare, &value);
        return status == MDM_OK ? keep_values(builder, clause, &value, 1) : status;
    }
    status = mdm_named_add(builder, clause->attribute, text, is_bare, &named);
    mdm_named_end(builder, &named);
    return status == MDM_OK ? mdm_named_keep(builder, &named, clause) : status;
}

static mdm_status compile_plain(mdm_builder *builder, const mdm_atoms *atoms, mdm_clause *clause)
{
    mdm_parser *parser = builder->parser;
    const mdm_kind kind = kind_of(builder, clause);
    mdm_text text = {NULL, 0};
    mdm_status status = join(parser, atoms, &text);
    if (status != MDM_OK) {
        return status;
    }
    if (text.len == 0) {
        clause->op = MDM_OP_EMPTY;
        return MDM_OK;
    }
    MDM_HOLDS(atoms->n > 0); /* a text that is not empty has an atom */
    for (size_t i = 0; i < atoms->n && (kind == MDM_INT || kind == MDM_RATIO); i++) {
        if (atoms->at[i].is_quoted) {
            return mdm_refuse(parser, atoms->at[i].begin);
        }
    }
    clause->op = MDM_OP_ONE_OF;
    status = keep_equal(builder, text, atoms->n == 1 && !atoms->at[0].is_quoted, clause);
    return status == MDM_BAD_TEXT && (atoms->n > 1 || atoms->at[0].is_quoted)
               ? mdm_refuse(parser, atoms->at[0].begin)
               : status;
}

static mdm_status parse_atoms(mdm_builder *builder, mdm_cursor *cursor, mdm_clause *clause)
{
    mdm_atoms atoms = {NULL, 0, 0, false};
    while (cursor->at < cursor->end) {
        mdm_status status = MDM_OK;
        if (!MDM_REGROW(builder->parser->scratch, &atoms, atoms.n)) {
            return MDM_NO_MEMORY;
        }
        status = take_atom(builder, cursor, &atoms.at[atoms.n]);
        if (status != MDM_OK) {
            return status;
        }
        atoms.has_variable |= atoms.at[atoms.n++].is_variable;
    }
    return atoms.has_variable ? mdm_template_compile(builder, &atoms, clause)
                              : compile_plain(builder, &atoms, clause);
}

mdm_status mdm_clause_parse(mdm_builder *builder, size_t attribute, mdm_text text,
                            mdm_clause *clause)
{
    mdm_cursor cursor = {text.at, text.at + text.len};
    mdm_text name = {text.at, 0};
    *clause = (mdm_clause){.attribute = (uint8_t)attribute};
    builder->limit = builder->is_in_line ? builder->parser->limit : cursor.end;
    while (name.len < text.len && ((text.at[name.len] >= 'a' && text.at[name.len] <= 'z') ||
                                   text.at[name.len] == '_')) {
        name.len++;
    }
    if (name.len > 0 && name.len < text.len && text.at[name.len] == '(') {
        return parse_operator(builder, &cursor, name, clause);
    }
    return parse_atoms(builder, &cursor, clause);
}
