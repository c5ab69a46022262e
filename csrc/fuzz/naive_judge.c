/*
 * Verdicts, naively: every choice of every variable is tried, clause by clause.
 */
#include <stdio.h>

#include "naive.h"

__extension__ typedef __int128 i128;

#define MOST_STEPS 20000

/* ---- Templates ---- */

typedef struct choice {
    bool is_made;
    int64_t number; /* of a variable that is no string */
    char digits[24];
    naive_text text;
} choice;

typedef struct search {
    const mdm_scheme *scheme;
    const naive_object *object;
    const naive_description *other;
    choice choices[NAIVE_VARIABLES];
    size_t n_steps;
} search;

static bool solve_clauses(search *at, size_t i);

static void choose_number(choice *to, int64_t number)
{
    const int len = snprintf(to->digits, sizeof to->digits, "%lld", (long long)number);
    to->is_made = true;
    to->number = number;
    to->text = (naive_text){to->digits, (size_t)len};
}

static bool has_number(const naive_variable *variable, int64_t number)
{
    for (size_t i = 0; i < variable->n; i++) {
        if (variable->lows[i] <= number && number <= variable->highs[i]) {
            return true;
        }
    }
    return false;
}

static bool starts_with(naive_text text, naive_text start)
{
    return start.len <= text.len && naive_same((naive_text){text.at, start.len}, start);
}

static bool solve_text(search *at, size_t i, const naive_clause *clause, size_t part,
                       naive_text text);

/* A variable that is not chosen yet, at the front of a text. */
static bool try_text(search *at, size_t i, const naive_clause *clause, size_t part,
                     naive_text text)
{
    const naive_variable *variable = &at->object->variables[clause->parts[part].variable];
    choice *chosen = &at->choices[clause->parts[part].variable];
    bool is_solved = false;
    for (size_t s = 0; s < variable->n && variable->is_string && !is_solved; s++) {
        chosen->is_made = true;
        chosen->text = variable->strings[s];
        is_solved = solve_text(at, i, clause, part, text);
    }
    for (size_t len = 1; len <= text.len && len <= 20 && !variable->is_string && !is_solved; len++) {
        int64_t number = 0;
        if (naive_number((naive_text){text.at, len}, INT64_MIN, INT64_MAX, &number) &&
            has_number(variable, number)) {
            choose_number(chosen, number);
            is_solved = solve_text(at, i, clause, part, text);
        }
    }
    chosen->is_made = false;
    return is_solved;
}

static bool solve_text(search *at, size_t i, const naive_clause *clause, size_t part,
                       naive_text text)
{
    if (++at->n_steps > MOST_STEPS) {
        return false;
    }
    for (; part < clause->n; part++) {
        const naive_part *one = &clause->parts[part];
        naive_text start = one->text;
        if (one->is_variable && !at->choices[one->variable].is_made) {
            return try_text(at, i, clause, part, text);
        }
        if (one->is_variable) {
            start = at->choices[one->variable].text;
        }
        if (!starts_with(text, start)) {
            return false;
        }
        text = (naive_text){text.at + start.len, text.len - start.len};
    }
    return text.len == 0 && solve_clauses(at, i + 1);
}

/* Whether {v}, {v}/k or {v}*k is numerator/denominator. */
static bool gives(const search *at, const naive_clause *clause, int64_t v, const int64_t *given)
{
    const i128 number = v;
    const i128 k = clause->factor;
    i128 below = number / k;
    if (clause->arithmetic == '*') {
        return number * k * given[1] == given[0];
    }
    if (clause->arithmetic == '/' && at->scheme->floor_division != 0) {
        below -= number % k < 0 ? 1 : 0;
        return below * given[1] == given[0];
    }
    return number * given[1] == (i128)given[0] * k;
}

/* Where a variable has to lie, roughly, so that a long range is not walked from end to end. */
static void window(const naive_clause *clause, const int64_t *given, i128 *low, i128 *high)
{
    const i128 middle = given[0] / given[1];
    *low = clause->arithmetic == '/' ? (middle - 1) * clause->factor : middle / clause->factor - 1;
    *high = clause->arithmetic == '/' ? (middle + 1) * clause->factor : middle / clause->factor + 1;
}

