/*
 * What sources say, put side by side once, and found for the lanes of a block.
 */
#include "mdm_join.h"

mdm_said mdm_said_of(const mdm_encoded *encoded)
{
    mdm_said made = {MDM_SAID_AT_LENGTH, (uint8_t)encoded->absent, (uint8_t)encoded->held,
                     {.encoded = encoded}};
    const size_t n_parts = (size_t)encoded->n_ranks + encoded->n_codes + encoded->asks_members;
    if (encoded->holds_all) {
        made.form = MDM_SAID_ALL;
    } else if (n_parts == 1 && encoded->n_ranks == 1) {
        made.form = MDM_SAID_RANKS;
        made.as.ranks = encoded->ranks[0];
    } else if (n_parts == 1 && encoded->n_codes == 1) {
        made.form = MDM_SAID_CODE;
        made.as.code = encoded->codes[0];
    } else if (n_parts == 1 && encoded->forbidden == 0) {
        made.form = MDM_SAID_MEMBERS;
        made.as.required = encoded->required;
    }
    return made;
}

static void find_listed(mdm_sources *sources, size_t n_objects, size_t n_attributes)
{
    uint64_t listed = 0;
    for (size_t object = 0; object < n_objects; object++) {
        listed |= sources->asked[object].listed;
    }
    sources->n_listed = 0;
    for (size_t a = 0; a < n_attributes; a++) {
        const bool is_listed = (listed >> a & 1) != 0;
        sources->listed[a] = is_listed ? (uint8_t)sources->n_listed++ : MDM_UNLISTED;
    }
}

#define AT_ONCE ((size_t)256) /* objects; as many lie in one page */

/* What a clause says; nothing where no source has the object, which then is one of the fleet's. */
static mdm_said said_by(const mdm_join *join, size_t attribute, uint32_t number)
{
    const mdm_encodings *encodings = &join->sources.compiler.clauses[attribute];
    const mdm_encoded *encoded = number == 0 ? &join->sources.unlisted[attribute]
                                 : number < encodings->capacity ? encodings->at[number]
                                                                : NULL;
    const mdm_said nothing = {.form = MDM_SAID_BY_NOBODY};
    return encoded == NULL ? nothing : mdm_said_of(encoded);
}

/* In the order in which objects were compiled, which is that of memory. */
static void say_some(const mdm_join *join, size_t first, size_t n)
{
    const mdm_sources *sources = &join->sources;
    for (size_t a = 0; a < join->fleet->scheme.n_attributes; a++) {
        uint32_t numbers[AT_ONCE];
        mdm_said *said = sources->said + first * sources->n_listed + sources->listed[a];
        if (sources->listed[a] == MDM_UNLISTED) {
            continue;
        }
        mdm_codes_read(&mdm_source_lists(join)->columns, a, first, n, numbers);
        for (size_t i = 0; i < n; i++, said += sources->n_listed) {
            *said = said_by(join, a, numbers[i]);
        }
    }
}

bool mdm_sources_say(mdm_join *join)
{
    mdm_sources *sources = &join->sources;
    const size_t n_objects = mdm_source_lists(join)->rows.n;
    find_listed(sources, n_objects, join->fleet->scheme.n_attributes);
    sources->said = mdm_take(&sources->compiler.arena, n_objects * sources->n_listed,
                             sizeof *sources->said);
    if (sources->said == NULL) {
        return false;
    }
    for (size_t first = 0; first < n_objects; first += AT_ONCE) {
        say_some(join, first, n_objects - first < AT_ONCE ? n_objects - first : AT_ONCE);
    }
    return true;
}

/* ---- The lanes of a block ---- */

static const mdm_said nobody = {.form = MDM_SAID_BY_NOBODY};
static const mdm_said everything = {MDM_SAID_ALL, MDM_YES, MDM_YES, {.required = 0}};

/* What is said at length lies far apart in memory, so all is sent for before any is looked at. */
static void send_for(const mdm_sayings *said)
{
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        if (said->of[lane]->form == MDM_SAID_AT_LENGTH) {
            __builtin_prefetch(said->of[lane]->as.encoded);
        }
    }
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        if (said->of[lane]->form == MDM_SAID_AT_LENGTH) {
            __builtin_prefetch(said->of[lane]->as.encoded->codes);
            __builtin_prefetch(said->of[lane]->as.encoded->ranks);
        }
    }
}

void mdm_find_relations(const mdm_join *join, const mdm_field *field, size_t column,
                           mdm_sayings *said)
{
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        const uint32_t source = field->source_of[lane];
        said->of[lane] = &nobody;
        if (source != MDM_NONE) {
            said->made[lane] = mdm_said_of(mdm_source_relation(join, source, column));
            said->of[lane] = &said->made[lane];
        }
    }
    send_for(said);
}

void mdm_find_clauses(const mdm_join *join, const mdm_field *field, size_t column,
                         mdm_sayings *said)
{
    const mdm_sources *sources = &join->sources;
    const size_t place = sources->listed[column];
    said->made[0] = mdm_said_of(&sources->unlisted[column]);
    for (size_t lane = 0; lane < MDM_LANES; lane++) {
        const uint32_t object = field->object_of[lane];
        if (object == MDM_NONE) {
            said->of[lane] = field->source_of[lane] == MDM_NONE ? &nobody : &everything;
        } else {
            said->of[lane] = place == MDM_UNLISTED
                                 ? &said->made[0]
                                 : &sources->said[object * sources->n_listed + place];
        }
    }
    send_for(said);
}
