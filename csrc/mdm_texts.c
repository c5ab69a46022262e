/*
 * Interned texts, the hash behind them, and a sort that needs no memory.
 */
#include <string.h>

#include "mdm_hash.h"
#include "mdm_memory.h"

static uint64_t load_half(const char *at)
{
    uint32_t word = 0;
    memcpy(&word, at, sizeof word);
    return word;
}

/* All of a text of at most 16 bytes in two words, which with its length are the text. The loads
   overlap where it is shorter. */
static void load_short(const char *at, size_t len, uint64_t *first, uint64_t *second)
{
    *first = *second = 0;
    if (len >= 8) {
        *first = mdm_load(at);
        *second = mdm_load(at + len - 8);
    } else if (len >= 4) {
        *first = load_half(at);
        *second = load_half(at + len - 4);
    } else if (len > 0) {
        *first = (uint64_t)(unsigned char)at[0] << 16 | (uint64_t)(unsigned char)at[len / 2] << 8 |
                 (unsigned char)at[len - 1];
    }
}

/* Four chains, since the next step of one waits for its last. */
uint64_t mdm_hash(const char *at, size_t len)
{
    uint64_t first = MDM_SECRET_A ^ len;
    uint64_t second = MDM_SECRET_B;
    size_t left = len;
    if (left > 64) {
        uint64_t third = MDM_SECRET_C;
        uint64_t fourth = MDM_SECRET_D;
        for (; left > 64; left -= 64, at += 64) {
            first = mdm_mix(mdm_load(at) ^ MDM_SECRET_B, mdm_load(at + 8) ^ first);
            second = mdm_mix(mdm_load(at + 16) ^ MDM_SECRET_C, mdm_load(at + 24) ^ second);
            third = mdm_mix(mdm_load(at + 32) ^ MDM_SECRET_D, mdm_load(at + 40) ^ third);
            fourth = mdm_mix(mdm_load(at + 48) ^ MDM_SECRET_A, mdm_load(at + 56) ^ fourth);
        }
        first ^= third;
        second ^= fourth;
    }
    for (; left > 16; left -= 16, at += 16) {
        first = mdm_mix(mdm_load(at) ^ MDM_SECRET_B, mdm_load(at + 8) ^ first);
    }
    if (len > 16) {
        /* The last 16 bytes, some of them for the second time. */
        second = mdm_mix(mdm_load(at + left - 16) ^ MDM_SECRET_A, mdm_load(at + left - 8) ^ second);
    } else {
        uint64_t low = 0;
        uint64_t high = 0;
        load_short(at, len, &low, &high);
        second = mdm_mix(low ^ MDM_SECRET_A, high ^ second);
    }
    return mdm_mix(first ^ MDM_SECRET_C, second ^ MDM_SECRET_B);
}

static bool is_same(const char *left, const char *right, size_t len)
{
    uint64_t words[4];
    if (len > 16) {
        return memcmp(left, right, len) == 0;
    }
    load_short(left, len, &words[0], &words[1]);
    load_short(right, len, &words[2], &words[3]);
    return words[0] == words[2] && words[1] == words[3];
}

uint32_t mdm_texts_find(const mdm_texts *texts, mdm_text text, uint64_t hash)
{
    const size_t mask = texts->n_slots - 1;
    size_t slot = (size_t)hash & mask;
    if (texts->n_slots == 0) {
        return MDM_NONE;
    }
    for (; texts->slots[slot].place != 0; slot = (slot + 1) & mask) {
        if (texts->slots[slot].hash == (uint32_t)hash) {
            const uint32_t number = texts->slots[slot].place - 1;
            const mdm_entry *entry = &texts->at[number];
            if (entry->len == text.len && is_same(entry->at, text.at, text.len)) {
                return number;
            }
        }
    }
    return MDM_NONE;
}

static void put(mdm_slot *slots, size_t n_slots, uint32_t hash, uint32_t number)
{
    size_t slot = hash & (n_slots - 1);
    while (slots[slot].place != 0) {
        slot = (slot + 1) & (n_slots - 1);
    }
    slots[slot] = (mdm_slot){number + 1, hash};
}

