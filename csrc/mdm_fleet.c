/*
 * The fleet: made, changed by one device at a time, and asked what it holds.
 */
#include "mdm_fleet.h"

#include <string.h>

#include "mdm_parse.h"

const char *mdm_status_text(mdm_status status)
{
    static const char *const texts[] = {
        "done",
        "an argument that cannot be",
        "out of memory",
        "a mistake in the text",
        "the buffer is too small",
        "no device has this row",
        "more than 32 bits can count",
        "the fleet changed after the question was put",
        "data that are damaged",
        "a fleet of another scheme",
    };
    const size_t number = (size_t)status;
    return number < sizeof texts / sizeof *texts ? texts[number] : "no such status";
}

/* ---- Making ---- */

static bool is_verdict(mdm_verdict verdict)
{
    return verdict == MDM_NO || verdict == MDM_UNDECIDED || verdict == MDM_YES;
}

static bool suits(const mdm_attribute *attribute, const mdm_attribute *source)
{
    switch (attribute->relation) {
    case MDM_UNRELATED:
    case MDM_ANY:
        return true;
    case MDM_EQUAL:
        return attribute->kind == source->kind;
    case MDM_SUPERSET:
    case MDM_SUBSET:
        return attribute->kind == MDM_SET && source->kind == MDM_SET;
    case MDM_MINOR:
        return attribute->kind == MDM_VERSION && source->kind == MDM_VERSION;
    case MDM_MEMBER:
        return attribute->kind == MDM_SET && source->kind == MDM_STRING;
    }
    return false;
}

static bool is_sound(const mdm_scheme *scheme)
{
    const mdm_attribute *attributes = scheme->attributes;
    if (scheme->n_attributes > MDM_MAX_ATTRIBUTES ||
        (scheme->n_attributes > 0 && attributes == NULL) || !is_verdict(scheme->missing) ||
        !is_verdict(scheme->unlisted) || (unsigned)scheme->accepted_by > MDM_BOTH) {
        return false;
    }
    for (size_t i = 0; i < scheme->n_attributes; i++) {
        const mdm_attribute *at = &attributes[i];
        if ((at->name == NULL && at->name_len > 0) || (unsigned)at->kind > MDM_RATIO ||
            at->of >= scheme->n_attributes || !is_verdict(at->missing) ||
            !suits(at, &attributes[at->of])) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (attributes[j].name_len == at->name_len &&
                (at->name_len == 0 || memcmp(attributes[j].name, at->name, at->name_len) == 0)) {
                return false;
            }
        }
    }
    return true;
}

static bool copy_scheme(mdm_fleet *fleet, const mdm_scheme *scheme)
{
    mdm_attribute *attributes =
        mdm_take(&fleet->arena, scheme->n_attributes, sizeof *attributes);
    fleet->scheme = *scheme;
    fleet->scheme.attributes = attributes;
    fleet->dictionaries =
        mdm_take(&fleet->arena, scheme->n_attributes, sizeof *fleet->dictionaries);
    if (attributes == NULL || fleet->dictionaries == NULL) {
        fleet->scheme.n_attributes = 0;
        return false;
    }
    memset(fleet->dictionaries, 0, scheme->n_attributes * sizeof *fleet->dictionaries);
    for (size_t i = 0; i < scheme->n_attributes; i++) {
        const mdm_attribute *given = &scheme->attributes[i];
        mdm_text name = {NULL, 0};
        if (!mdm_take_text(&fleet->arena, (mdm_text){given->name, given->name_len}, &name)) {
            return false;
        }
        attributes[i] = *given;
        attributes[i].name = name.at;
    }
    return true;
}

