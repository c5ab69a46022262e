/*
 * Text templates solved: V5_{n:int:1,2} against V5_2. From the left, depth first; only a variable
 * that does not stand fast yet leaves a choice.
 */
#include <string.h>

#include "mdm_solver.h"

size_t mdm_number_print(int64_t number, char *digits)
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

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
static bool match_narrowed(mdm_solver *search, const mdm_clause *clause, size_t part, mdm_text rest,
                           mdm_interval wanted)
{
    const uint8_t variable = clause->of.parts[part].variable;
    mdm_kept before;
    bool found = false;
    if (!mdm_narrow(search, variable, wanted, &before)) {
        return false;
    }
    found = mdm_match(search, clause, part + 1, rest);
    mdm_widen(search, variable, &before);
    return found;
}

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
static bool match_string(mdm_solver *search, const mdm_clause *clause, size_t part, mdm_text rest)
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
            match_narrowed(search, clause, part, (mdm_text){rest.at + len, rest.len - len},
                           (mdm_interval){place, place})) {
            return true;
        }
    }
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
static bool match_number(mdm_solver *search, const mdm_clause *clause, size_t part, mdm_text rest)
{
    /* 20 bytes hold any number of 64 bits with its sign. */
    for (size_t len = 1; len <= rest.len && len <= 20; len++) {
        const char c = rest.at[len - 1];
        int64_t number = 0;
        if ((c < '0' || c > '9') && !(c == '-' && len == 1)) {
            return false;
        }
        if (mdm_number_parse((mdm_text){rest.at, len}, &number) &&
            match_narrowed(search, clause, part, (mdm_text){rest.at + len, rest.len - len},
                           (mdm_interval){number, number})) {
            return true;
        }
    }
    return false;
}

/* The text of a part, where it is known; digits has room for 20 bytes. */
static bool known_text(const mdm_solver *search, const mdm_part *part, char *digits, mdm_text *text)
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
        *text = (mdm_text){digits, mdm_number_print(at.low, digits)};
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): once a variable of the object, of which there are few */
bool mdm_match(mdm_solver *search, const mdm_clause *clause, size_t part, mdm_text rest)
{
    for (; part < clause->n; part++) {
        const mdm_part *at = &clause->of.parts[part];
        char digits[20];
        mdm_text text = {NULL, 0};
        if (!known_text(search, at, digits, &text)) {
            return search->object->variables[at->variable].is_string
                       ? match_string(search, clause, part, rest)
                       : match_number(search, clause, part, rest);
        }
        if (text.len > rest.len || (text.len > 0 && memcmp(text.at, rest.at, text.len) != 0)) {
            return false;
        }
        rest.at += text.len;
        rest.len -= text.len;
    }
    return rest.len == 0 && mdm_solve_rest(search);
}
