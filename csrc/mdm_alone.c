/*
 * A clause with variables written so that it stands alone: a variable that another clause declares
 * is declared where it first stands.
 */
#include <string.h>

#include "mdm_parse.h"

static const char *past_quoted(const char *at)
{
    for (at++; *at != '"'; at++) {
        at += *at == '\\' ? 1 : 0;
    }
    return at + 1;
}

static const char *past_variable(const char *at)
{
    while (*at != '}') {
        at = *at == '"' ? past_quoted(at) : at + 1;
    }
    return at + 1;
}

/* The next variable of a text that is right; NULL: none. */
static const char *find_variable(const char *at, const char *end)
{
    while (at < end && *at != '{') {
        at = *at == '"' ? past_quoted(at) : at + 1;
    }
    return at < end ? at : NULL;
}

/* Which variable stands here; *is_reference: it is not declared here. */
static size_t variable_at(const mdm_builder *builder, const char *at, bool *is_reference)
{
    mdm_text name = {at + 1, 0};
    while (name.at[name.len] != '}' && name.at[name.len] != ':') {
        name.len++;
    }
    *is_reference = name.at[name.len] == '}';
    return mdm_variable_find(builder, name);
}

static void put(char *to, size_t *len, const char *begin, const char *end)
{
    if (to != NULL) {
        memcpy(to + *len, begin, (size_t)(end - begin));
    }
    *len += (size_t)(end - begin);
}

/* The text with each variable declared where it first stands, unless it is known; to may be NULL.
   Gives the length. */
static size_t write_alone(const mdm_builder *builder, mdm_text text, uint32_t *known, char *to)
{
    const char *at = text.at;
    const char *end = text.at + text.len;
    size_t len = 0;
    MDM_HOLDS(at != NULL); /* it stands in a line */
    for (const char *v = find_variable(at, end); v != NULL; v = find_variable(at, end)) {
        bool is_reference = false;
        const size_t variable = variable_at(builder, v, &is_reference);
        const char *past = past_variable(v);
        put(to, &len, at, v);
        if (is_reference && (*known >> variable & 1) == 0) {
            const mdm_text declared = builder->declared[variable];
            put(to, &len, declared.at, declared.at + declared.len);
        } else {
            put(to, &len, v, past);
        }
        *known |= (uint32_t)1 << variable;
        at = past;
    }
    put(to, &len, at, end);
    return len;
}

bool mdm_stand_alone(const mdm_builder *builder, mdm_text text, uint32_t *known, mdm_text *alone)
{
    const uint32_t before = *known;
    const size_t len = write_alone(builder, text, known, NULL);
    char *to = mdm_take_bytes(builder->parser->scratch, len);
    *known = before;
    if (to == NULL) {
        return false;
    }
    write_alone(builder, text, known, to);
    *alone = (mdm_text){to, len};
    return true;
}
