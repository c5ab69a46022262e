/*
 * Rows to classes without a look at their values. What a row has in each column, the index of a
 * value in its dictionary or a code, is packed into a key, column by column, and that key is
 * looked up. So only a row unlike all before it is understood.
 */
#include <string.h>

#include "mdm_arrow.h"

/* After so many rows the keys must have paid off. */
#define TRIAL ((size_t)16384)
#define LEAST_HIT_SHARE 16
#define MOST_KEYS ((size_t)1 << 20)
#define PART_BITS 32

void mdm_keys_free(mdm_keys *keys, const mdm_allocator *memory)
{
    if (keys->at != NULL) {
        mdm_resize(memory, keys->at, keys->n_slots, 0, sizeof *keys->at);
    }
    keys->at = NULL;
    keys->n_slots = keys->n = 0;
}

void mdm_keys_by_code(mdm_keys *keys, const mdm_allocator *memory)
{
    mdm_keys_free(keys, memory);
    memset(keys->bits, 0, sizeof keys->bits);
    keys->is_by_code = true;
}

/* ---- Packing ---- */

static uint8_t bits_of(uint32_t sign)
{
    uint8_t bits = 0;
    while (bits < 32 && sign >> bits != 0) {
        bits++;
    }
    return bits;
}

/* Each column into the first part that has room. */
static bool lay_out(mdm_keys *keys, size_t n_columns)
{
    uint8_t used[MDM_KEY_PARTS] = {0};
    for (size_t c = 0; c < n_columns; c++) {
        size_t part = 0;
        while (part < MDM_KEY_PARTS && used[part] + keys->bits[c] > PART_BITS) {
            part++;
        }
        if (part == MDM_KEY_PARTS) {
            return false;
        }
        keys->part[c] = (uint8_t)part;
        /* A column of no bits is not shifted beyond the part. */
        keys->shift[c] = keys->bits[c] == 0 ? 0 : used[part];
        used[part] = (uint8_t)(used[part] + keys->bits[c]);
    }
    return true;
}

/* Makes room for signs; keys that were packed otherwise are forgotten. */
static bool widen_parts(mdm_keys *keys, const mdm_allocator *memory, const uint32_t *all,
                        size_t n_columns)
{
    for (size_t c = 0; c < n_columns; c++) {
        const uint8_t bits = bits_of(all[c]);
        if (bits == 32) {
            return false;
        }
        keys->bits[c] = bits > keys->bits[c] ? bits : keys->bits[c];
    }
    mdm_keys_free(keys, memory);
    return lay_out(keys, n_columns);
}

static void pack(mdm_arrow *arrow, mdm_span span, mdm_packed *packed)
{
    const mdm_keys *keys = &arrow->keys;
    memset(packed, 0, sizeof *packed);
    for (size_t c = 0; c < arrow->n_coders; c++) {
        const mdm_coder *coder = &arrow->coders[c];
        const uint32_t *codes = arrow->codes + c * MDM_BLOCK;
        uint32_t *part = packed->parts[keys->part[c]];
        const unsigned shift = keys->shift[c];
        if (!keys->is_by_code && coder->source.is_coded) {
            arrow->all[c] = mdm_coder_pack(coder, span.first, span.n, shift, part);
            continue;
        }
        for (size_t i = 0; i < span.n && arrow->all[c] > 0; i++) {
            part[i] |= codes[i] << shift;
        }
    }
}

/* Whether all signs of a block fit into the keys as they are laid out. */
static bool fit(const mdm_keys *keys, const uint32_t *all, size_t n_columns)
{
    size_t c = 0;
    while (c < n_columns && all[c] >> keys->bits[c] == 0) {
        c++;
    }
    return c == n_columns;
}

static mdm_key key_at(const mdm_packed *packed, size_t i)
{
    return (mdm_key){{packed->parts[0][i] | (uint64_t)packed->parts[1][i] << 32,
                      packed->parts[2][i] | (uint64_t)packed->parts[3][i] << 32}};
}

/* ---- Looking up ---- */

