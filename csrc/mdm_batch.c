/*
 * What follows the name repeats as descriptions do. So the text of a line after its name is
 * looked up first, and only a text that was never seen is parsed. Where all texts differ, values
 * repeat: those that stand where they stood in the line before are found first in all lines of
 * a batch, and looked up then.
 */
#include "mdm_batch.h"

#include <string.h>

/* So many lines must be parsed before a memo is worth its memory. */
#define MEMO_PAYS 4096

/* ---- All lines ---- */

static void look_ahead(mdm_batch_line *line, const mdm_fleet *fleet, const mdm_habits *habits,
                       const char *limit, mdm_token *tokens)
{
    static const char opening[] = "\",\"self\":{";
    const size_t len = sizeof opening - 1;
    const mdm_text rest = line->raw.rest;
    if (line->raw.name.at == NULL || rest.len < len || memcmp(rest.at, opening, len) != 0) {
        return;
    }
    line->ahead.begin = rest.at + len;
    line->ahead.tokens = tokens;
    line->ahead.place = (mdm_place){rest.at + len, rest.at + rest.len, limit, 0,
                                    fleet->scheme.n_attributes};
    line->ahead.n = mdm_steps_take(&habits->steps, &habits->memo, &line->ahead.place, tokens);
}

void mdm_batch_cut(mdm_batch *batch, const mdm_fleet *fleet, const mdm_habits *habits,
                   mdm_text *left)
{
    const bool looks = !habits->seen.is_off;
    size_t n_tokens = 0;
    batch->limit = left->at + left->len;
    for (batch->n = 0; batch->n < MDM_BATCH && left->len > 0; batch->n++) {
        mdm_batch_line *line = &batch->lines[batch->n];
        line->raw = mdm_line_cut(left, looks);
        line->ahead.begin = NULL;
        if (!looks && MDM_BATCH_TOKENS - n_tokens >= fleet->scheme.n_attributes) {
            line->ahead.n = 0;
            look_ahead(line, fleet, habits, batch->limit, batch->tokens + n_tokens);
            n_tokens += line->ahead.n;
        }
    }
    for (size_t i = 0; i < batch->n && looks; i++) {
        mdm_texts_expect(&habits->seen.texts, batch->lines[i].raw.hash);
    }
}

/* ---- One line ---- */

static bool is_blank(mdm_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != ' ' && text.at[i] != '\t' && text.at[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* Strictly, but for what the habits know. */
static mdm_status parse(mdm_batch_line *line, const char *limit, mdm_fleet *fleet,
                        mdm_habits *habits, const char **fault)
{
    const mdm_raw_line *raw = &line->raw;
    mdm_parser parser = mdm_parser_growing(fleet);
    mdm_line parsed;
    mdm_status status = MDM_OK;
    if (++habits->n_parsed == MEMO_PAYS) {
        mdm_memo_open(&habits->memo, &fleet->memory);
    }
    parser.steps = &habits->steps;
    parser.memo = &habits->memo;
    parser.ahead = &line->ahead;
    parser.limit = limit;
    status = raw->name.at == NULL ? mdm_line_parse(&parser, raw->text, &parsed)
                                  : mdm_line_parse_named(&parser, raw->text, raw->name, &parsed);
    if (status != MDM_OK) {
        *fault = parser.fault;
        return status;
    }
    line->has_name = parsed.has_name;
    line->name = parsed.name;
    line->is_sole = parsed.has_name && raw->name.at == NULL;
    memcpy(line->codes, parsed.codes, fleet->classes.n_columns * sizeof *line->codes);
    mdm_class_expect(fleet, line->codes);
    return MDM_OK;
}

mdm_status mdm_batch_parse(mdm_batch *batch, size_t number, mdm_fleet *fleet, mdm_habits *habits,
                           const char **fault)
{
    mdm_batch_line *line = &batch->lines[number];
    if (number == 0) {
        mdm_arena_reset(&fleet->scratch);
    }
    line->class = 0;
    line->is_blank = is_blank(line->raw.text);
    if (line->is_blank) {
        return MDM_OK;
    }
    if (!habits->seen.is_off) {
        line->class = mdm_seen_find(&habits->seen, line->raw.rest, line->raw.hash);
        if (line->class != 0) {
            line->has_name = line->raw.name.at != NULL;
            line->name = line->raw.name;
            return MDM_OK;
        }
    }
    return parse(line, batch->limit, fleet, habits, fault);
}

void mdm_habits_end(mdm_habits *habits, const mdm_allocator *memory)
{
    mdm_seen_end(&habits->seen);
    mdm_memo_close(&habits->memo, memory);
}
