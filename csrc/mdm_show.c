/*
 * What a fleet holds: sizes, names, classes, and descriptions written back.
 */
#include <string.h>

#include "mdm_fleet.h"

void mdm_fleet_size(const mdm_fleet *fleet, mdm_size *size)
{
    MDM_READS(fleet);
    const mdm_class_table *classes = &fleet->classes;
    const mdm_row_table *rows = &fleet->rows;
    size_t row_cells = rows->next.capacity + classes->row_of.capacity +
                       classes->zones.free.capacity;
    size_t bytes = fleet->arena.bytes + fleet->scratch.bytes + mdm_texts_bytes(&fleet->members) +
                   mdm_lists_bytes(&fleet->lists) +
                   classes->capacity * sizeof *classes->at +
                   classes->n_slots * sizeof *classes->slots +
                   classes->hashes.capacity * sizeof *classes->hashes.at +
                   classes->live.capacity * sizeof *classes->live.at;
    *size = (mdm_size){rows->n, rows->n_devices, classes->n_live, 0, 0, 0, 0};
    for (size_t i = 0; i < fleet->lists.texts.n; i++) {
        size->n_lists += fleet->lists.at[i].n_classes > 0;
    }
    for (size_t c = 1; c < classes->n && !classes->is_flat; c++) {
        const uint32_t capacity = classes->at[c].capacity;
        row_cells += capacity == MDM_FREE_CLASS ? 0 : capacity;
    }
    for (size_t i = 0; i < fleet->scheme.n_attributes; i++) {
        bytes += mdm_dictionary_bytes(&fleet->dictionaries[i]);
    }
    size->row_bytes = row_cells * sizeof(uint32_t) +
                      rows->class_of.capacity *
                          (rows->class_of.is_wide ? sizeof(uint32_t) : sizeof(uint16_t));
    size->row_bytes += (classes->zones.pages.capacity + classes->zones.blocks.capacity) *
                       sizeof(mdm_zone);
    *(classes->is_flat ? &size->row_bytes : &bytes) += mdm_columns_bytes(&classes->columns);
    size->name_bytes = fleet->names.capacity + rows->name.capacity * sizeof *rows->name.at;
    size->dictionary_bytes = bytes;
}

size_t mdm_row_count(const mdm_fleet *fleet)
{
    MDM_READS(fleet);
    return fleet->rows.n;
}

size_t mdm_device_count(const mdm_fleet *fleet)
{
    MDM_READS(fleet);
    return fleet->rows.n_devices;
}

uint32_t mdm_code_count(const mdm_fleet *fleet, size_t attribute)
{
    if (fleet == NULL || attribute >= fleet->scheme.n_attributes) {
        return 0;
    }
    MDM_READS(fleet);
    /* What an open reader has added is not there yet. */
    return 1 + (uint32_t)(fleet->read_from == NULL ? fleet->dictionaries[attribute].texts.n
                                                   : fleet->read_from->n_codes[attribute]);
}

static bool is_used(const mdm_fleet *fleet, uint32_t row)
{
    return row < fleet->rows.n && mdm_row_class(fleet, row) != 0;
}