mdm_status mdm_fleet_new(const mdm_scheme *scheme, int keep_names, const mdm_allocator *allocator,
                         mdm_fleet **made)
{
    const mdm_allocator memory = mdm_allocator_or_default(allocator);
    mdm_fleet *fleet = NULL;
    if (made == NULL || scheme == NULL || memory.resize == NULL || !is_sound(scheme)) {
        return MDM_BAD_ARGUMENT;
    }
    fleet = mdm_resize(&memory, NULL, 0, 1, sizeof *fleet);
    if (fleet == NULL) {
        return MDM_NO_MEMORY;
    }
    *fleet = (mdm_fleet){.memory = memory, .keeps_names = keep_names != 0};
    fleet->arena.memory = &fleet->memory;
    fleet->scratch.memory = &fleet->memory;
    fleet->rows.free = MDM_NONE;
    atomic_init(&fleet->n_holders, 1);
    fleet->kernels = mdm_kernels_wanted();
    fleet->lock = mdm_lock_new(&memory);
    if (fleet->lock == NULL || !copy_scheme(fleet, scheme) ||
        !mdm_lists_new(&fleet->memory, &fleet->lists, scheme->n_attributes) ||
        !mdm_classes_new(fleet, &fleet->classes, scheme->n_attributes + 1)) {
        mdm_fleet_free(fleet);
        return MDM_NO_MEMORY;
    }
    *made = fleet;
    return MDM_OK;
}

void mdm_fleet_free(mdm_fleet *fleet)
{
    mdm_allocator memory;
    if (fleet == NULL || atomic_fetch_sub(&fleet->n_holders, 1) > 1) {
        return;
    }
    memory = fleet->memory;
    mdm_classes_free(fleet);
    for (size_t i = 0; i < fleet->scheme.n_attributes; i++) {
        mdm_dictionary_free(&memory, &fleet->dictionaries[i]);
    }
    mdm_texts_free(&fleet->members, &memory);
    mdm_lists_free(&memory, &fleet->lists);
    mdm_row_classes_trim(fleet, 0);
    MDM_TRIM(&memory, &fleet->rows.next, 0);
    MDM_TRIM(&memory, &fleet->rows.name, 0);
    MDM_TRIM(&memory, &fleet->names, 0);
    mdm_arena_free(&fleet->scratch);
    mdm_arena_free(&fleet->arena);
    mdm_lock_free(&memory, fleet->lock);
    mdm_resize(&memory, fleet, 1, 0, sizeof *fleet);
}

/* ---- Marks ---- */

mdm_mark mdm_fleet_mark(const mdm_fleet *fleet)
{
    mdm_mark mark;
    mark.arena = mdm_arena_here(&fleet->arena);
    mark.n_members = fleet->members.n;
    mark.n_classes = fleet->classes.n;
    mark.n_unsorted = fleet->classes.n_unsorted;
    for (size_t i = 0; i < fleet->scheme.n_attributes; i++) {
        mark.n_codes[i] = fleet->dictionaries[i].texts.n;
    }
    mdm_lists_here(&fleet->lists, &mark.lists);
    return mark;
}

void mdm_fleet_cut(mdm_fleet *fleet, const mdm_mark *mark)
{
    mdm_texts_cut(&fleet->members, mark->n_members);
    mdm_lists_cut(&fleet->lists, &mark->lists);
    for (size_t i = 0; i < fleet->scheme.n_attributes; i++) {
        mdm_texts_cut(&fleet->dictionaries[i].texts, mark->n_codes[i]);
    }
    mdm_arena_back(&fleet->arena, mark->arena);
    fleet->classes.n_unsorted = mark->n_unsorted;
    fleet->n_cuts++;
}

size_t mdm_fleet_find(const mdm_fleet *fleet, mdm_text name, size_t hint)
{
    const size_t n = fleet->scheme.n_attributes;
    for (size_t i = 0; i < n; i++) {
        const size_t at = hint + i < n ? hint + i : hint + i - n;
        const mdm_attribute *attribute = &fleet->scheme.attributes[at];
        if (attribute->name_len == name.len &&
            (name.len == 0 || memcmp(attribute->name, name.at, name.len) == 0)) {
            return at;
        }
    }
    return n;
}
