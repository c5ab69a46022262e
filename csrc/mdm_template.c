/*
 * Templates solved: which choices of the variables give this value?
 *
 * A search over the clauses, depth first. Each solution of one clause narrows the intervals of
 * its variables and hands on to the next clause; a dead end takes the narrowing back. Recursion
 * goes two deep a clause, since a value has at most two different variables.
 *
 * The order of the clauses keeps this from growing with their number. Numbers go first: they
 * narrow and leave no choice. Then whatever has a variable that stands fast, since the value and
 * one variable leave at most one value for the other. Only where no such clause is left does one
 * open choices, and then it has no variable in common with those before: if it cannot be solved,
 * no other choice of theirs helps.
 */
#include "mdm_solver.h"

__extension__ typedef __int128 i128;

static bool has_number_in(const mdm_intervals *numbers, mdm_interval wanted)
{
    size_t low = 0;
    size_t high = numbers->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (numbers->at[middle].high < wanted.low) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < numbers->n && numbers->at[low].low <= wanted.high;
}

bool mdm_narrow(mdm_solver *search, uint8_t variable, mdm_interval wanted, mdm_kept *before)
{
    const mdm_variable *v = &search->object->variables[variable];
    before->at = search->at[variable];
    before->bound = search->bound;
    if (search->bound >> variable & 1) {
        if (before->at.low > wanted.low) {
            wanted.low = before->at.low;
        }
        if (before->at.high < wanted.high) {
            wanted.high = before->at.high;
        }
    }
    if (search->is_hopeless || wanted.low > wanted.high ||
        (!v->is_string && !has_number_in(&v->numbers, wanted))) {
        return false;
    }
    search->at[variable] = wanted;
    search->bound |= (uint32_t)1 << variable;
    return true;
}

void mdm_widen(mdm_solver *search, uint8_t variable, const mdm_kept *before)
{
    search->at[variable] = before->at;
    search->bound = before->bound;
}

/* ---- Numbers ---- */

static bool within_64_bits(i128 low, i128 high, mdm_interval *interval)
{
    if (high < INT64_MIN || low > INT64_MAX) {
        return false;
    }
    interval->low = low < INT64_MIN ? INT64_MIN : (int64_t)low;
    interval->high = high > INT64_MAX ? INT64_MAX : (int64_t)high;
    return true;
}

/* The v for which v, v/k or v*k is numerator/denominator. */
static bool invert(const mdm_clause *clause, bool is_floor, mdm_ratio given,
                   mdm_interval *interval)
{
    const i128 scaled = (i128)given.numerator * clause->factor;
    switch (clause->arithmetic) {
    case '/':
        if (is_floor) {
            return given.denominator == 1 &&
                   within_64_bits(scaled, scaled + clause->factor - 1, interval);
        }
        return scaled % given.denominator == 0 &&
               within_64_bits(scaled / given.denominator, scaled / given.denominator, interval);
    case '*':
        *interval = (mdm_interval){given.numerator / clause->factor,
                                   given.numerator / clause->factor};
        return given.denominator == 1 && given.numerator % clause->factor == 0;
    default:
        *interval = (mdm_interval){given.numerator, given.numerator};
        return given.denominator == 1;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
static bool solve_narrowed(mdm_solver *search, uint8_t variable, mdm_interval wanted)
{
    mdm_kept before;
    bool found = false;
    if (!mdm_narrow(search, variable, wanted, &before)) {
        return false;
    }
    found = mdm_solve_rest(search);
    mdm_widen(search, variable, &before);
    return found;
}

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
static bool solve_number(mdm_solver *search, const mdm_clause *clause, const mdm_value *value)
{
    const mdm_attribute *attribute = &search->scheme->attributes[clause->attribute];
    const mdm_ratio given =
        attribute->kind == MDM_RATIO ? value->ratio : (mdm_ratio){value->number, 1};
    mdm_interval wanted = {0, 0};
    return invert(clause, search->scheme->floor_division != 0, given, &wanted) &&
           solve_narrowed(search, clause->variables[0], wanted);
}

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
static bool solve_choice(mdm_solver *search, const mdm_clause *clause, const mdm_value *value)
{
    const mdm_kind kind = search->scheme->attributes[clause->attribute].kind;
    size_t low = 0;
    size_t high = clause->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (mdm_value_order(kind, &clause->of.choices[middle].value, value) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < clause->n; low++) {
        const mdm_choice *choice = &clause->of.choices[low];
        if (!mdm_value_equal(kind, &choice->value, value)) {
            return false;
        }
        if (solve_narrowed(search, clause->variables[0],
                           (mdm_interval){choice->place, choice->place})) {
            return true;
        }
    }
    return false;
}

/* ---- The search ---- */

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
static bool solve(mdm_solver *search, const mdm_clause *clause, const mdm_value *value)
{
    switch (clause->op) {
    case MDM_OP_TEXT:
        return mdm_match(search, clause, 0, value->text);
    case MDM_OP_NUMBER:
        return solve_number(search, clause, value);
    default:
        return solve_choice(search, clause, value);
    }
}

static bool stands_fast(const mdm_solver *search, const mdm_clause *clause)
{
    for (uint8_t i = 0; i < clause->n_variables; i++) {
        const uint8_t v = clause->variables[i];
        if ((search->bound >> v & 1) != 0 && search->at[v].low == search->at[v].high) {
            return true;
        }
    }
    return false;
}

/* The clause to solve next, or none. *is_free: it shares nothing with those before. */
static size_t pick(const mdm_solver *search, bool *is_free)
{
    const mdm_object *object = search->object;
    size_t picked = object->n_clauses;
    *is_free = true;
    for (size_t i = 0; i < object->n_clauses; i++) {
        const mdm_clause *clause = &object->clauses[i];
        if (!clause->is_shared || (search->done >> i & 1) != 0 ||
            search->values[clause->attribute] == NULL) {
            continue;
        }
        if (clause->op == MDM_OP_NUMBER) {
            *is_free = false;
            return i;
        }
        if (*is_free && stands_fast(search, clause)) {
            *is_free = false;
            picked = i;
        } else if (picked == object->n_clauses) {
            picked = i;
        }
    }
    return picked;
}

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
bool mdm_solve_rest(mdm_solver *search)
{
    bool is_free = false;
    bool found = false;
    size_t picked = 0;
    if (search->values == NULL) {
        return true;
    }
    picked = pick(search, &is_free);
    if (picked == search->object->n_clauses) {
        return true;
    }
    search->done |= (uint64_t)1 << picked;
    found = solve(search, &search->object->clauses[picked],
                  search->values[search->object->clauses[picked].attribute]);
    search->done &= ~((uint64_t)1 << picked);
    search->is_hopeless = search->is_hopeless || (is_free && !found);
    return found;
}

bool mdm_clause_solves(const mdm_scheme *scheme, const mdm_object *object,
                       const mdm_clause *clause, const mdm_value *value)
{
    mdm_solver search = {.scheme = scheme, .object = object};
    return solve(&search, clause, value);
}

bool mdm_object_solves(const mdm_scheme *scheme, const mdm_object *object,
                       const mdm_value *const *values)
{
    mdm_solver search = {.scheme = scheme, .object = object, .values = values};
    return mdm_solve_rest(&search);
}