static size_t slot_of(mdm_key key, size_t n_slots)
{
    uint64_t mixed = (key.words[0] ^ key.words[1] >> 32 ^ key.words[1] << 32) * 0x9e3779b97f4a7c15U;
    mixed ^= mixed >> 32;
    return (size_t)(mixed * 0xd6e8feb86659fd93U >> 32) & (n_slots - 1);
}

static bool is_same(mdm_key one, mdm_key other)
{
    return ((one.words[0] ^ other.words[0]) | (one.words[1] ^ other.words[1])) == 0;
}

/* The slot of a key, or the empty one where it would be. */
static mdm_key_slot *find(mdm_key_slot *slots, size_t n_slots, mdm_key key)
{
    size_t slot = slot_of(key, n_slots);
    while (slots[slot].class != 0 && !is_same(slots[slot].key, key)) {
        slot = (slot + 1) & (n_slots - 1);
    }
    return &slots[slot];
}

static bool widen(mdm_keys *keys, const mdm_allocator *memory)
{
    const size_t n_slots = keys->n_slots == 0 ? 1024 : keys->n_slots * 2;
    mdm_key_slot *slots = NULL;
    if (keys->n < keys->n_slots / 4) {
        return true;
    }
    slots = mdm_resize(memory, NULL, 0, n_slots, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memset(slots, 0, n_slots * sizeof *slots);
    for (size_t i = 0; i < keys->n_slots; i++) {
        if (keys->at[i].class != 0) {
            *find(slots, n_slots, keys->at[i].key) = keys->at[i];
        }
    }
    if (keys->at != NULL) {
        mdm_resize(memory, keys->at, keys->n_slots, 0, sizeof *keys->at);
    }
    keys->at = slots;
    keys->n_slots = n_slots;
    return true;
}

/* The keys of a block, laid out anew where they were too narrow. False: there are none. */
static bool make_keys(mdm_arrow *arrow, mdm_span span, mdm_packed *packed)
{
    mdm_keys *keys = &arrow->keys;
    if (keys->is_off) {
        return false;
    }
    pack(arrow, span, packed);
    if (!fit(keys, arrow->all, arrow->n_coders)) {
        if (!widen_parts(keys, arrow->memory, arrow->all, arrow->n_coders)) {
            keys->is_off = keys->is_by_code;
            mdm_keys_by_code(keys, arrow->memory);
            return false;
        }
        pack(arrow, span, packed);
    }
    keys->is_off = keys->n > MOST_KEYS ||
                   (keys->n_rows >= TRIAL && keys->n_hits < keys->n_rows / LEAST_HIT_SHARE);
    if (keys->is_off) {
        mdm_keys_free(keys, arrow->memory);
    }
    return !keys->is_off;
}

bool mdm_keys_find(mdm_arrow *arrow, mdm_span span, mdm_packed *packed, uint32_t *classes,
                   size_t *n_unknown)
{
    mdm_keys *keys = &arrow->keys;
    const bool has_keys = make_keys(arrow, span, packed);
    size_t n_known = 0;
    *n_unknown = span.n;
    if (!has_keys || keys->n_slots == 0) {
        memset(classes, 0, span.n * sizeof *classes);
    } else {
        for (size_t i = 0; i < span.n; i++) {
            classes[i] = find(keys->at, keys->n_slots, key_at(packed, i))->class;
            n_known += classes[i] != 0;
        }
    }
    keys->n_rows += has_keys ? span.n : 0;
    keys->n_hits += n_known;
    *n_unknown -= n_known;
    return has_keys;
}

mdm_key_slot *mdm_keys_slot(mdm_keys *keys, const mdm_allocator *memory, const mdm_packed *packed,
                            size_t i)
{
    const mdm_key key = key_at(packed, i);
    mdm_key_slot *slot = NULL;
    if (!widen(keys, memory)) {
        return NULL;
    }
    slot = find(keys->at, keys->n_slots, key);
    if (slot->class == 0) {
        slot->key = key;
        keys->n++;
    } else {
        keys->n_hits++;
    }
    return slot;
}
