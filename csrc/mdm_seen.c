/*
 * The reader's memory of lines.
 */
#include "mdm_seen.h"

#include <string.h>

#include "mdm_hash.h"
#include "mdm_lines.h"
#include "mdm_plain.h"

/* After so many lines it must have paid off; else all lines differ, and it goes. */
#define TRIAL ((size_t)16384)
#define LEAST_HIT_SHARE 16
#define MOST_TEXTS ((size_t)1 << 17)

#define LEAST_FRONTS ((size_t)256)
#define WIDEST ((size_t)1024)
#define MOST_PROBES 4

mdm_seen mdm_seen_new(const mdm_allocator *memory)
{
    return (mdm_seen){.arena = {memory, NULL, 0}};
}

uint32_t mdm_seen_find(mdm_seen *seen, mdm_text text, uint64_t hash)
{
    const uint32_t number = mdm_texts_find(&seen->texts, text, hash);
    seen->n_lines++;
    if (number == MDM_NONE) {
        return MDM_NONE;
    }
    seen->n_hits++;
    return seen->rows.at[number];
}

/* ---- Guesses ---- */

/* A width is a multiple of this. */
#define STRIDE ((size_t)32)

#if defined(__SSE2__)
/* Sums of products of 16 bits with odd numbers that differ from place to place, which is enough
   for a guess. They are those of the hash. */
static uint32_t hash_front(const char *at, size_t width)
{
    static const uint64_t factors[8] = {
        0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3, 0x589965cc75374cc3,
        0x1d8e4e27c47d124f, 0xeb44acca9c4a72b5, 0x2f7eac3bd68f4b1d, 0x4b33a62ed433d4a3};
    __m128i first = _mm_setzero_si128();
    __m128i second = first;
    uint64_t sums[2];
    for (size_t i = 0; i < width; i += STRIDE) {
        const char *factor = (const char *)factors + (i & STRIDE);
        first = _mm_add_epi32(_mm_shuffle_epi32(first, 0x39),
                              _mm_madd_epi16(mdm_vector(at + i), mdm_vector(factor)));
        second = _mm_add_epi32(_mm_shuffle_epi32(second, 0x93),
                               _mm_madd_epi16(mdm_vector(at + i + 16), mdm_vector(factor + 16)));
    }
    first = _mm_xor_si128(first, _mm_shuffle_epi32(second, 0x4e));
    memcpy(sums, &first, sizeof sums);
    return (uint32_t)mdm_mix(sums[0] ^ MDM_SECRET_A, sums[1] ^ MDM_SECRET_B);
}
#else
static uint32_t hash_front(const char *at, size_t width)
{
    return (uint32_t)mdm_hash(at, width);
}
#endif

static void put_front(mdm_seen *seen, uint32_t number)
{
    const mdm_entry *entry = &seen->texts.at[number];
    if (seen->n_fronts > 0 && entry->len >= seen->width && entry->len <= UINT16_MAX) {
        const uint32_t hash = hash_front(entry->at, seen->width);
        for (size_t i = 0; i < MOST_PROBES; i++) {
            mdm_front *front = &seen->fronts[(hash + i) & (seen->n_fronts - 1)];
            if (front->place == 0) {
                *front = (mdm_front){number + 1, (uint16_t)(hash >> 16), (uint16_t)entry->len};
                return;
            }
        }
    }
}

/* Most texts are as long as seven eighths of the mean; the shorter they are compared, the more
   of them are alike. */
static void make_fronts(mdm_seen *seen)
{
    const mdm_allocator *memory = seen->arena.memory;
    const size_t n = seen->n_fronts == 0 ? LEAST_FRONTS : seen->n_fronts * 2;
    const size_t width = seen->n_bytes / seen->texts.n * 7 / 8;
    mdm_front *fronts = mdm_resize(memory, NULL, 0, n, sizeof *fronts);
    if (fronts == NULL) {
        return;
    }
    mdm_resize(memory, seen->fronts, seen->n_fronts, 0, sizeof *fronts);
    memset(fronts, 0, n * sizeof *fronts);
    seen->fronts = fronts;
    seen->n_fronts = n;
    seen->width = (width < WIDEST ? width : WIDEST) / STRIDE * STRIDE;
    for (size_t number = 0; number < seen->texts.n; number++) {
        put_front(seen, (uint32_t)number);
    }
}

uint32_t mdm_seen_guess(const mdm_seen *seen, const char *at, const char *limit, size_t *len)
{
    const size_t left = (size_t)(limit - at);
    uint32_t hash = 0;
    if (seen->n_fronts == 0 || left < seen->width) {
        return MDM_NONE;
    }
    hash = hash_front(at, seen->width);
    for (size_t i = 0; i < MOST_PROBES; i++) {
        const mdm_front *front = &seen->fronts[(hash + i) & (seen->n_fronts - 1)];
        if (front->place == 0) {
            return MDM_NONE;
        }
        if (front->tag == hash >> 16 && front->len < left && at[front->len] == '\n') {
            const char *known = seen->texts.at[front->place - 1].at;
            const char *ahead = left > front->len + MDM_AHEAD ? at + MDM_AHEAD : at;
            for (size_t byte = 0; byte < front->len; byte += 64) {
                __builtin_prefetch(known + byte);
                __builtin_prefetch(ahead + byte);
            }
            *len = front->len;
            return front->place - 1;
        }
    }
    return MDM_NONE;
}

uint32_t mdm_seen_check(mdm_seen *seen, uint32_t number, const char *at)
{
    const mdm_entry *entry = &seen->texts.at[number];
    if (memcmp(entry->at, at, entry->len) != 0) {
        return MDM_NONE;
    }
    seen->n_lines++;
    seen->n_hits++;
    return seen->rows.at[number];
}

/* ---- */

void mdm_seen_add(mdm_seen *seen, mdm_text text, uint64_t hash, uint32_t row)
{
    uint32_t number = 0;
    if (seen->n_lines >= TRIAL && seen->n_hits < seen->n_lines / LEAST_HIT_SHARE) {
        mdm_seen_end(seen);
        return;
    }
    /* A batch may hold a new text twice. */
    if (seen->texts.n == MOST_TEXTS || mdm_texts_find(&seen->texts, text, hash) != MDM_NONE ||
        !MDM_RESERVE(seen->arena.memory, &seen->rows, seen->texts.n, 1) ||
        mdm_texts_add(&seen->texts, &seen->arena, text, hash, &number) != MDM_OK) {
        return;
    }
    seen->rows.at[number] = row;
    seen->n_bytes += text.len;
    if (seen->texts.n > seen->n_fronts / 2) {
        make_fronts(seen);
    } else {
        put_front(seen, number);
    }
}

void mdm_seen_cut(mdm_seen *seen, size_t n)
{
    for (size_t number = n; number < seen->texts.n; number++) {
        seen->n_bytes -= seen->texts.at[number].len;
    }
    if (n < seen->texts.n) {
        mdm_texts_cut(&seen->texts, n);
        mdm_resize(seen->arena.memory, seen->fronts, seen->n_fronts, 0, sizeof *seen->fronts);
        seen->fronts = NULL;
        seen->n_fronts = 0;
    }
}

void mdm_seen_end(mdm_seen *seen)
{
    const mdm_allocator *memory = seen->arena.memory;
    mdm_resize(memory, seen->fronts, seen->n_fronts, 0, sizeof *seen->fronts);
    mdm_texts_free(&seen->texts, memory);
    MDM_TRIM(memory, &seen->rows, 0);
    mdm_arena_free(&seen->arena);
    *seen = mdm_seen_new(memory);
    seen->is_off = true;
}
