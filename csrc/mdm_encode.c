/*
 * Clauses and relations encoded: ranks found by bisection, members by their place, strings by their
 * text. Only codes that are not settled, and what no order helps with, are asked one by one.
 */
#include "mdm_encoder.h"
#include "mdm_query.h"

/* ---- What is asked of one value ---- */

static bool holds(const mdm_encoder *encoder, uint32_t code)
{
    const mdm_value *value = &encoder->dictionary->at[code - 1];
    if (encoder->clause == NULL) {
        return mdm_relation_holds(encoder->attribute, encoder->source, value) == MDM_YES;
    }
    return mdm_clause_accepts(encoder->test, encoder->object, encoder->clause, value) == MDM_YES;
}

bool mdm_encoder_add(mdm_encoder *encoder, uint32_t code)
{
    if (!MDM_REGROW(encoder->arena, &encoder->codes, encoder->n_codes)) {
        return false;
    }
    encoder->codes.at[encoder->n_codes++] = code;
    return true;
}

bool mdm_encoder_try(mdm_encoder *encoder, uint32_t code)
{
    return !holds(encoder, code) || mdm_encoder_add(encoder, code);
}

static bool try_from(mdm_encoder *encoder, size_t code)
{
    for (; code <= encoder->dictionary->texts.n; code++) {
        if (!mdm_encoder_try(encoder, (uint32_t)code)) {
            return false;
        }
    }
    return true;
}

/* ---- Ranks ---- */

/* How many settled values are below this one; is_after: or equal to it. */
static size_t rank_of(const mdm_encoder *encoder, const mdm_value *value, bool is_after)
{
    const mdm_dictionary *dictionary = encoder->dictionary;
    size_t low = 0;
    size_t n = dictionary->n_settled;
    while (n > 0) {
        const size_t half = n / 2;
        const mdm_value *middle = &dictionary->at[mdm_code_at(dictionary, low + half) - 1];
        const int order = mdm_value_order(encoder->attribute->kind, middle, value);
        const bool is_below = order < 0 || (is_after && order == 0);
        low += is_below ? half + 1 : 0;
        n = is_below ? n - half - 1 : half;
    }
    return low;
}

/* The ranks from one value to another that no stretch before has had. */
static mdm_ranks stretch(mdm_encoder *encoder, const mdm_value *low, const mdm_value *high)
{
    mdm_ranks found = {(uint32_t)rank_of(encoder, low, false),
                       (uint32_t)rank_of(encoder, high, true)};
    if (found.begin < encoder->next_rank) {
        found.begin = encoder->next_rank;
    }
    if (found.end < found.begin) {
        found.end = found.begin;
    }
    encoder->next_rank = found.end;
    return found;
}

bool mdm_encoder_span(mdm_encoder *encoder, const mdm_value *low, const mdm_value *high)
{
    const mdm_ranks found = stretch(encoder, low, high);
    if (found.begin == found.end) {
        return true;
    }
    if (encoder->n_ranks > 0 && encoder->ranks.at[encoder->n_ranks - 1].end == found.begin) {
        encoder->ranks.at[encoder->n_ranks - 1].end = found.end;
        return true;
    }
    if (!MDM_REGROW(encoder->arena, &encoder->ranks, encoder->n_ranks)) {
        return false;
    }
    encoder->ranks.at[encoder->n_ranks++] = found;
    return true;
}

bool mdm_encoder_try_span(mdm_encoder *encoder, const mdm_value *low, const mdm_value *high)
{
    const mdm_ranks found = stretch(encoder, low, high);
    for (uint32_t rank = found.begin; rank < found.end; rank++) {
        if (!mdm_encoder_try(encoder, mdm_code_at(encoder->dictionary, rank))) {
            return false;
        }
    }
    return true;
}

static bool add_reaching(mdm_encoder *encoder, const mdm_version *version, bool is_target)
{
    mdm_value low = {.version = {version->major_part, is_target ? version->minor_part : 0, 0}};
    mdm_value high = {.version = {version->major_part,
                                  is_target ? UINT32_MAX : version->minor_part, UINT32_MAX}};
    return mdm_encoder_span(encoder, &low, &high);
}

