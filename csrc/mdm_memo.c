/*
 * Buckets of two, the last met first.
 */
#include "mdm_memo.h"

#define LINE ((size_t)64) /* bytes of the cache that are fetched together */

static size_t block_bytes(size_t n_buckets)
{
    return n_buckets * MDM_MEMO_WAYS * sizeof(mdm_memory_of) + LINE;
}

void mdm_memo_open(mdm_memo *memo, const mdm_allocator *memory, size_t n_buckets)
{
    void *block = mdm_resize(memory, NULL, 0, block_bytes(n_buckets), 1);
    const size_t skipped = LINE - (size_t)((uintptr_t)block % LINE);
    if (block == NULL) {
        return;
    }
    memset(block, 0, block_bytes(n_buckets));
    mdm_memo_close(memo, memory);
    *memo = (mdm_memo){(void *)((char *)block + skipped), n_buckets, block};
}

void mdm_memo_close(mdm_memo *memo, const mdm_allocator *memory)
{
    if (memo->block != NULL) {
        mdm_resize(memory, memo->block, block_bytes(memo->n_buckets), 0, 1);
    }
    *memo = (mdm_memo){NULL, 0, NULL};
}

bool mdm_memo_has(const mdm_memory_of *known, const mdm_token *token)
{
    return known->code != 0 && memcmp(known->at, token->text.at, token->text.len) == 0;
}

void mdm_memo_put(const mdm_token *token, uint32_t code, const char *kept)
{
    if (token->bucket == NULL) {
        return;
    }
    token->bucket[1] = token->bucket[0];
    token->bucket[0] =
        (mdm_memory_of){{token->words[0], token->words[1]}, token->key, code, kept};
}
