/*
 * Strings that a clause of a batch names, looked up at once: nothing else is asked of them, so codes
 * of the fleet are all that is kept. What no device has is left out.
 */
#include "mdm_named.h"

#include "mdm_bare.h"

/* What is looked at of one string: a memo's share, a comma, and what follows it. */
#define ROOM ((ptrdiff_t)MDM_MEMO_TEXT + 2)

static mdm_status check(const mdm_parser *parser, mdm_text text, bool is_bare, const char **fault)
{
    mdm_value value;
    return is_bare && text.len <= MDM_MAX_VALUE
               ? MDM_OK
               : mdm_value_parse(&parser->keeper, MDM_STRING, text, &value, fault);
}

/* Numbers behind the codes are those of values that no device has. */
static uint32_t known_code(const mdm_parser *parser, size_t attribute, uint32_t number)
{
    return number <= parser->fleet->dictionaries[attribute].texts.n ? number : 0;
}

/* What the memo does not know. */
static uint32_t learn(const mdm_parser *parser, const mdm_token *token)
{
    const mdm_texts *texts = &parser->fleet->dictionaries[token->attribute].texts;
    const uint32_t found = mdm_texts_find(texts, token->text, mdm_token_hash(token));
    if (found == MDM_NONE) {
        return 0;
    }
    mdm_memo_put(token, found + 1, texts->at[found].at);
    return found + 1;
}

/* 0: no device has it. is_near: as many bytes may be read as a memo wants. */
static uint32_t code_of(const mdm_parser *parser, size_t attribute, mdm_text text, bool is_near)
{
    char room[MDM_MEMO_TEXT] = {0};
    mdm_text asked = text;
    mdm_token token;
    uint32_t code = 0;
    if (!is_near && text.len <= sizeof room) {
        if (text.len > 0) {
            memcpy(room, text.at, text.len);
        }
        asked.at = room;
    }
    mdm_memo_ask(*parser->memo, attribute, asked, &token);
    code = mdm_memo_get(&token);
    return code == 0 ? learn(parser, &token) : known_code(parser, attribute, code);
}

/* There is room for it. */
static void put(const mdm_parser *parser, mdm_named *named, uint32_t code)
{
    uint64_t *mark = &parser->marks[code / 64];
    const uint64_t bit = (uint64_t)1 << code % 64;
    named->at[named->n] = code;
    named->n += code != 0 && (*mark & bit) == 0 ? 1 : 0;
    *mark |= code == 0 ? 0 : bit;
}

mdm_status mdm_named_take(mdm_builder *builder, mdm_cursor *cursor, size_t attribute,
                          mdm_named *named)
{
    const mdm_parser *parser = builder->parser;
    const mdm_memo memo = *parser->memo;
    const char *at = cursor->at;
    mdm_status status = MDM_OK;
    while (memo.buckets != NULL && cursor->end - at >= ROOM) {
        const size_t len = mdm_bare_short(at);
        mdm_token token;
        uint32_t code = 0;
        if (len == 0 || len > MDM_MEMO_TEXT || at[len] != ',' || at[len + 1] == ')') {
            break;
        }
        if (!MDM_REGROW(parser->scratch, named, named->n)) {
            status = MDM_NO_MEMORY;
            break;
        }
        mdm_memo_ask(memo, attribute, (mdm_text){at, len}, &token);
        code = mdm_memo_get(&token);
        put(parser, named, code == 0 ? learn(parser, &token) : known_code(parser, attribute, code));
        named->n_given++;
        at += len + 1;
    }
    cursor->at = at;
    return status;
}

mdm_status mdm_named_add(mdm_builder *builder, size_t attribute, mdm_text text, bool is_bare,
                         mdm_named *named)
{
    mdm_parser *parser = builder->parser;
    const bool is_near = is_bare && builder->limit - text.at >= (ptrdiff_t)MDM_MEMO_TEXT;
    const mdm_status status = check(parser, text, is_bare, &parser->fault);
    if (status != MDM_OK) {
        return status;
    }
    if (!MDM_REGROW(parser->scratch, named, named->n)) {
        return MDM_NO_MEMORY;
    }
    named->n_given++;
    put(parser, named, code_of(parser, attribute, text, is_near));
    return MDM_OK;
}

mdm_status mdm_named_keep(mdm_builder *builder, const mdm_named *named, mdm_clause *clause)
{
    clause->is_coded = true;
    clause->n = named->n;
    clause->of.codes =
        mdm_settle(builder->parser->keeper.arena, named->at, named->n, sizeof *named->at);
    return clause->of.codes == NULL ? MDM_NO_MEMORY : MDM_OK;
}

void mdm_named_end(const mdm_builder *builder, const mdm_named *named)
{
    for (size_t i = 0; i < named->n; i++) {
        builder->parser->marks[named->at[i] / 64] = 0;
    }
}
