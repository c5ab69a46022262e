/*
 * The values of sources: looked up in the fleet first, since most sources are like its devices.
 */
#include "mdm_parse.h"

static mdm_status keep_own(mdm_parser *parser, size_t attribute, mdm_text text, uint64_t hash,
                           uint32_t *kept)
{
    const mdm_fleet *fleet = parser->fleet;
    const mdm_kind kind = fleet->scheme.attributes[attribute].kind;
    mdm_own_values *own = &parser->values[attribute];
    uint32_t number = mdm_texts_find(&own->texts, text, hash);
    mdm_value value;
    mdm_status status = MDM_OK;
    if (number == MDM_NONE) {
        status = mdm_value_parse(&parser->keeper, kind, text, &value, &parser->fault);
        if (status == MDM_OK && !MDM_RESERVE(parser->keeper.arena->memory, own, own->texts.n, 1)) {
            status = MDM_NO_MEMORY;
        }
        if (status == MDM_OK) {
            status = mdm_texts_add(&own->texts, parser->keeper.arena, text, hash, &number);
        }
        if (status != MDM_OK) {
            return status;
        }
        if (kind == MDM_STRING) {
            value.text.at = own->texts.at[number].at;
        }
        own->at[number] = value;
    }
    *kept = (uint32_t)fleet->dictionaries[attribute].texts.n + number + 1;
    return MDM_OK;
}

mdm_status mdm_source_number(mdm_parser *parser, size_t attribute, mdm_text text, uint64_t hash,
                             uint32_t *number)
{
    const uint32_t found =
        mdm_texts_find(&parser->fleet->dictionaries[attribute].texts, text, hash);
    *number = found + 1;
    return found != MDM_NONE ? MDM_OK : keep_own(parser, attribute, text, hash, number);
}

const char *mdm_number_text(const mdm_parser *parser, size_t attribute, uint32_t number)
{
    const mdm_texts *texts = &parser->fleet->dictionaries[attribute].texts;
    return number <= texts->n ? texts->at[number - 1].at
                              : parser->values[attribute].texts.at[number - 1 - texts->n].at;
}

mdm_status mdm_source_value(mdm_parser *parser, mdm_line *line, size_t attribute, mdm_text text)
{
    const mdm_dictionary *dictionary = &parser->fleet->dictionaries[attribute];
    const uint64_t hash = mdm_hash(text.at, text.len);
    uint32_t number = MDM_NONE;
    if (parser->values != NULL) {
        return mdm_source_number(parser, attribute, text, hash, &line->codes[attribute]);
    }
    number = mdm_texts_find(&dictionary->texts, text, hash);
    if (number != MDM_NONE) {
        line->values[attribute] = dictionary->at[number];
        return MDM_OK;
    }
    return mdm_value_parse(&parser->keeper, parser->fleet->scheme.attributes[attribute].kind, text,
                           &line->values[attribute], &parser->fault);
}