static bool solve_number(search *at, size_t i, const naive_clause *clause,
                         const naive_value *value)
{
    const size_t v = clause->parts[0].variable;
    const naive_variable *variable = &at->object->variables[v];
    const bool is_ratio = at->scheme->attributes[clause->attribute].kind == MDM_RATIO;
    const int64_t given[2] = {value->numbers[0], is_ratio ? value->numbers[1] : 1};
    choice *chosen = &at->choices[v];
    i128 low = 0;
    i128 high = 0;
    bool is_solved = false;
    window(clause, given, &low, &high);
    if (chosen->is_made) {
        return gives(at, clause, chosen->number, given) && solve_clauses(at, i + 1);
    }
    for (size_t n = 0; n < variable->n && !is_solved; n++) {
        i128 number = variable->lows[n] > low ? variable->lows[n] : low;
        for (; number <= variable->highs[n] && number <= high && !is_solved; number++) {
            if (++at->n_steps > MOST_STEPS) {
                return false;
            }
            if (gives(at, clause, (int64_t)number, given)) {
                choose_number(chosen, (int64_t)number);
                is_solved = solve_clauses(at, i + 1);
                chosen->is_made = false;
            }
        }
    }
    return is_solved;
}

static bool solve_choice(search *at, size_t i, const naive_clause *clause,
                         const naive_value *value)
{
    const mdm_kind kind = at->scheme->attributes[clause->attribute].kind;
    const size_t v = clause->parts[0].variable;
    const naive_variable *variable = &at->object->variables[v];
    choice *chosen = &at->choices[v];
    const bool was_made = chosen->is_made;
    bool is_solved = false;
    for (size_t s = 0; s < variable->n && !is_solved; s++) {
        naive_value one;
        if (was_made && !naive_same(chosen->text, variable->strings[s])) {
            continue;
        }
        naive_value_read(kind, variable->strings[s], &one);
        if (naive_equal(kind, &one, value)) {
            chosen->is_made = true;
            chosen->text = variable->strings[s];
            is_solved = solve_clauses(at, i + 1);
        }
    }
    chosen->is_made = was_made;
    return is_solved;
}

static bool is_asked(const search *at, const naive_clause *clause)
{
    return clause->op == NAIVE_TEMPLATE && at->other->has[clause->attribute] &&
           at->scheme->attributes[clause->attribute].relation != MDM_ANY;
}

/* One choice for all clauses from i on. */
static bool solve_clauses(search *at, size_t i)
{
    const naive_clause *clause = &at->object->clauses[i];
    const naive_value *value = NULL;
    if (i == at->object->n_clauses) {
        return true;
    }
    if (++at->n_steps > MOST_STEPS) {
        return false;
    }
    if (!is_asked(at, clause)) {
        return solve_clauses(at, i + 1);
    }
    value = &at->other->values[clause->attribute];
    switch (at->scheme->attributes[clause->attribute].kind) {
    case MDM_STRING:
        return solve_text(at, i, clause, 0, value->text);
    case MDM_INT:
    case MDM_RATIO:
        return solve_number(at, i, clause, value);
    default:
        return solve_choice(at, i, clause, value);
    }
}

/* ---- Clauses ---- */

static bool can_move(const naive_value *source, const naive_value *target)
{
    return source->numbers[0] == target->numbers[0] && source->numbers[1] <= target->numbers[1];
}

static bool accepts(mdm_kind kind, const naive_clause *clause, const naive_value *value,
                    bool is_target)
{
    const naive_value *first = &clause->values[0];
    switch (clause->op) {
    case NAIVE_EMPTY:
        return value->text.len == 0;
    case NAIVE_ONE_OF:
        for (size_t i = 0; i < clause->n; i++) {
            if (naive_equal(kind, &clause->values[i], value)) {
                return true;
            }
        }
        return false;
    case NAIVE_RANGE:
        return naive_order(kind, first, value) <= 0 &&
               naive_order(kind, value, &clause->values[1]) <= 0;
    case NAIVE_SUPERSET:
        return naive_has_members(value->text, first->text);
    case NAIVE_SUBSET:
        return naive_has_members(first->text, value->text);
    case NAIVE_VERSION:
        return is_target ? can_move(first, value) : can_move(value, first);
    default:
        return clause->op != NAIVE_ABSENT;
    }
}

static mdm_verdict least(mdm_verdict left, mdm_verdict right)
{
    return left < right ? left : right;
}

