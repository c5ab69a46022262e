/*
 * Variables of templates: {v:int:1,2-8}, {v:string:"a","b"}, {v}.
 */
#include <string.h>

#include "mdm_parse.h"

static bool is_name_byte(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!is_first && c >= '0' && c <= '9');
}

static bool take(mdm_cursor *cursor, const char *expected)
{
    const size_t len = strlen(expected);
    if ((size_t)(cursor->end - cursor->at) < len || memcmp(cursor->at, expected, len) != 0) {
        return false;
    }
    cursor->at += len;
    return true;
}

void *mdm_settle(mdm_arena *arena, const void *at, size_t n, size_t element_size)
{
    void *settled = mdm_take(arena, n, element_size);
    if (settled != NULL && n > 0) {
        memcpy(settled, at, n * element_size);
    }
    return settled;
}

/* ---- Numbers ---- */

static bool take_number(mdm_cursor *cursor, int64_t *number)
{
    const char *begin = cursor->at;
    const char *at = begin;
    if (at < cursor->end && *at == '-') {
        at++;
    }
    while (at < cursor->end && *at >= '0' && *at <= '9') {
        at++;
    }
    cursor->at = at;
    return mdm_number_parse((mdm_text){begin, (size_t)(at - begin)}, number);
}

static int order_intervals(const void *left, const void *right, const void *context)
{
    const mdm_interval *a = left;
    const mdm_interval *b = right;
    (void)context;
    return (a->low > b->low) - (a->low < b->low);
}

static size_t merge(mdm_interval *at, size_t n)
{
    size_t merged = 0;
    mdm_sort(at, n, sizeof *at, order_intervals, NULL);
    for (size_t i = 1; i < n; i++) {
        if (at[merged].high == INT64_MAX || at[i].low <= at[merged].high + 1) {
            if (at[i].high > at[merged].high) {
                at[merged].high = at[i].high;
            }
        } else {
            at[++merged] = at[i];
        }
    }
    return merged + 1;
}

static mdm_status take_numbers(mdm_parser *parser, mdm_cursor *cursor, mdm_intervals *numbers)
{
    mdm_intervals read = {NULL, 0, 0};
    do {
        const char *begin = cursor->at;
        mdm_interval entry = {0, 0};
        if (!take_number(cursor, &entry.low)) {
            return mdm_refuse(parser, begin);
        }
        entry.high = entry.low;
        if (take(cursor, "-")) {
            const char *second = cursor->at;
            if (!take_number(cursor, &entry.high)) {
                return mdm_refuse(parser, second);
            }
        }
        if (entry.low > entry.high) {
            return mdm_refuse(parser, begin);
        }
        if (!MDM_REGROW(parser->scratch, &read, read.n)) {
            return MDM_NO_MEMORY;
        }
        read.at[read.n++] = entry;
    } while (take(cursor, ","));
    numbers->n = merge(read.at, read.n);
    numbers->at = mdm_settle(parser->keeper.arena, read.at, numbers->n, sizeof *read.at);
    return numbers->at == NULL ? MDM_NO_MEMORY : MDM_OK;
}

/* ---- Strings ---- */

static int order_lengths(const void *left, const void *right, const void *context)
{
    const uint32_t a = *(const uint32_t *)left;
    const uint32_t b = *(const uint32_t *)right;
    (void)context;
    return (a > b) - (a < b);
}

static bool collect_lengths(mdm_parser *parser, mdm_strings *strings)
{
    uint32_t *lengths = mdm_take(parser->scratch, strings->n, sizeof *lengths);
    size_t n = 0;
    if (lengths == NULL) {
        return false;
    }
    for (size_t i = 0; i < strings->n; i++) {
        lengths[i] = strings->at[i].len;
    }
    mdm_sort(lengths, strings->n, sizeof *lengths, order_lengths, NULL);
    for (size_t i = 0; i < strings->n; i++) {
        if (i == 0 || lengths[i] != lengths[i - 1]) {
            lengths[n++] = lengths[i];
        }
    }
    strings->lengths = mdm_settle(parser->keeper.arena, lengths, n, sizeof *lengths);
    strings->n_lengths = n;
    return strings->lengths != NULL;
}

