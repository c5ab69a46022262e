/*
 * Templates solved: which choices of the variables give this value?
 *
 * A search over the clauses, depth first. Each solution of one clause narrows the intervals of
 * its variables and hands on to the next clause; a dead end takes the narrowing back. Recursion
 * goes two deep a clause, since a value has at most two different variables.
 */
#include <string.h>

#include "mdm_rule.h"

__extension__ typedef __int128 i128;

typedef struct solver {
    const mdm_scheme *scheme;
    const mdm_object *object;
    const mdm_value *const *values; /* NULL: only one clause is asked */
    uint32_t bound; /* bit per variable */
    mdm_interval at[MDM_MAX_VARIABLES];
} solver;

static bool solve_next(solver *search, size_t next);

bool mdm_clause_is_template(const mdm_clause *clause)
{
    return clause->op == MDM_OP_TEXT || clause->op == MDM_OP_NUMBER ||
           clause->op == MDM_OP_CHOICE;
}

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

/* What a variable was before it was narrowed. */
typedef struct kept {
    mdm_interval at;
    uint32_t bound;
} kept;

static bool narrow(solver *search, uint8_t variable, mdm_interval wanted, kept *before)
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
    if (wanted.low > wanted.high || (!v->is_string && !has_number_in(&v->numbers, wanted))) {
        return false;
    }
    search->at[variable] = wanted;
    search->bound |= (uint32_t)1 << variable;
    return true;
}

static void widen(solver *search, uint8_t variable, const kept *before)
{
    search->at[variable] = before->at;
    search->bound = before->bound;
}

/* ---- Texts ---- */

static bool match(solver *search, const mdm_clause *clause, size_t part, mdm_text rest,
                  size_t next);

static size_t print_number(int64_t number, char *digits)
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char reversed[20];
    size_t n = 0;
    size_t len = 0;
    do {
        reversed[n++] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    if (number < 0) {
        digits[len++] = '-';
    }
    while (n > 0) {
        digits[len++] = reversed[--n];
    }
    return len;
}

static uint32_t find_string(const mdm_strings *strings, const char *at, size_t len, uint32_t hash)
{
    const size_t mask = strings->n_slots - 1;
    for (size_t slot = hash & mask; strings->slots[slot] != 0; slot = (slot + 1) & mask) {
        const mdm_string *string = &strings->at[strings->slots[slot] - 1];
        if (string->hash == hash && string->len == len && memcmp(string->at, at, len) == 0) {
            return strings->slots[slot] - 1;
        }
    }
    return MDM_NONE;
}

static bool match_narrowed(solver *search, const mdm_clause *clause, size_t part, mdm_text rest,
                           size_t next, mdm_interval wanted)
{
    const uint8_t variable = clause->of.parts[part].variable;
    kept before;
    bool found = false;
    if (!narrow(search, variable, wanted, &before)) {
        return false;
    }
    found = match(search, clause, part + 1, rest, next);
    widen(search, variable, &before);
    return found;
}

static bool match_string(solver *search, const mdm_clause *clause, size_t part, mdm_text rest,
                         size_t next)
{
    const mdm_strings *strings =
        &search->object->variables[clause->of.parts[part].variable].strings;
    const bool is_last = part + 1 == clause->n;
    uint64_t state = 0;
    size_t len = 0;
    for (size_t i = 0; i < strings->n_lengths && strings->lengths[i] <= rest.len; i++) {
        uint32_t place = 0;
        for (; len < strings->lengths[i]; len++) {
            state = mdm_string_step(state, rest.at[len]);
        }
        if (is_last && len != rest.len) {
            continue;
        }
        place = find_string(strings, rest.at, len, mdm_string_hash(state));
        if (place != MDM_NONE &&
            match_narrowed(search, clause, part, (mdm_text){rest.at + len, rest.len - len}, next,
                           (mdm_interval){place, place})) {
            return true;
        }
    }
    return false;
}

