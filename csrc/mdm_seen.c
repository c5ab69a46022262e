/*
 * The reader's memory of lines.
 */
#include "mdm_seen.h"

/* After so many lines it must have paid off; else all lines differ, and it goes. */
#define TRIAL ((size_t)16384)
#define LEAST_HIT_SHARE 16
#define MOST_TEXTS ((size_t)1 << 17)

mdm_seen mdm_seen_new(const mdm_allocator *memory)
{
    return (mdm_seen){.arena = {memory, NULL, 0}};
}

uint32_t mdm_seen_find(mdm_seen *seen, mdm_text text, uint64_t hash)
{
    const uint32_t number = mdm_texts_find(&seen->texts, text, hash);
    seen->n_lines++;
    if (number == MDM_NONE) {
        return 0;
    }
    seen->n_hits++;
    return seen->classes.at[number];
}

void mdm_seen_add(mdm_seen *seen, mdm_text text, uint64_t hash, uint32_t class)
{
    uint32_t number = 0;
    if (seen->n_lines >= TRIAL && seen->n_hits < seen->n_lines / LEAST_HIT_SHARE) {
        mdm_seen_end(seen);
        return;
    }
    if (seen->texts.n < MOST_TEXTS &&
        MDM_RESERVE(seen->arena.memory, &seen->classes, seen->texts.n, 1) &&
        mdm_texts_add(&seen->texts, &seen->arena, text, hash, &number) == MDM_OK) {
        seen->classes.at[number] = class;
    }
}

void mdm_seen_end(mdm_seen *seen)
{
    const mdm_allocator *memory = seen->arena.memory;
    seen->is_off = true;
    mdm_texts_free(&seen->texts, memory);
    seen->texts = (mdm_texts){NULL, 0, 0, NULL, 0};
    MDM_TRIM(memory, &seen->classes, 0);
    mdm_arena_free(&seen->arena);
}
