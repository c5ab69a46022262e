/*
 * What follows the name repeats as descriptions do. So the text of a line after its name is
 * looked up first, and only a text that was never seen is parsed. Where all texts differ, values
 * repeat: those that stand where they stood in the line before are found first in all lines of
 * a batch, and looked up then.
 */
#include "mdm_batch.h"

#include <string.h>

/* So many lines must be parsed before a memo, and before a large one, is worth its memory. */
#define SMALL_PAYS ((size_t)1 << 12)
#define SMALL_BUCKETS ((size_t)1 << 12)
#define LARGE_PAYS ((size_t)1 << 14)
#define LARGE_BUCKETS ((size_t)1 << 15)

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
    line->ahead.place = (mdm_walk){rest.at + len, rest.at + rest.len, limit, 0,
                                    fleet->scheme.n_attributes};
    line->ahead.n = mdm_steps_take(&habits->steps, habits->memo, &line->ahead.place, tokens);
}

/* Takes a line off the front of a text if it may be one that was seen before. */
static bool guess_line(mdm_batch_line *line, const mdm_seen *seen, size_t *name_len,
                       mdm_text *left)
{
    const char *limit = left->at + left->len;
    mdm_raw_line *raw = &line->raw;
    size_t taken = 0;
    mdm_line_name(raw, left->at, limit, *name_len);
    line->guess = mdm_line_is_rest(raw)
                      ? MDM_NONE
                      : mdm_seen_guess(seen, raw->rest.at, limit, &raw->rest.len);
    if (line->guess == MDM_NONE) {
        return false;
    }
    *name_len = raw->name.len;
    taken = (size_t)(raw->rest.at - left->at) + raw->rest.len + 1;
    raw->text = (mdm_text){left->at, taken - 1};
    *left = (mdm_text){left->at + taken, left->len - taken};
    return true;
}

static void set_name(mdm_batch_line *line)
{
    line->has_name = line->raw.name.at != NULL;
    line->name = line->raw.name;
}

/* Where a guess does not hold, nobody knows where its line ends, and what comes after is cut
   anew. */
static void check_guesses(mdm_batch *batch, mdm_seen *seen, mdm_text *left)
{
    for (size_t i = 0; i < batch->n; i++) {
        mdm_batch_line *line = &batch->lines[i];
        if (line->guess == MDM_NONE) {
            continue;
        }
        line->twin = mdm_seen_check(seen, line->guess, line->raw.rest.at);
        line->is_blank = false;
        set_name(line);
        if (line->twin == MDM_NONE) {
            const char *at = line->raw.text.at;
            *left = (mdm_text){at, (size_t)(batch->limit - at)};
            line->raw = mdm_line_cut(left, true);
            batch->n = i + 1;
        }
    }
}

/* Between batches, since a token knows its bucket. */
static void open_memo(mdm_habits *habits, const mdm_allocator *memory)
{
    const size_t n_buckets = habits->n_parsed >= LARGE_PAYS   ? LARGE_BUCKETS
                             : habits->n_parsed >= SMALL_PAYS ? SMALL_BUCKETS
                                                              : 0;
    if (habits->memo.n_buckets < n_buckets) {
        mdm_memo_open(&habits->memo, memory, n_buckets);
    }
}

void mdm_batch_cut(mdm_batch *batch, const mdm_fleet *fleet, mdm_habits *habits, mdm_text *left)
{
    const bool looks = !habits->seen.is_off;
    size_t n_tokens = 0;
    open_memo(habits, &fleet->memory);
    batch->limit = left->at + left->len;
    for (batch->n = 0; batch->n < MDM_BATCH && left->len > 0; batch->n++) {
        mdm_batch_line *line = &batch->lines[batch->n];
        line->twin = MDM_NONE;
        line->guess = MDM_NONE;
        line->ahead.begin = NULL;
        if (looks && guess_line(line, &habits->seen, &habits->name_len, left)) {
            continue;
        }
        line->raw = mdm_line_cut(left, looks);
        if (!looks && MDM_BATCH_TOKENS - n_tokens >= fleet->scheme.n_attributes) {
            line->ahead.n = 0;
            look_ahead(line, fleet, habits, batch->limit, batch->tokens + n_tokens);
            n_tokens += line->ahead.n;
        }
    }
    for (size_t i = 0; i < n_tokens; i++) {
        mdm_memo_expect(&batch->tokens[i]);
    }
    check_guesses(batch, &habits->seen, left);
}

