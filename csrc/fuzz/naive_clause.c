/*
 * Clause text, naively: the grammar of docs/language.md by recursive descent.
 */
#include "naive.h"

typedef struct reading {
    naive_heap *heap;
    naive_object *object;
    naive_clause *clause;
    mdm_kind kind;
    const char *at;
    const char *end;
} reading;

static bool take(reading *in, const char *wanted)
{
    const size_t len = strlen(wanted);
    if ((size_t)(in->end - in->at) < len || memcmp(in->at, wanted, len) != 0) {
        return false;
    }
    in->at += len;
    return true;
}

static bool is_next(const reading *in, char c)
{
    return in->at < in->end && *in->at == c;
}

static naive_text take_bare(reading *in, const char *stops)
{
    const char *begin = in->at;
    while (in->at < in->end && (uint8_t)*in->at > ' ' && *in->at != 0x7f &&
           strchr(stops, *in->at) == NULL) {
        in->at++;
    }
    return (naive_text){begin, (size_t)(in->at - begin)};
}

/* At the quote. */
static naive_answer take_quoted(reading *in, naive_text *text)
{
    char *to = in->heap->at + in->heap->n;
    *text = (naive_text){to, 0};
    for (in->at++; !is_next(in, '"'); in->at++) {
        if (is_next(in, '\\')) {
            in->at++;
            if (!is_next(in, '\\') && !is_next(in, '"')) {
                return NAIVE_BAD;
            }
        }
        if (in->at == in->end || (uint8_t)*in->at < ' ' || *in->at == 0x7f) {
            return NAIVE_BAD;
        }
        if (in->heap->n == sizeof in->heap->at) {
            return NAIVE_UNSURE;
        }
        to[text->len++] = *in->at;
        in->heap->n++;
    }
    in->at++;
    return NAIVE_GOOD;
}

/* ---- Operators ---- */

static const struct form {
    const char *begin;
    naive_operator op;
    uint32_t kinds;
    size_t least;
    size_t most;
} forms[] = {
    {"one_of(", NAIVE_ONE_OF, 63, 1, SIZE_MAX},
    {"range(", NAIVE_RANGE, 1 << MDM_INT | 1 << MDM_RATIO | 1 << MDM_VERSION, 2, 2},
    {"superset(", NAIVE_SUPERSET, 1 << MDM_SET, 1, 1},
    {"subset(", NAIVE_SUBSET, 1 << MDM_SET, 1, 1},
    {"version(", NAIVE_VERSION, 1 << MDM_VERSION, 1, 1},
    {"any(", NAIVE_ANY, 63, 0, 0},
    {"absent(", NAIVE_ABSENT, 63, 0, 0},
};

static naive_answer read_item(reading *in)
{
    const bool is_quoted = is_next(in, '"');
    const bool is_number = in->kind == MDM_INT || in->kind == MDM_RATIO;
    naive_text text = {NULL, 0};
    naive_answer answer = NAIVE_GOOD;
    if (is_quoted) {
        answer = take_quoted(in, &text);
    } else {
        text = take_bare(in, "\"#{}()\\,");
    }
    if (answer != NAIVE_GOOD) {
        return answer;
    }
    if (in->clause->n == NAIVE_ITEMS) {
        return NAIVE_UNSURE;
    }
    return (is_quoted ? !is_number : text.len > 0) &&
                   naive_value_read(in->kind, text, &in->clause->values[in->clause->n++])
               ? NAIVE_GOOD
               : NAIVE_BAD;
}

static naive_answer read_operator(reading *in, const struct form *form)
{
    naive_clause *clause = in->clause;
    clause->op = form->op;
    while (clause->n > 0 || !is_next(in, ')')) {
        const naive_answer answer = read_item(in);
        if (answer != NAIVE_GOOD) {
            return answer;
        }
        if (!take(in, ",")) {
            break;
        }
    }
    return take(in, ")") && in->at == in->end && (form->kinds >> in->kind & 1) != 0 &&
                   clause->n >= form->least && clause->n <= form->most &&
                   (clause->op != NAIVE_RANGE ||
                    naive_order(in->kind, &clause->values[0], &clause->values[1]) <= 0)
               ? NAIVE_GOOD
               : NAIVE_BAD;
}

/* ---- Variables ---- */

static bool take_number(reading *in, int64_t *number)
{
    const char *begin = in->at;
    take(in, "-");
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9') {
        in->at++;
    }
    return naive_number((naive_text){begin, (size_t)(in->at - begin)}, INT64_MIN, INT64_MAX,
                        number);
}

static naive_answer read_entry(reading *in, naive_variable *variable)
{
    const size_t n = variable->n;
    if (n == NAIVE_ITEMS) {
        return NAIVE_UNSURE;
    }
    variable->n++;
    if (variable->is_string) {
        return is_next(in, '"') ? take_quoted(in, &variable->strings[n]) : NAIVE_BAD;
    }
    if (!take_number(in, &variable->lows[n])) {
        return NAIVE_BAD;
    }
    variable->highs[n] = variable->lows[n];
    return (!take(in, "-") || take_number(in, &variable->highs[n])) &&
                   variable->lows[n] <= variable->highs[n]
               ? NAIVE_GOOD
               : NAIVE_BAD;
}

static naive_answer declare(reading *in, naive_text name)
{
    naive_variable *variable = &in->object->variables[in->object->n_variables];
    naive_answer answer = NAIVE_GOOD;
    if (in->object->n_variables == NAIVE_VARIABLES) {
        return NAIVE_BAD;
    }
    *variable = (naive_variable){.name = name};
    in->object->n_variables++;
    variable->is_string = take(in, "string:");
    if (!variable->is_string && !take(in, "int:")) {
        return NAIVE_BAD;
    }
    do {
        answer = read_entry(in, variable);
    } while (answer == NAIVE_GOOD && take(in, ","));
    return answer;
}