/* ---- Clauses ---- */

static bool add_string(mdm_encoder *encoder, mdm_text text)
{
    const uint32_t number =
        mdm_texts_find(&encoder->dictionary->texts, text, mdm_hash(text.at, text.len));
    return number == MDM_NONE || mdm_encoder_add(encoder, number + 1);
}

static const mdm_value *item_at(const mdm_clause *clause, size_t i)
{
    return clause->op == MDM_OP_CHOICE ? &clause->of.choices[i].value : &clause->of.values[i];
}

static bool add_item(mdm_encoder *encoder, const mdm_value *item)
{
    switch (encoder->attribute->kind) {
    case MDM_STRING:
        return add_string(encoder, item->text);
    case MDM_SET:
        return mdm_encoder_add_set(encoder, &item->set);
    default:
        return mdm_encoder_span(encoder, item, item);
    }
}

static bool add_items(mdm_encoder *encoder, const mdm_clause *clause)
{
    const mdm_kind kind = encoder->attribute->kind;
    bool is_done = true;
    if (kind == MDM_SET && clause->n == 1) {
        mdm_encoder_ask_members(encoder, &item_at(clause, 0)->set, MDM_IS);
        return true;
    }
    if (kind == MDM_STRING) {
        encoder->codes.capacity = clause->n;
        encoder->codes.at = mdm_take(encoder->arena, clause->n, sizeof *encoder->codes.at);
        is_done = encoder->codes.at != NULL;
    }
    for (size_t i = 0; i < clause->n && is_done; i++) {
        if (i == 0 || mdm_value_order(kind, item_at(clause, i - 1), item_at(clause, i)) != 0) {
            is_done = add_item(encoder, item_at(clause, i));
        }
    }
    return is_done;
}

static bool add_empty(mdm_encoder *encoder)
{
    const mdm_set nothing = {NULL, 0, 0, 0};
    if (encoder->attribute->kind == MDM_STRING) {
        return add_string(encoder, (mdm_text){"", 0});
    }
    if (encoder->attribute->kind == MDM_SET) {
        mdm_encoder_ask_members(encoder, &nothing, MDM_IS);
    }
    return true;
}

/* What is found without asking: of settled codes, and of all strings. */
static bool add_clause(mdm_encoder *encoder, const mdm_clause *clause)
{
    const mdm_value *values = clause->of.values;
    switch ((mdm_operator)clause->op) {
    case MDM_OP_EMPTY:
        return add_empty(encoder);
    case MDM_OP_RANGE:
        return mdm_encoder_span(encoder, &values[0], &values[1]);
    case MDM_OP_SUPERSET:
        mdm_encoder_ask_members(encoder, &values[0].set, MDM_HAS);
        return true;
    case MDM_OP_SUBSET:
        mdm_encoder_ask_members(encoder, &values[0].set, MDM_IS_WITHIN);
        return true;
    case MDM_OP_VERSION:
        return add_reaching(encoder, &values[0].version, encoder->test->is_target);
    case MDM_OP_ONE_OF:
    case MDM_OP_CHOICE:
        return add_items(encoder, clause);
    case MDM_OP_TEXT:
        return mdm_is_short_template(encoder) ? mdm_encode_texts(encoder) : try_from(encoder, 1);
    case MDM_OP_NUMBER:
        return mdm_encode_number(encoder);
    case MDM_OP_ANY:
    case MDM_OP_ABSENT:
        break;
    }
    return true;
}

static bool add_waiting(mdm_encoder *encoder)
{
    return encoder->attribute->kind == MDM_STRING ||
           try_from(encoder, encoder->dictionary->n_settled + 1);
}

static void finish(const mdm_encoder *encoder, mdm_encoded *made)
{
    made->held = MDM_YES;
    made->asks_members = encoder->asks_members;
    made->required = encoder->required;
    made->forbidden = encoder->forbidden;
    made->n_ranks = (uint32_t)encoder->n_ranks;
    made->ranks = encoder->ranks.at;
    made->n_codes = (uint32_t)encoder->n_codes;
    made->codes = encoder->codes.at;
}

