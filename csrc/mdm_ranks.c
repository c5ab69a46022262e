/*
 * Dictionaries settled: the codes of numbers, versions and PCI ids by the order of their values,
 * and sets by member.
 *
 * New values are merged in at the end of a change. In a large dictionary they wait until they are
 * enough to be worth the walk over all ranks; questions compare them one by one until then.
 */
#include <string.h>

#include "mdm_fleet.h"

/* Values that wait, as a share of those that are settled: moving ranks costs a kilobyte of copy
   a value. */
#define WAITING_SHARE 256

void mdm_dictionary_free(const mdm_allocator *memory, mdm_dictionary *dictionary)
{
    mdm_texts_free(&dictionary->texts, memory);
    MDM_TRIM(memory, dictionary, 0);
    MDM_TRIM(memory, &dictionary->by_rank, 0);
    MDM_TRIM(memory, &dictionary->members, 0);
}

size_t mdm_dictionary_bytes(const mdm_dictionary *dictionary)
{
    return mdm_texts_bytes(&dictionary->texts) + dictionary->capacity * sizeof *dictionary->at +
           dictionary->by_rank.capacity * sizeof *dictionary->by_rank.at +
           dictionary->members.capacity * sizeof *dictionary->members.at;
}

/* ---- Order ---- */

typedef struct ranking {
    const mdm_value *values;
    mdm_kind kind;
} ranking;

/* A code with a number that grows with its value, so that most are told apart without it. */
typedef struct ranked {
    uint64_t key;
    uint32_t code;
} ranked;

static uint64_t key_of(mdm_kind kind, const mdm_value *value)
{
    int64_t number = value->number;
    switch (kind) {
    case MDM_VERSION:
        return (uint64_t)value->version.major_part << 32 | value->version.minor_part;
    case MDM_PCI_ID:
        return (uint64_t)value->pci_id.vendor << 32 | value->pci_id.device;
    case MDM_RATIO:
        number = value->ratio.numerator / value->ratio.denominator;
        number -= value->ratio.numerator % value->ratio.denominator < 0 ? 1 : 0;
        break;
    default:
        break;
    }
    return (uint64_t)number ^ (uint64_t)1 << 63;
}

/* Equal values in different spellings stay in the order of their codes. */
static bool is_below(const ranking *by, uint32_t left, uint32_t right)
{
    const int order = mdm_value_order(by->kind, &by->values[left - 1], &by->values[right - 1]);
    return order < 0 || (order == 0 && left < right);
}

/* Codes that go on in the order of values need no ranks. */
static void settle_in_order(const ranking *by, mdm_dictionary *dictionary)
{
    while (dictionary->n_settled < dictionary->texts.n &&
           (dictionary->n_settled == 0 || is_below(by, (uint32_t)dictionary->n_settled,
                                                   (uint32_t)dictionary->n_settled + 1))) {
        dictionary->n_settled++;
    }
}

static void merge_runs(const ranking *by, const ranked *from, ranked *to, size_t n_left, size_t n)
{
    size_t left = 0;
    size_t right = n_left;
    for (size_t i = 0; i < n; i++) {
        bool is_right = right < n;
        if (is_right && left < n_left) {
            is_right = from[left].key != from[right].key
                           ? from[right].key < from[left].key
                           : is_below(by, from[right].code, from[left].code);
        }
        to[i] = is_right ? from[right++] : from[left++];
    }
}

/* Bottom up, between the codes and a copy; gives the one that is sorted. */
static const ranked *sort_codes(const ranking *by, ranked *codes, ranked *copy, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        ranked *kept = codes;
        for (size_t begin = 0; begin < n; begin += 2 * width) {
            const size_t left = n - begin;
            merge_runs(by, codes + begin, copy + begin, width < left ? width : left,
                       2 * width < left ? 2 * width : left);
        }
        codes = copy;
        copy = kept;
    }
    return codes;
}