static bool is_name(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!is_first && c >= '0' && c <= '9');
}

/* Behind the brace. */
static naive_answer read_variable(reading *in, naive_part *part)
{
    naive_text name = {in->at, 0};
    naive_answer answer = NAIVE_GOOD;
    size_t found = 0;
    while (in->at < in->end && is_name(*in->at, name.len == 0)) {
        in->at++;
        name.len++;
    }
    while (found < in->object->n_variables && !naive_same(in->object->variables[found].name, name)) {
        found++;
    }
    *part = (naive_part){.is_variable = true, .variable = found};
    if (name.len == 0 || take(in, ":") != (found == in->object->n_variables)) {
        return NAIVE_BAD;
    }
    answer = found == in->object->n_variables ? declare(in, name) : NAIVE_GOOD;
    return answer != NAIVE_GOOD || take(in, "}") ? answer : NAIVE_BAD;
}

/* ---- Values and templates ---- */

static naive_answer read_part(reading *in)
{
    naive_part *part = &in->clause->parts[in->clause->n];
    if (in->clause->n == NAIVE_ITEMS) {
        return NAIVE_UNSURE;
    }
    in->clause->n++;
    *part = (naive_part){.is_quoted = is_next(in, '"')};
    if (part->is_quoted) {
        return take_quoted(in, &part->text);
    }
    if (take(in, "{")) {
        return read_variable(in, part);
    }
    part->text = take_bare(in, "\"#{}()\\");
    return part->text.len > 0 ? NAIVE_GOOD : NAIVE_BAD;
}

static naive_answer finish_value(reading *in)
{
    const naive_text text = {in->heap->at + in->heap->n, 0};
    const bool is_number = in->kind == MDM_INT || in->kind == MDM_RATIO;
    bool is_quoted = false;
    size_t len = 0;
    for (size_t i = 0; i < in->clause->n; i++) {
        const naive_part *part = &in->clause->parts[i];
        if (part->text.len > sizeof in->heap->at - in->heap->n) {
            return NAIVE_UNSURE;
        }
        memcpy(in->heap->at + in->heap->n, part->text.at, part->text.len);
        in->heap->n += part->text.len;
        len += part->text.len;
        is_quoted = is_quoted || part->is_quoted;
    }
    in->clause->op = len == 0 ? NAIVE_EMPTY : NAIVE_ONE_OF;
    in->clause->n = len == 0 ? 0 : 1;
    return len == 0 || (!(is_quoted && is_number) &&
                        naive_value_read(in->kind, (naive_text){text.at, len},
                                         &in->clause->values[0]))
               ? NAIVE_GOOD
               : NAIVE_BAD;
}

static bool has_two_variables_at_most(const naive_clause *clause)
{
    uint32_t seen = 0;
    for (size_t i = 0; i < clause->n; i++) {
        seen |= clause->parts[i].is_variable ? 1U << clause->parts[i].variable : 0;
    }
    seen &= seen - 1;
    return (seen & (seen - 1)) == 0;
}

static bool finish_number(naive_clause *clause)
{
    const naive_part *second = &clause->parts[1];
    naive_text text = {NULL, 0};
    clause->factor = 1;
    if (clause->n == 1) {
        return true;
    }
    if (clause->n > 2 || second->is_variable || second->is_quoted) {
        return false;
    }
    text = second->text;
    clause->arithmetic = text.at[0];
    if (clause->arithmetic != '/' && clause->arithmetic != '*') {
        return false;
    }
    return naive_number((naive_text){text.at + 1, text.len - 1}, 1, INT32_MAX, &clause->factor);
}

static bool finish_template(const reading *in)
{
    naive_clause *clause = in->clause;
    const naive_part *first = &clause->parts[0];
    const naive_variable *variable = &in->object->variables[first->variable];
    naive_value value;
    clause->op = NAIVE_TEMPLATE;
    if (!has_two_variables_at_most(clause)) {
        return false;
    }
    if (in->kind == MDM_STRING) {
        return true;
    }
    if (in->kind == MDM_INT || in->kind == MDM_RATIO) {
        return first->is_variable && !variable->is_string && finish_number(clause);
    }
    if (!first->is_variable || clause->n > 1 || !variable->is_string) {
        return false;
    }
    for (size_t i = 0; i < variable->n; i++) {
        if (!naive_value_read(in->kind, variable->strings[i], &value)) {
            return false;
        }
    }
    return true;
}

naive_answer naive_clause_read(naive_heap *heap, mdm_kind kind, size_t attribute, naive_text text,
                               naive_object *object)
{
    naive_clause *clause = &object->clauses[object->n_clauses++];
    reading in = {heap, object, clause, kind, text.at, text.at + text.len};
    bool has_variable = false;
    clause->attribute = attribute;
    clause->n = 0;
    clause->arithmetic = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (take(&in, forms[i].begin)) {
            return read_operator(&in, &forms[i]);
        }
    }
    while (in.at < in.end) {
        const naive_answer answer = read_part(&in);
        if (answer != NAIVE_GOOD) {
            return answer;
        }
        has_variable = has_variable || clause->parts[clause->n - 1].is_variable;
    }
    if (!has_variable) {
        return finish_value(&in);
    }
    return finish_template(&in) ? NAIVE_GOOD : NAIVE_BAD;
}
