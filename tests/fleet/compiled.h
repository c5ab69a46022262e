/*
 * What must hold of a source that was compiled: the plain rule, code by code, and that another
 * compiler makes the same of it.
 */
#ifndef COMPILED_H
#define COMPILED_H

#include "drawn.h"

/* ---- The law ---- */

static inline mdm_verdict said(const uint64_t *bits, const mdm_encoded *encoded, size_t code)
{
    if (code == 0) {
        return encoded->absent;
    }
    return (bits[code / 64] >> code % 64 & 1) != 0 ? encoded->held : MDM_NO;
}

/* No code is named twice. */
static inline void check_apart(const mdm_dictionary *dictionary, const mdm_encoded *encoded)
{
    static uint8_t n_named[64 * MOST];
    memset(n_named, 0, dictionary->texts.n + 1);
    for (uint32_t i = 0; i < encoded->n_ranks; i++) {
        const mdm_ranks ranks = encoded->ranks[i];
        CHECK(ranks.begin < ranks.end && ranks.end <= dictionary->n_settled);
        CHECK(i == 0 || encoded->ranks[i - 1].end < ranks.begin);
        for (uint32_t rank = ranks.begin; rank < ranks.end; rank++) {
            n_named[mdm_code_at(dictionary, rank)]++;
        }
    }
    for (size_t code = 1; encoded->asks_members && code <= dictionary->n_settled; code++) {
        const uint64_t places = mdm_members_of(&dictionary->members, code);
        n_named[code] += (places & encoded->required) == encoded->required &&
                         (places & encoded->forbidden) == 0;
    }
    for (uint32_t i = 0; i < encoded->n_codes; i++) {
        n_named[encoded->codes[i]]++;
    }
    for (size_t code = 0; code <= dictionary->texts.n; code++) {
        CHECK(n_named[code] <= (code > 0));
    }
}

/* The clause of a text with its values, where the compiler has kept codes. */
static inline mdm_clause with_values(const mdm_compiler *compiler, size_t a, uint32_t number,
                              mdm_arena *arena)
{
    const mdm_fleet *fleet = compiler->fleet;
    const mdm_clauses *clauses = &compiler->lists->clauses[a];
    const mdm_entry *text = &clauses->texts.at[number - 1];
    mdm_parser parser = {
        .fleet = fleet, .keeper = {arena, &fleet->members, NULL}, .scratch = arena};
    mdm_clause made = clauses->at[number - 1].clause;
    mdm_builder builder;
    mdm_builder_begin(&builder, &parser);
    if (made.is_coded) {
        CHECK(mdm_clause_parse(&builder, a, (mdm_text){text->at, text->len}, &made) == MDM_OK);
    }
    return made;
}

static inline void check_clause(const mdm_compiler *compiler, size_t a, uint32_t number)
{
    static uint64_t bits[MOST];
    const mdm_fleet *fleet = compiler->fleet;
    const mdm_dictionary *dictionary = &fleet->dictionaries[a];
    const mdm_test test = {&fleet->scheme, true};
    const mdm_lone_clause *lone = &compiler->lists->clauses[a].at[number - 1];
    const mdm_object object = {.variables = lone->variables};
    const mdm_encoded *encoded = mdm_compiled_clause(compiler, a, number);
    const mdm_allocator memory = mdm_allocator_or_default(NULL);
    mdm_arena arena = {.memory = &memory};
    const mdm_clause clause = with_values(compiler, a, number, &arena);
    memset(bits, 0, sizeof bits);
    mdm_encoded_mark(fleet, a, encoded, bits);
    for (size_t code = 0; code <= dictionary->texts.n; code++) {
        const mdm_value *value = code == 0 ? NULL : &dictionary->at[code - 1];
        CHECK(said(bits, encoded, code) ==
              mdm_clause_accepts(&test, &object, &clause, value));
    }
    mdm_arena_free(&arena);
    CHECK((bits[0] & 1) == 0);
    check_apart(dictionary, encoded);
}

static inline void check_relation(const mdm_compiler *compiler, size_t a, const mdm_compiled *source)
{
    static uint64_t bits[MOST];
    const mdm_fleet *fleet = compiler->fleet;
    const mdm_attribute *attribute = &fleet->scheme.attributes[a];
    const mdm_dictionary *dictionary = &fleet->dictionaries[a];
    const mdm_encoded *encoded = mdm_compiled_relation(compiler, a, source);
    const mdm_value *value =
        mdm_compiled_value(compiler, attribute->of, source->values[attribute->of]);
    uint32_t number = 0;
    mdm_value member;
    if (attribute->relation == MDM_MEMBER && value != NULL) {
        number = mdm_texts_find(&fleet->members, value->text,
                                mdm_hash(value->text.at, value->text.len));
        member.set = (mdm_set){&number, number != MDM_NONE, number == MDM_NONE,
                               (uint64_t)(number != MDM_NONE) << (number & 63)};
        value = &member;
    }
    memset(bits, 0, sizeof bits);
    mdm_encoded_mark(fleet, a, encoded, bits);
    for (size_t code = 0; code <= dictionary->texts.n; code++) {
        CHECK(said(bits, encoded, code) ==
              mdm_relation_holds(attribute, value,
                                 code == 0 ? NULL : &dictionary->at[code - 1]));
    }
}