static bool widen(mdm_texts *texts, const mdm_allocator *memory)
{
    const size_t n_slots = texts->n_slots == 0 ? 16 : texts->n_slots * 2;
    mdm_slot *slots = NULL;
    if (texts->n < texts->n_slots / 2) {
        return true;
    }
    slots = mdm_resize(memory, NULL, 0, n_slots, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0, n_slots * sizeof *slots);
    for (size_t number = 0; number < texts->n; number++) {
        put(slots, n_slots, texts->at[number].hash, (uint32_t)number);
    }
    mdm_resize(memory, texts->slots, texts->n_slots, 0, sizeof *slots);
    texts->slots = slots;
    texts->n_slots = n_slots;
    return true;
}

mdm_status mdm_texts_keep(mdm_texts *texts, const mdm_allocator *memory, mdm_text text,
                          uint64_t hash, uint32_t *number)
{
    /* The slots are chosen by 32 bits of hash, so more than 2^31 texts would crowd them. */
    if (texts->n >= UINT32_MAX / 2 || text.len > UINT32_MAX) {
        return MDM_TOO_MANY;
    }
    if (!widen(texts, memory) || !MDM_RESERVE(memory, texts, texts->n, 1)) {
        return MDM_NO_MEMORY;
    }
    *number = (uint32_t)texts->n;
    texts->at[*number] = (mdm_entry){text.at, (uint32_t)text.len, (uint32_t)hash};
    put(texts->slots, texts->n_slots, (uint32_t)hash, *number);
    texts->n++;
    return MDM_OK;
}

mdm_status mdm_texts_add(mdm_texts *texts, mdm_arena *arena, mdm_text text, uint64_t hash,
                         uint32_t *number)
{
    mdm_text copy = {NULL, 0};
    if (!mdm_take_text(arena, text, &copy)) {
        return MDM_NO_MEMORY;
    }
    return mdm_texts_keep(texts, arena->memory, copy, hash, number);
}

void mdm_texts_cut(mdm_texts *texts, size_t n)
{
    /* Clearing in reverse order of arrival leaves no hole in any chain of slots. */
    while (texts->n > n) {
        size_t slot = texts->at[--texts->n].hash & (texts->n_slots - 1);
        while (texts->slots[slot].place != texts->n + 1) {
            slot = (slot + 1) & (texts->n_slots - 1);
        }
        texts->slots[slot] = (mdm_slot){0, 0};
    }
}

void mdm_texts_free(mdm_texts *texts, const mdm_allocator *memory)
{
    mdm_resize(memory, texts->slots, texts->n_slots, 0, sizeof *texts->slots);
    mdm_resize(memory, texts->at, texts->capacity, 0, sizeof *texts->at);
}

size_t mdm_texts_bytes(const mdm_texts *texts)
{
    return texts->capacity * sizeof *texts->at + texts->n_slots * sizeof *texts->slots;
}

/* ---- Heapsort; of few, insertion ---- */

#define FEW 16

typedef struct sorter {
    char *at;
    size_t size;
    mdm_order *order;
    const void *context;
} sorter;

static void swap(const sorter *heap, size_t left, size_t right)
{
    char kept[64];
    memcpy(kept, heap->at + left * heap->size, heap->size);
    memcpy(heap->at + left * heap->size, heap->at + right * heap->size, heap->size);
    memcpy(heap->at + right * heap->size, kept, heap->size);
}

static bool is_below(const sorter *heap, size_t left, size_t right)
{
    return heap->order(heap->at + left * heap->size, heap->at + right * heap->size,
                       heap->context) < 0;
}

static void sink(const sorter *heap, size_t top, size_t n)
{
    for (size_t child = 2 * top + 1; child < n; child = 2 * top + 1) {
        if (child + 1 < n && is_below(heap, child, child + 1)) {
            child++;
        }
        if (!is_below(heap, top, child)) {
            return;
        }
        swap(heap, top, child);
        top = child;
    }
}

void mdm_sort(void *at, size_t n, size_t element_size, mdm_order *order, const void *context)
{
    const sorter heap = {at, element_size, order, context};
    size_t sorted = 1;
    while (sorted < n && !is_below(&heap, sorted, sorted - 1)) {
        sorted++;
    }
    for (; n <= FEW && sorted < n; sorted++) {
        for (size_t i = sorted; i > 0 && is_below(&heap, i, i - 1); i--) {
            swap(&heap, i, i - 1);
        }
    }
    if (sorted >= n) {
        return;
    }
    for (size_t top = n / 2; top-- > 0;) {
        sink(&heap, top, n);
    }
    for (size_t last = n - 1; last > 0; last--) {
        swap(&heap, 0, last);
        sink(&heap, 0, last);
    }
}