/* Numbers the strings, each once, and settles them. */
static bool settle_strings(mdm_parser *parser, mdm_string *read, size_t n, mdm_strings *strings)
{
    size_t n_slots = 4;
    while (n_slots < n * 2) {
        n_slots *= 2;
    }
    strings->slots = mdm_take(parser->keeper.arena, n_slots, sizeof *strings->slots);
    if (strings->slots == NULL) {
        return false;
    }
    memset(strings->slots, 0, n_slots * sizeof *strings->slots);
    strings->n_slots = n_slots;
    for (size_t i = 0; i < n; i++) {
        size_t slot = read[i].hash & (n_slots - 1);
        const mdm_string *other = NULL;
        for (; strings->slots[slot] != 0; slot = (slot + 1) & (n_slots - 1)) {
            other = &read[strings->slots[slot] - 1];
            if (other->hash == read[i].hash && other->len == read[i].len &&
                memcmp(other->at, read[i].at, other->len) == 0) {
                break;
            }
        }
        if (strings->slots[slot] == 0) {
            read[strings->n] = read[i];
            strings->slots[slot] = (uint32_t)++strings->n;
        }
    }
    strings->at = mdm_settle(parser->keeper.arena, read, strings->n, sizeof *read);
    return strings->at != NULL && collect_lengths(parser, strings);
}

static mdm_status take_strings(mdm_parser *parser, mdm_cursor *cursor, mdm_strings *strings)
{
    struct {
        mdm_string *at;
        size_t capacity;
        size_t n;
    } read = {NULL, 0, 0};
    do {
        mdm_text text = {NULL, 0};
        uint64_t state = 0;
        const mdm_status status = mdm_quoted_take(parser, cursor, &text);
        if (status != MDM_OK) {
            return status;
        }
        if (read.n >= UINT32_MAX / 4 || text.len > UINT32_MAX) {
            return MDM_TOO_MANY;
        }
        if (!MDM_REGROW(parser->scratch, &read, read.n) ||
            !mdm_take_text(parser->keeper.arena, text, &text)) {
            return MDM_NO_MEMORY;
        }
        for (size_t i = 0; i < text.len; i++) {
            state = mdm_string_step(state, text.at[i]);
        }
        read.at[read.n++] = (mdm_string){text.at, (uint32_t)text.len, mdm_string_hash(state)};
    } while (take(cursor, ","));
    return settle_strings(parser, read.at, read.n, strings) ? MDM_OK : MDM_NO_MEMORY;
}

/* ---- Declarations and references ---- */

size_t mdm_variable_find(const mdm_builder *builder, mdm_text name)
{
    size_t i = 0;
    while (i < builder->n_variables &&
           (builder->variables[i].name.len != name.len ||
            memcmp(builder->variables[i].name.at, name.at, name.len) != 0)) {
        i++;
    }
    return i;
}

static mdm_status declare(mdm_builder *builder, mdm_cursor *cursor, mdm_text name)
{
    mdm_parser *parser = builder->parser;
    mdm_variable *variable = &builder->variables[builder->n_variables];
    mdm_status status = MDM_OK;
    *variable = (mdm_variable){.name = name};
    if (take(cursor, "int:")) {
        status = take_numbers(parser, cursor, &variable->numbers);
    } else if (take(cursor, "string:")) {
        variable->is_string = true;
        status = take_strings(parser, cursor, &variable->strings);
    } else {
        return mdm_refuse(parser, cursor->at);
    }
    if (status == MDM_OK && !mdm_take_text(parser->keeper.arena, name, &variable->name)) {
        return MDM_NO_MEMORY;
    }
    return status;
}

mdm_status mdm_variable_take(mdm_builder *builder, mdm_cursor *cursor, uint8_t *variable)
{
    mdm_parser *parser = builder->parser;
    const char *begin = cursor->at;
    mdm_text name = {begin + 1, 0};
    size_t number = 0;
    cursor->at++;
    while (cursor->at < cursor->end && is_name_byte(*cursor->at, name.len == 0)) {
        cursor->at++;
        name.len++;
    }
    number = mdm_variable_find(builder, name);
    if (name.len == 0) {
        return mdm_refuse(parser, begin);
    }
    if (take(cursor, ":")) {
        mdm_status status = MDM_OK;
        if (number < builder->n_variables || number == MDM_MAX_VARIABLES) {
            return mdm_refuse(parser, begin);
        }
        status = declare(builder, cursor, name);
        if (status != MDM_OK) {
            return status;
        }
        builder->declared[builder->n_variables++].at = begin;
    } else if (number == builder->n_variables) {
        return mdm_refuse(parser, begin);
    }
    if (!take(cursor, "}")) {
        return mdm_refuse(parser, cursor->at);
    }
    if (builder->declared[number].at == begin) {
        builder->declared[number].len = (size_t)(cursor->at - begin);
    }
    *variable = (uint8_t)number;
    return MDM_OK;
}