/* An attribute that is not compared holds for everybody. */
static inline void check_any(const mdm_compiler *compiler, size_t a, const mdm_compiled *source)
{
    mdm_arena arena = {.memory = &compiler->fleet->memory};
    mdm_encoded made;
    CHECK(mdm_encode_relation(compiler->fleet, &arena, a,
                              mdm_compiled_value(compiler, a, source->values[a]), &made));
    CHECK(made.holds_all && made.held == MDM_YES && made.absent == MDM_YES);
    CHECK(arena.last == NULL);
}

static inline void check_source(const mdm_compiler *compiler, const mdm_compiled *source)
{
    const mdm_lists *lists = compiler->lists;
    const mdm_scheme *scheme = &compiler->fleet->scheme;
    for (size_t a = 0; a < N_KINDS; a++) {
        if (mdm_is_compared(&scheme->attributes[a])) {
            check_relation(compiler, a, source);
        } else {
            check_any(compiler, a, source);
        }
    }
    for (uint32_t i = 0; source->list != MDM_NONE && i < lists->at[source->list].n; i++) {
        const uint32_t row = lists->objects.at[lists->at[source->list].first + i];
        CHECK(mdm_lists_find(lists, lists->at[source->list].first + i) == source->list);
        for (size_t a = 0; a < N_KINDS; a++) {
            const uint32_t number = mdm_code(&lists->columns, a, row);
            if (number != 0) {
                check_clause(compiler, a, number);
            }
        }
    }
}

/* From each row all its objects are reached. */
static inline void check_lists(const mdm_lists *lists)
{
    size_t n = 0;
    for (size_t row = 0; row < lists->rows.n; row++) {
        for (uint32_t at = lists->last.at[row]; at != MDM_NONE; at = lists->before.at[at]) {
            CHECK(at < lists->n_objects && lists->objects.at[at] == row);
            n++;
        }
    }
    CHECK(n == lists->n_objects);
}

/* ---- What two compilers have made of the same lines ---- */

/* Members that the fleet lacks are counted, so sets that have some are equal to none. */
static inline bool is_same_value(mdm_kind kind, const mdm_value *left, const mdm_value *right)
{
    return kind == MDM_SET ? left->set.n == right->set.n && left->set.mask == right->set.mask &&
                                 left->set.n_unknown == right->set.n_unknown
                           : mdm_value_equal(kind, left, right);
}

static inline bool is_same_text(const mdm_texts *left, const mdm_texts *right, uint32_t a, uint32_t b)
{
    const mdm_entry *one = &left->at[a - 1];
    const mdm_entry *other = &right->at[b - 1];
    return one->len == other->len && memcmp(one->at, other->at, one->len) == 0;
}

static inline void check_same_object(const mdm_lists *left, const mdm_lists *right, uint32_t a,
                              uint32_t b)
{
    for (size_t i = 0; i <= N_KINDS; i++) {
        const uint32_t one = mdm_code(&left->columns, i, left->objects.at[a]);
        const uint32_t other = mdm_code(&right->columns, i, right->objects.at[b]);
        CHECK((one == 0) == (other == 0));
        CHECK(one == 0 ||
              is_same_text(i < N_KINDS ? &left->clauses[i].texts : &left->joints.texts,
                           i < N_KINDS ? &right->clauses[i].texts : &right->joints.texts, one,
                           other));
    }
}

static inline void check_same(const mdm_compiler *left, const mdm_compiled *one,
                       const mdm_compiler *right, const mdm_compiled *other)
{
    for (size_t a = 0; a < N_KINDS; a++) {
        const mdm_value *value = mdm_compiled_value(left, a, one->values[a]);
        const mdm_value *twin = mdm_compiled_value(right, a, other->values[a]);
        CHECK((value == NULL) == (twin == NULL));
        CHECK(value == NULL || is_same_value((mdm_kind)a, value, twin));
    }
    CHECK((one->list == MDM_NONE) == (other->list == MDM_NONE));
    if (one->list != MDM_NONE) {
        const mdm_list *list = &left->lists->at[one->list];
        const mdm_list *twin = &right->lists->at[other->list];
        CHECK(list->n == twin->n);
        for (uint32_t i = 0; i < list->n; i++) {
            check_same_object(left->lists, right->lists, list->first + i, twin->first + i);
        }
    }
}

#endif
