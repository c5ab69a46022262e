/*
 * Interned texts, the hash behind them, and a sort that needs no memory.
 */
#include <string.h>

#include "mdm_memory.h"

__extension__ typedef unsigned __int128 u128;

/* The constants and the multiply-and-fold step are those of wyhash (public domain). */
#define SECRET_A 0xa0761d6478bd642fU
#define SECRET_B 0xe7037ed1a0b428dbU
#define SECRET_C 0x8ebc6af09c88c6e3U

static uint64_t fold(uint64_t left, uint64_t right)
{
    const u128 product = (u128)left * right;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const char *at)
{
    uint64_t word = 0;
    memcpy(&word, at, sizeof word);
    return word;
}

uint64_t mdm_hash(const char *at, size_t len)
{
    char tail[16] = {0};
    uint64_t first = SECRET_A ^ len;
    uint64_t second = SECRET_B;
    size_t left = len;
    for (; left >= 32; left -= 32, at += 32) {
        first = fold(load(at) ^ SECRET_B, load(at + 8) ^ first);
        second = fold(load(at + 16) ^ SECRET_C, load(at + 24) ^ second);
    }
    if (left >= 16) {
        first = fold(load(at) ^ SECRET_B, load(at + 8) ^ first);
        left -= 16;
        at += 16;
    }
    if (left > 0) {
        memcpy(tail, at, left);
    }
    second = fold(load(tail) ^ SECRET_A, load(tail + 8) ^ second);
    return fold(first ^ SECRET_C, second ^ SECRET_B);
}

uint32_t mdm_texts_find(const mdm_texts *texts, mdm_text text, uint64_t hash)
{
    const size_t mask = texts->n_slots - 1;
    size_t slot = (size_t)hash & mask;
    if (texts->n_slots == 0) {
        return MDM_NONE;
    }
    for (; texts->slots[slot] != 0; slot = (slot + 1) & mask) {
        const mdm_entry *entry = &texts->at[texts->slots[slot] - 1];
        if (entry->hash == (uint32_t)hash && entry->len == text.len &&
            (text.len == 0 || memcmp(entry->at, text.at, text.len) == 0)) {
            return texts->slots[slot] - 1;
        }
    }
    return MDM_NONE;
}

static void put(uint32_t *slots, size_t n_slots, uint32_t hash, uint32_t number)
{
    size_t slot = hash & (n_slots - 1);
    while (slots[slot] != 0) {
        slot = (slot + 1) & (n_slots - 1);
    }
    slots[slot] = number + 1;
}

static bool widen(mdm_texts *texts, const mdm_allocator *memory)
{
    const size_t n_slots = texts->n_slots == 0 ? 16 : texts->n_slots * 2;
    uint32_t *slots = NULL;
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

mdm_status mdm_texts_add(mdm_texts *texts, mdm_arena *arena, mdm_text text, uint64_t hash,
                         uint32_t *number)
{
    mdm_text copy = {NULL, 0};
    /* The slots are chosen by 32 bits of hash, so more than 2^31 texts would crowd them. */
    if (texts->n >= UINT32_MAX / 2 || text.len > UINT32_MAX) {
        return MDM_TOO_MANY;
    }
    if (!widen(texts, arena->memory) || !MDM_RESERVE(arena->memory, texts, texts->n, 1) ||
        !mdm_take_text(arena, text, &copy)) {
        return MDM_NO_MEMORY;
    }
    *number = (uint32_t)texts->n;
    texts->at[*number] = (mdm_entry){copy.at, (uint32_t)copy.len, (uint32_t)hash};
    put(texts->slots, texts->n_slots, (uint32_t)hash, *number);
    texts->n++;
    return MDM_OK;
}

void mdm_texts_cut(mdm_texts *texts, size_t n)
{
    /* Clearing in reverse order of arrival leaves no hole in any chain of slots. */
    while (texts->n > n) {
        size_t slot = texts->at[--texts->n].hash & (texts->n_slots - 1);
        while (texts->slots[slot] != texts->n + 1) {
            slot = (slot + 1) & (texts->n_slots - 1);
        }
        texts->slots[slot] = 0;
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