mdm_status mdm_name(const mdm_fleet *fleet, uint32_t row, char *name, size_t name_capacity,
                    size_t *name_len)
{
    mdm_text text = {"", 0};
    if (fleet == NULL || name_len == NULL || (name == NULL && name_capacity > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(fleet);
    if (!is_used(fleet, row)) {
        return MDM_NO_ROW;
    }
    if (fleet->keeps_names) {
        text = mdm_names_get(fleet, fleet->rows.name.at[row]);
    }
    *name_len = text.len;
    if (text.len > name_capacity) {
        return MDM_NO_SPACE;
    }
    if (text.len > 0) {
        memcpy(name, text.at, text.len);
    }
    return MDM_OK;
}

mdm_status mdm_classes(const mdm_fleet *fleet, uint32_t *classes, size_t classes_len)
{
    uint32_t *dense = NULL;
    uint32_t n = 0;
    if (fleet == NULL || (classes == NULL && classes_len > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(fleet);
    if (classes_len < fleet->rows.n) {
        return MDM_NO_SPACE;
    }
    dense = mdm_resize(&fleet->memory, NULL, 0, fleet->classes.n, sizeof *dense);
    if (dense == NULL) {
        return MDM_NO_MEMORY;
    }
    for (size_t c = 0; c < fleet->classes.n; c++) {
        dense[c] = mdm_class_is_live(fleet, c) ? n++ : UINT32_MAX;
    }
    for (size_t row = 0; row < fleet->rows.n; row++) {
        MDM_HOLDS(classes != NULL); /* as there are rows */
        classes[row] = dense[mdm_row_class(fleet, row)];
    }
    mdm_resize(&fleet->memory, dense, fleet->classes.n, 0, sizeof *dense);
    return MDM_OK;
}

mdm_status mdm_codes(const mdm_fleet *fleet, size_t attribute, uint32_t *codes, size_t codes_len)
{
    size_t n = 0;
    if (fleet == NULL || attribute >= fleet->scheme.n_attributes ||
        (codes == NULL && codes_len > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(fleet);
    if (codes_len < fleet->classes.n_live) {
        return MDM_NO_SPACE;
    }
    for (size_t c = 1; c < fleet->classes.n; c++) {
        if (mdm_class_is_live(fleet, c)) {
            MDM_HOLDS(codes != NULL); /* as there are classes */
            codes[n++] = mdm_code(&fleet->classes.columns, attribute, c);
        }
    }
    return MDM_OK;
}

/* ---- Descriptions ---- */

/* Counts all that is put, and writes what fits. */
typedef struct paper {
    char *at;
    size_t capacity;
    size_t n;
} paper;

static void put(paper *to, mdm_text text)
{
    if (to->n < to->capacity && text.len > 0) {
        const size_t room = to->capacity - to->n;
        memcpy(to->at + to->n, text.at, text.len < room ? text.len : room);
    }
    to->n += text.len;
}

static void put_plain(paper *to, const char *text)
{
    put(to, (mdm_text){text, strlen(text)});
}

static void put_string(paper *to, mdm_text text)
{
    static const char hex[] = "0123456789abcdef";
    size_t begin = 0;
    put_plain(to, "\"");
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        const char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        put(to, (mdm_text){text.at + begin, i - begin});
        if (c < 0x20) {
            put(to, (mdm_text){escape, sizeof escape});
            begin = i + 1;
        } else {
            put_plain(to, "\\");
            begin = i;
        }
    }
    put(to, (mdm_text){text.at + begin, text.len - begin});
    put_plain(to, "\"");
}

static void put_self(paper *to, const mdm_fleet *fleet, uint32_t class)
{
    bool is_first = true;
    put_plain(to, "\"self\":{");
    for (size_t i = 0; i < fleet->scheme.n_attributes; i++) {
        const mdm_attribute *attribute = &fleet->scheme.attributes[i];
        const uint32_t code = mdm_code(&fleet->classes.columns, i, class);
        const mdm_entry *entry = code == 0 ? NULL : &fleet->dictionaries[i].texts.at[code - 1];
        if (entry == NULL) {
            continue;
        }
        put_plain(to, is_first ? "" : ",");
        is_first = false;
        put_string(to, (mdm_text){attribute->name, attribute->name_len});
        put_plain(to, ":");
        if (attribute->kind == MDM_INT) {
            put(to, (mdm_text){entry->at, entry->len});
        } else {
            put_string(to, (mdm_text){entry->at, entry->len});
        }
    }
    put_plain(to, "}");
}

mdm_status mdm_description(const mdm_fleet *fleet, uint32_t row, char *text, size_t text_capacity,
                           size_t *text_len)
{
    paper to = {text, text_capacity, 0};
    uint32_t class = 0;
    uint32_t list = 0;
    if (fleet == NULL || text_len == NULL || (text == NULL && text_capacity > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(fleet);
    if (!is_used(fleet, row)) {
        return MDM_NO_ROW;
    }
    class = mdm_row_class(fleet, row);
    list = mdm_code(&fleet->classes.columns, fleet->scheme.n_attributes, class);
    put_plain(&to, "{");
    if (fleet->keeps_names && fleet->rows.name.at[row] != MDM_NO_NAME) {
        put_plain(&to, "\"name\":");
        put_string(&to, mdm_names_get(fleet, fleet->rows.name.at[row]));
        put_plain(&to, ",");
    }
    put_self(&to, fleet, class);
    if (list != 0) {
        const mdm_entry *entry = &fleet->lists.texts.at[list - 1];
        put_plain(&to, ",\"compatible\":");
        put(&to, (mdm_text){entry->at, entry->len});
    }
    put_plain(&to, "}");
    *text_len = to.n;
    return to.n > text_capacity ? MDM_NO_SPACE : MDM_OK;
}