/* From the last on, each to its place, what follows it moved up. */
static void put_in(const ranking *by, uint32_t *by_rank, size_t n_settled, const ranked *codes,
                   size_t n)
{
    size_t end = n_settled;
    for (size_t left = n; left > 0; left--) {
        const uint32_t code = codes[left - 1].code;
        size_t low = 0;
        size_t high = end;
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            if (is_below(by, by_rank[middle], code)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        memmove(by_rank + low + left, by_rank + low, (end - low) * sizeof *by_rank);
        by_rank[low + left - 1] = code;
        end = low;
    }
}

static void settle_order(const mdm_allocator *memory, mdm_kind kind, mdm_dictionary *dictionary)
{
    const ranking by = {dictionary->at, kind};
    mdm_u32s *by_rank = &dictionary->by_rank;
    ranked *codes = NULL;
    size_t waiting = 0;
    if (by_rank->at == NULL) {
        settle_in_order(&by, dictionary);
    }
    waiting = dictionary->texts.n - dictionary->n_settled;
    if (waiting == 0 || waiting <= dictionary->n_settled / WAITING_SHARE) {
        return;
    }
    codes = mdm_resize(memory, NULL, 0, 2 * waiting, sizeof *codes);
    if (codes == NULL) {
        return;
    }
    if (by_rank->at == NULL && MDM_FIT(memory, by_rank, dictionary->texts.n)) {
        for (size_t rank = 0; rank < dictionary->n_settled; rank++) {
            by_rank->at[rank] = (uint32_t)rank + 1;
        }
    }
    if (by_rank->at != NULL && MDM_RESERVE(memory, by_rank, dictionary->n_settled, waiting)) {
        for (size_t i = 0; i < waiting; i++) {
            const uint32_t code = (uint32_t)(dictionary->n_settled + i + 1);
            codes[i] = (ranked){key_of(kind, &dictionary->at[code - 1]), code};
        }
        put_in(&by, by_rank->at, dictionary->n_settled,
               sort_codes(&by, codes, codes + waiting, waiting), waiting);
        dictionary->n_settled = dictionary->texts.n;
    }
    mdm_resize(memory, codes, 2 * waiting, 0, sizeof *codes);
}

/* ---- Sets by member ---- */

uint32_t mdm_member_place(const mdm_member_table *members, uint32_t number)
{
    for (uint32_t place = 0; place < members->n; place++) {
        if (members->numbers[place] == number) {
            return place;
        }
    }
    return MDM_NONE;
}

static bool reserve_blocks(const mdm_allocator *memory, mdm_member_table *members, size_t n_blocks)
{
    const size_t before = members->capacity;
    const size_t needed = n_blocks * members->stride;
    if (before < needed && !MDM_RESERVE(memory, members, before, needed - before)) {
        return false;
    }
    if (members->capacity > before) {
        memset(members->at + before, 0, (members->capacity - before) * sizeof *members->at);
    }
    return true;
}

/* Twice the members a block. */
static bool widen(const mdm_allocator *memory, mdm_member_table *members, size_t n_blocks)
{
    mdm_member_table wide = *members;
    wide.stride = members->stride == 0 ? 4 : 2 * members->stride;
    wide.at = NULL;
    wide.capacity = 0;
    if (!reserve_blocks(memory, &wide, n_blocks)) {
        return false;
    }
    for (size_t i = 0; i < n_blocks * members->stride; i++) {
        MDM_HOLDS(wide.at != NULL); /* room for all blocks was made */
        wide.at[i / members->stride * wide.stride + i % members->stride] = members->at[i];
    }
    MDM_TRIM(memory, members, 0);
    *members = wide;
    return true;
}

static bool add_set(const mdm_allocator *memory, mdm_member_table *members, const mdm_set *set,
                    size_t code)
{
    for (uint32_t i = 0; i < set->n; i++) {
        uint32_t place = mdm_member_place(members, set->at[i]);
        if (place == MDM_NONE && members->n == MDM_MAX_MEMBERS) {
            MDM_TRIM(memory, members, 0);
            *members = (mdm_member_table){.is_crowded = true};
            return false;
        }
        if (place == MDM_NONE) {
            if (members->n == members->stride && !widen(memory, members, code / 64 + 1)) {
                return false;
            }
            place = members->n++;
            members->numbers[place] = set->at[i];
        }
        MDM_HOLDS(members->at != NULL); /* a place below the stride is in a block */
        members->at[code / 64 * members->stride + place] |= (uint64_t)1 << code % 64;
    }
    return true;
}

static void settle_members(const mdm_allocator *memory, mdm_dictionary *dictionary)
{
    mdm_member_table *members = &dictionary->members;
    while (dictionary->n_settled < dictionary->texts.n && !members->is_crowded) {
        const size_t code = dictionary->n_settled + 1;
        if (!reserve_blocks(memory, members, code / 64 + 1) ||
            !add_set(memory, members, &dictionary->at[code - 1].set, code)) {
            break;
        }
        dictionary->n_settled++;
    }
    if (members->is_crowded) {
        dictionary->n_settled = 0;
    }
}

void mdm_dictionaries_settle(mdm_fleet *fleet)
{
    for (size_t i = 0; i < fleet->scheme.n_attributes; i++) {
        const mdm_kind kind = fleet->scheme.attributes[i].kind;
        if (kind == MDM_SET) {
            settle_members(&fleet->memory, &fleet->dictionaries[i]);
        } else if (kind != MDM_STRING) {
            settle_order(&fleet->memory, kind, &fleet->dictionaries[i]);
        }
    }
}