bool mdm_encode_clause(const mdm_fleet *fleet, mdm_arena *arena, const mdm_test *test,
                       const mdm_object *object, const mdm_clause *clause, mdm_encoded *made)
{
    const mdm_attribute *attribute = &fleet->scheme.attributes[clause->attribute];
    mdm_encoder encoder = {.arena = arena,
                           .dictionary = &fleet->dictionaries[clause->attribute],
                           .attribute = attribute,
                           .test = test,
                           .object = object,
                           .clause = clause};
    *made = (mdm_encoded){.absent = mdm_clause_accepts(test, object, clause, NULL)};
    if (attribute->relation == MDM_ANY || clause->op == MDM_OP_ANY) {
        made->holds_all = true;
        made->held = MDM_YES;
        return true;
    }
    if (clause->is_coded) {
        made->held = MDM_YES;
        made->n_codes = (uint32_t)clause->n;
        made->codes = clause->of.codes;
        return true;
    }
    if (clause->op != MDM_OP_ABSENT && (!add_clause(&encoder, clause) || !add_waiting(&encoder))) {
        return false;
    }
    finish(&encoder, made);
    return true;
}

void mdm_encode_unlisted(const mdm_fleet *fleet, size_t attribute, mdm_encoded *made)
{
    const mdm_scheme *scheme = &fleet->scheme;
    const bool counts = scheme->attributes[attribute].relation != MDM_ANY;
    *made = (mdm_encoded){.absent = MDM_YES,
                          .held = counts ? scheme->unlisted : MDM_YES,
                          .holds_all = true};
}

/* ---- Relations ---- */

/* The source's string as a set of one member. */
static mdm_value as_member(const mdm_fleet *fleet, const mdm_value *string, uint32_t *number)
{
    const mdm_text text = string->text;
    *number = mdm_texts_find(&fleet->members, text, mdm_hash(text.at, text.len));
    if (*number == MDM_NONE) {
        return (mdm_value){.set = {NULL, 0, 1, 0}};
    }
    return (mdm_value){.set = {number, 1, 0, (uint64_t)1 << (*number & 63)}};
}

static bool add_relation(mdm_encoder *encoder)
{
    const mdm_value *source = encoder->source;
    switch (encoder->attribute->relation) {
    case MDM_EQUAL:
        if (encoder->attribute->kind != MDM_SET) {
            return add_item(encoder, source);
        }
        mdm_encoder_ask_members(encoder, &source->set, MDM_IS);
        return true;
    case MDM_SUPERSET:
    case MDM_MEMBER:
        mdm_encoder_ask_members(encoder, &source->set, MDM_HAS);
        return true;
    case MDM_SUBSET:
        mdm_encoder_ask_members(encoder, &source->set, MDM_IS_WITHIN);
        return true;
    case MDM_MINOR:
        return add_reaching(encoder, &source->version, true);
    case MDM_UNRELATED:
    case MDM_ANY:
        break;
    }
    return true;
}

bool mdm_encode_relation(const mdm_fleet *fleet, mdm_arena *arena, size_t attribute,
                         const mdm_value *source, mdm_encoded *made)
{
    const mdm_attribute *at = &fleet->scheme.attributes[attribute];
    const bool is_compared = mdm_is_compared(at);
    uint32_t number = 0;
    mdm_value member;
    mdm_encoder encoder = {.arena = arena,
                           .dictionary = &fleet->dictionaries[attribute],
                           .attribute = at,
                           .source = source};
    if (!is_compared || source == NULL) {
        *made = (mdm_encoded){.absent = is_compared ? mdm_relation_holds(at, NULL, NULL) : MDM_YES,
                              .held = is_compared ? at->missing : MDM_YES,
                              .holds_all = true};
        return true;
    }
    if (at->relation == MDM_MEMBER) {
        member = as_member(fleet, source, &number);
        encoder.source = &member;
    }
    *made = (mdm_encoded){.absent = at->missing};
    if (!add_relation(&encoder) || !add_waiting(&encoder)) {
        return false;
    }
    finish(&encoder, made);
    return true;
}
