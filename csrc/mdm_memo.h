/*
 * Codes of values that were met lately, in front of the dictionaries: one line of the cache a
 * value, asked for before it is needed.
 */
#ifndef MDM_MEMO_H
#define MDM_MEMO_H

#include "mdm_hash.h"
#include "mdm_memory.h"

#define MDM_MEMO_WORDS 2
#define MDM_MEMO_TEXT (MDM_MEMO_WORDS * sizeof(uint64_t)) /* longer ones are not all here */
#define MDM_MEMO_WAYS 2
#define MDM_MEMO_LONGEST ((size_t)1 << 16)

typedef struct mdm_memory_of {
    uint64_t words[MDM_MEMO_WORDS]; /* the text, filled up with 0; of a longer one, the hash */
    uint32_t key;                   /* its length and the attribute */
    uint32_t code;                  /* 0: empty */
    const char *at;                 /* a longer text, in its dictionary */
} mdm_memory_of;

typedef struct mdm_memo {
    mdm_memory_of (*buckets)[MDM_MEMO_WAYS]; /* NULL: it is off */
    size_t n_buckets;                        /* a power of two */
    void *block;
} mdm_memo;

/* A value that was found in a line, on its way to a code. */
typedef struct mdm_token {
    mdm_text text;
    uint32_t attribute;
    uint32_t key;
    uint64_t words[MDM_MEMO_WORDS];
    mdm_memory_of *bucket; /* NULL: there is no memo, or it does not take such texts */
} mdm_token;

/* An empty memo in the place of one that may be open; without memory nothing changes. No token
   of the one before may be used any more. */
void mdm_memo_open(mdm_memo *memo, const mdm_allocator *memory, size_t n_buckets);
void mdm_memo_close(mdm_memo *memo, const mdm_allocator *memory);
bool mdm_memo_has(const mdm_memory_of *known, const mdm_token *token); /* all of a longer text */
/* kept is the same text where it stays as long as the memo is open. */
void mdm_memo_put(const mdm_token *token, uint32_t code, const char *kept);

/* Wherever a text begins, MDM_MEMO_TEXT bytes may be read from there. */
static inline void mdm_memo_ask(mdm_memo memo, size_t attribute, mdm_text text,
                                mdm_token *token)
{
    static const unsigned char masks[2 * MDM_MEMO_TEXT] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff};
    const uint32_t key = (uint32_t)text.len << 6 | (uint32_t)attribute;
    uint64_t first = 0;
    uint64_t second = 0;
    uint64_t hash = 0;
    token->text = text;
    token->attribute = (uint32_t)attribute;
    token->key = key;
    token->bucket = NULL;
    if (text.len <= MDM_MEMO_TEXT) {
        const char *mask = (const char *)masks + MDM_MEMO_TEXT - text.len;
        first = mdm_load(text.at) & mdm_load(mask);
        second = mdm_load(text.at + 8) & mdm_load(mask + 8);
    } else {
        if (text.len > MDM_MEMO_LONGEST) {
            return;
        }
        first = mdm_hash(text.at, text.len);
    }
    token->words[0] = first;
    token->words[1] = second;
    if (memo.buckets != NULL) {
        hash = mdm_mix(first ^ MDM_SECRET_A ^ key, second ^ MDM_SECRET_B);
        token->bucket = memo.buckets[hash & (memo.n_buckets - 1)];
        __builtin_prefetch(token->bucket);
    }
}

/* That of mdm_hash. */
static inline uint64_t mdm_token_hash(const mdm_token *token)
{
    const bool is_known = token->text.len > MDM_MEMO_TEXT && token->text.len <= MDM_MEMO_LONGEST;
    return is_known ? token->words[0] : mdm_hash(token->text.at, token->text.len);
}

/* Asks for what a longer text is compared to, once the bucket has come. */
static inline void mdm_memo_expect(const mdm_token *token)
{
    if (token->text.len > MDM_MEMO_TEXT && token->bucket != NULL) {
        const mdm_memory_of *known = token->bucket;
        known += known[0].words[0] != token->words[0];
        __builtin_prefetch(known->at);
    }
}

/* The code; 0: it is not here. */
static inline uint32_t mdm_memo_get(const mdm_token *token)
{
    const mdm_memory_of *known = token->bucket;
    uint64_t differ[MDM_MEMO_WAYS];
    if (known == NULL) {
        return 0;
    }
    for (size_t way = 0; way < MDM_MEMO_WAYS; way++) {
        differ[way] = (known[way].words[0] ^ token->words[0]) |
                      (known[way].words[1] ^ token->words[1]) | (known[way].key ^ token->key);
    }
    known += differ[0] != 0;
    if ((differ[0] != 0 && differ[1] != 0) ||
        (token->text.len > MDM_MEMO_TEXT && !mdm_memo_has(known, token))) {
        return 0;
    }
    return known->code;
}

#endif