/* ---- One line ---- */

/* All of the line was found ahead: a name, own values, and no more. */
static bool is_whole(const mdm_ahead *ahead)
{
    return ahead->begin != NULL && ahead->place.end - ahead->place.at == 2 &&
           memcmp(ahead->place.at, "}}", 2) == 0;
}

static mdm_status parse_strictly(mdm_batch_line *line, mdm_parser *parser)
{
    const mdm_raw_line *raw = &line->raw;
    mdm_line parsed;
    const mdm_status status =
        raw->name.at == NULL ? mdm_line_parse(parser, raw->text, &parsed)
                             : mdm_line_parse_named(parser, raw->text, raw->name, &parsed);
    if (status == MDM_OK) {
        line->has_name = parsed.has_name;
        line->name = parsed.name;
        line->is_sole = parsed.has_name && raw->name.at == NULL;
        memcpy(line->codes, parsed.codes,
               parser->fleet->classes.columns.n_columns * sizeof *line->codes);
    }
    return status;
}

static mdm_status parse(mdm_batch_line *line, const char *limit, mdm_fleet *fleet,
                        mdm_habits *habits, const char **fault)
{
    mdm_parser parser = mdm_parser_growing(fleet);
    mdm_status status = MDM_OK;
    parser.steps = &habits->steps;
    parser.memo = &habits->memo;
    parser.clause_steps = &habits->clause_steps;
    parser.clause_memo = &habits->clause_memo;
    parser.ahead = &line->ahead;
    parser.limit = limit;
    habits->n_parsed++;
    if (is_whole(&line->ahead)) {
        set_name(line);
        line->is_sole = false;
        memset(line->codes, 0, fleet->classes.columns.n_columns * sizeof *line->codes);
        status = mdm_tokens_intern(&parser, line->ahead.tokens, line->ahead.n, line->codes);
    } else {
        status = parse_strictly(line, &parser);
    }
    if (status != MDM_OK) {
        *fault = parser.fault;
        return status;
    }
    mdm_class_expect(fleet, line->codes);
    return MDM_OK;
}

mdm_status mdm_batch_parse(mdm_batch *batch, size_t number, mdm_fleet *fleet, mdm_habits *habits,
                           const char **fault)
{
    mdm_batch_line *line = &batch->lines[number];
    line->is_blank = mdm_line_is_blank(line->raw.text);
    if (line->is_blank) {
        return MDM_OK;
    }
    if (!habits->seen.is_off && !mdm_line_is_rest(&line->raw)) {
        line->twin = mdm_seen_find(&habits->seen, line->raw.rest, line->raw.hash);
        if (line->twin != MDM_NONE) {
            set_name(line);
            return MDM_OK;
        }
    }
    return parse(line, batch->limit, fleet, habits, fault);
}

void mdm_habits_begin(mdm_habits *habits, const mdm_allocator *memory, size_t n_attributes)
{
    const mdm_memo closed = {NULL, 0, NULL};
    habits->seen = mdm_seen_new(memory);
    mdm_steps_clear(&habits->steps, n_attributes);
    mdm_steps_clear(&habits->clause_steps, n_attributes);
    habits->memo = habits->clause_memo = closed;
    habits->n_parsed = habits->name_len = 0;
}

void mdm_habits_end(mdm_habits *habits, const mdm_allocator *memory)
{
    mdm_seen_end(&habits->seen);
    mdm_memo_close(&habits->memo, memory);
}