static mdm_verdict judge_clause(const mdm_scheme *scheme, const naive_clause *clause,
                                const naive_description *other, bool is_target)
{
    const mdm_attribute *attribute = &scheme->attributes[clause->attribute];
    if (!other->has[clause->attribute]) {
        return clause->op == NAIVE_EMPTY || clause->op == NAIVE_ANY || clause->op == NAIVE_ABSENT
                   ? MDM_YES
                   : attribute->missing;
    }
    return clause->op == NAIVE_TEMPLATE ||
                   accepts(attribute->kind, clause, &other->values[clause->attribute], is_target)
               ? MDM_YES
               : MDM_NO;
}

/* is_target: the other device is the target. */
static mdm_verdict judge_object(search *at, bool is_target)
{
    mdm_verdict verdict = solve_clauses(at, 0) ? MDM_YES : MDM_NO;
    bool is_listed[LAW_ATTRIBUTES] = {false};
    for (size_t i = 0; i < at->object->n_clauses; i++) {
        const naive_clause *clause = &at->object->clauses[i];
        is_listed[clause->attribute] = true;
        if (at->scheme->attributes[clause->attribute].relation != MDM_ANY) {
            verdict = least(verdict, judge_clause(at->scheme, clause, at->other, is_target));
        }
    }
    for (size_t i = 0; i < LAW_ATTRIBUTES; i++) {
        if (!is_listed[i] && at->other->has[i] &&
            at->scheme->attributes[i].relation != MDM_ANY) {
            verdict = least(verdict, at->scheme->unlisted);
        }
    }
    return verdict;
}

static mdm_verdict judge_list(search *at, const naive_description *publisher,
                              const naive_description *other, bool is_target)
{
    mdm_verdict best = publisher->has_list ? MDM_NO : at->scheme->missing;
    at->other = other;
    for (size_t i = 0; i < publisher->n_objects; i++) {
        mdm_verdict verdict = MDM_NO;
        at->object = &publisher->objects[i];
        for (size_t v = 0; v < at->object->n_variables; v++) {
            at->choices[v].is_made = false;
        }
        verdict = judge_object(at, is_target);
        best = verdict > best ? verdict : best;
    }
    return best;
}

/* ---- Relations ---- */

static mdm_verdict judge_relation(const mdm_attribute *attribute, size_t a,
                                  const naive_description *source,
                                  const naive_description *target)
{
    const naive_value *value = &target->values[a];
    const naive_value *other = &source->values[attribute->of];
    const bool is_agreed =
        !target->has[a] && !source->has[attribute->of] && attribute->required == 0;
    bool holds = true;
    if (attribute->relation == MDM_UNRELATED || attribute->relation == MDM_ANY || is_agreed) {
        return MDM_YES;
    }
    if (!target->has[a] || !source->has[attribute->of]) {
        return attribute->missing;
    }
    switch (attribute->relation) {
    case MDM_SUPERSET:
        holds = naive_has_members(value->text, other->text);
        break;
    case MDM_SUBSET:
        holds = naive_has_members(other->text, value->text);
        break;
    case MDM_MINOR:
        holds = can_move(other, value);
        break;
    case MDM_MEMBER:
        holds = naive_has_member(value->text, other->text);
        break;
    default:
        holds = naive_equal(attribute->kind, value, other);
        break;
    }
    return holds ? MDM_YES : MDM_NO;
}

naive_answer naive_judge(const mdm_scheme *scheme, mdm_direction accepted_by,
                         const naive_description *source, const naive_description *target,
                         mdm_verdict *verdict)
{
    search at;
    at.scheme = scheme;
    at.n_steps = 0;
    *verdict = MDM_YES;
    if (accepted_by == MDM_NOBODY || scheme->accepted_by == MDM_NOBODY) {
        accepted_by = scheme->accepted_by;
    }
    for (size_t i = 0; i < LAW_ATTRIBUTES && *verdict != MDM_NO; i++) {
        *verdict = least(*verdict, judge_relation(&scheme->attributes[i], i, source, target));
    }
    if (*verdict == MDM_NO) {
        return NAIVE_GOOD;
    }
    if ((accepted_by & MDM_TARGET) != 0) {
        *verdict = least(*verdict, judge_list(&at, target, source, false));
    }
    if ((accepted_by & MDM_SOURCE) != 0) {
        *verdict = least(*verdict, judge_list(&at, source, target, true));
    }
    return at.n_steps > MOST_STEPS ? NAIVE_UNSURE : NAIVE_GOOD;
}