static bool match_number(solver *search, const mdm_clause *clause, size_t part, mdm_text rest,
                         size_t next)
{
    /* 20 bytes hold any number of 64 bits with its sign. */
    for (size_t len = 1; len <= rest.len && len <= 20; len++) {
        const char c = rest.at[len - 1];
        int64_t number = 0;
        if ((c < '0' || c > '9') && !(c == '-' && len == 1)) {
            return false;
        }
        if (mdm_number_parse((mdm_text){rest.at, len}, &number) &&
            match_narrowed(search, clause, part, (mdm_text){rest.at + len, rest.len - len}, next,
                           (mdm_interval){number, number})) {
            return true;
        }
    }
    return false;
}

/* The text of a part, where it is known; digits has room for 20 bytes. */
static bool known_text(const solver *search, const mdm_part *part, char *digits, mdm_text *text)
{
    const mdm_interval at = search->at[part->variable];
    const mdm_variable *variable = &search->object->variables[part->variable];
    if (!part->is_variable) {
        *text = part->text;
        return true;
    }
    if ((search->bound >> part->variable & 1) == 0 || at.low != at.high) {
        return false;
    }
    if (variable->is_string) {
        const mdm_string *string = &variable->strings.at[at.low];
        *text = (mdm_text){string->at, string->len};
    } else {
        *text = (mdm_text){digits, print_number(at.low, digits)};
    }
    return true;
}

static bool match(solver *search, const mdm_clause *clause, size_t part, mdm_text rest,
                  size_t next)
{
    for (; part < clause->n; part++) {
        const mdm_part *at = &clause->of.parts[part];
        char digits[20];
        mdm_text text = {NULL, 0};
        if (!known_text(search, at, digits, &text)) {
            return search->object->variables[at->variable].is_string
                       ? match_string(search, clause, part, rest, next)
                       : match_number(search, clause, part, rest, next);
        }
        if (text.len > rest.len || (text.len > 0 && memcmp(text.at, rest.at, text.len) != 0)) {
            return false;
        }
        rest.at += text.len;
        rest.len -= text.len;
    }
    return rest.len == 0 && solve_next(search, next);
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

static bool solve_narrowed(solver *search, uint8_t variable, mdm_interval wanted, size_t next)
{
    kept before;
    bool found = false;
    if (!narrow(search, variable, wanted, &before)) {
        return false;
    }
    found = solve_next(search, next);
    widen(search, variable, &before);
    return found;
}

static bool solve_number(solver *search, const mdm_clause *clause, const mdm_value *value,
                         size_t next)
{
    const mdm_attribute *attribute = &search->scheme->attributes[clause->attribute];
    const mdm_ratio given =
        attribute->kind == MDM_RATIO ? value->ratio : (mdm_ratio){value->number, 1};
    mdm_interval wanted = {0, 0};
    return invert(clause, search->scheme->floor_division != 0, given, &wanted) &&
           solve_narrowed(search, clause->variables[0], wanted, next);
}

static bool solve_choice(solver *search, const mdm_clause *clause, const mdm_value *value,
                         size_t next)
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
                           (mdm_interval){choice->place, choice->place}, next)) {
            return true;
        }
    }
    return false;
}

/* ---- The search ---- */

static bool solve(solver *search, const mdm_clause *clause, const mdm_value *value, size_t next)
{
    switch (clause->op) {
    case MDM_OP_TEXT:
        return match(search, clause, 0, value->text, next);
    case MDM_OP_NUMBER:
        return solve_number(search, clause, value, next);
    default:
        return solve_choice(search, clause, value, next);
    }
}

static bool solve_next(solver *search, size_t next)
{
    const mdm_object *object = search->object;
    if (search->values == NULL) {
        return true;
    }
    for (; next < object->n_clauses; next++) {
        const mdm_clause *clause = &object->clauses[next];
        const mdm_value *value = search->values[clause->attribute];
        if (clause->is_shared && value != NULL) {
            return solve(search, clause, value, next + 1);
        }
    }
    return true;
}

bool mdm_clause_solves(const mdm_scheme *scheme, const mdm_object *object,
                       const mdm_clause *clause, const mdm_value *value)
{
    solver search = {.scheme = scheme, .object = object};
    return solve(&search, clause, value, 0);
}

bool mdm_object_solves(const mdm_scheme *scheme, const mdm_object *object,
                       const mdm_value *const *values)
{
    solver search = {.scheme = scheme, .object = object, .values = values};
    return solve_next(&search, 0);
}
