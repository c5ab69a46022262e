/*
 * Buckets of two, the last met first.
 */
#include "mdm_memo.h"

#define LINE ((size_t)64) /* bytes of the cache that are fetched together */
#define BUCKET_BYTES (MDM_MEMO_WAYS * sizeof(mdm_memory_of))
#define BLOCK_BYTES (MDM_MEMO_BUCKETS * BUCKET_BYTES + LINE)

bool mdm_memo_open(mdm_memo *memo, const mdm_allocator *memory)
{
    size_t skipped = 0;
    memo->block = mdm_resize(memory, NULL, 0, BLOCK_BYTES, 1);
    if (memo->block == NULL) {
        return false;
    }
    memset(memo->block, 0, BLOCK_BYTES);
    skipped = LINE - (size_t)((uintptr_t)memo->block % LINE);
    memo->buckets = (void *)((char *)memo->block + skipped);
    return true;
}

void mdm_memo_close(mdm_memo *memo, const mdm_allocator *memory)
{
    if (memo->block != NULL) {
        mdm_resize(memory, memo->block, BLOCK_BYTES, 0, 1);
    }
    *memo = (mdm_memo){NULL, NULL};
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
