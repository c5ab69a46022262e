/*
 * Codes numbered anew in the order of values, so that a range of values is an interval of codes,
 * which is compared and not looked up.
 */
#include <string.h>

#include "mdm_fleet.h"

/* More codes than two bytes hold are hardly asked for by range, and take long to move. */
#define MOST_CODES ((size_t)UINT16_MAX)

static bool is_out_of_order(const mdm_dictionary *dictionary)
{
    return dictionary->by_rank.at != NULL && dictionary->n_settled == dictionary->texts.n &&
           dictionary->texts.n <= MOST_CODES;
}

/* The new code of each old one. */
static void number(const mdm_dictionary *dictionary, uint32_t *code_of)
{
    code_of[0] = 0;
    for (uint32_t rank = 0; rank < dictionary->texts.n; rank++) {
        code_of[dictionary->by_rank.at[rank]] = rank + 1;
    }
}

static void move_values(mdm_dictionary *dictionary, const uint32_t *code_of, mdm_entry *entries,
                        mdm_value *values)
{
    mdm_texts *texts = &dictionary->texts;
    for (size_t i = 0; i < texts->n; i++) {
        entries[code_of[i + 1] - 1] = texts->at[i];
        values[code_of[i + 1] - 1] = dictionary->at[i];
    }
    memcpy(texts->at, entries, texts->n * sizeof *entries);
    memcpy(dictionary->at, values, texts->n * sizeof *values);
    for (size_t i = 0; i < texts->n_slots; i++) {
        texts->slots[i].place = code_of[texts->slots[i].place];
    }
}

static void move_codes(const mdm_class_table *classes, size_t column, const uint32_t *code_of)
{
    uint32_t codes[MDM_PAGE];
    for (size_t first = 0; first < classes->n; first += MDM_PAGE) {
        const size_t n = classes->n - first < MDM_PAGE ? classes->n - first : MDM_PAGE;
        mdm_codes_read(&classes->columns, column, first, n, codes);
        for (size_t i = 0; i < n; i++) {
            codes[i] = code_of[codes[i]];
        }
        mdm_codes_write(&classes->columns, column, first, n, codes);
    }
}

bool mdm_dictionaries_renumber(mdm_fleet *fleet)
{
    mdm_arena arena = {&fleet->memory, NULL, 0};
    bool has_changed = false;
    for (size_t a = 0; a < fleet->scheme.n_attributes; a++) {
        mdm_dictionary *dictionary = &fleet->dictionaries[a];
        const size_t n = dictionary->texts.n;
        uint32_t *code_of = NULL;
        mdm_entry *entries = NULL;
        mdm_value *values = NULL;
        if (!is_out_of_order(dictionary)) {
            continue;
        }
        code_of = mdm_take(&arena, n + 1, sizeof *code_of);
        entries = mdm_take(&arena, n, sizeof *entries);
        values = mdm_take(&arena, n, sizeof *values);
        if (code_of == NULL || entries == NULL || values == NULL) {
            break;
        }
        number(dictionary, code_of);
        move_values(dictionary, code_of, entries, values);
        move_codes(&fleet->classes, a, code_of);
        MDM_TRIM(&fleet->memory, &dictionary->by_rank, 0);
        has_changed = true;
        mdm_arena_reset(&arena);
    }
    mdm_arena_free(&arena);
    /* Whoever compiled a question knows other codes. */
    fleet->n_cuts += has_changed ? 1 : 0;
    return has_changed;
}
