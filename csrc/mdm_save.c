/*
 * A fleet as bytes, in pieces. Classes that are not in use are left out, and the others numbered
 * anew.
 */
#include "mdm_saver.h"

uint64_t mdm_scheme_fingerprint(const mdm_scheme *scheme)
{
    mdm_checksum checksum = {0, 0, 0};
    mdm_checksum_word(&checksum, scheme->n_attributes);
    mdm_checksum_word(&checksum, (uint64_t)scheme->missing << 32 | (uint64_t)scheme->unlisted);
    mdm_checksum_word(&checksum, scheme->floor_division != 0);
    for (size_t i = 0; i < scheme->n_attributes; i++) {
        const mdm_attribute *at = &scheme->attributes[i];
        mdm_checksum_word(&checksum, (uint64_t)at->kind << 32 | (uint64_t)at->relation);
        mdm_checksum_word(&checksum, (uint64_t)at->of << 32 | (uint64_t)at->missing);
        mdm_checksum_word(&checksum, (uint64_t)at->name_len << 1 | (at->required != 0));
        for (size_t j = 0; j < at->name_len; j++) {
            mdm_checksum_word(&checksum, (unsigned char)at->name[j]);
        }
    }
    return checksum.sum;
}

/* ---- Made ---- */

static bool number_classes(mdm_saver *saver)
{
    const mdm_fleet *fleet = saver->fleet;
    uint32_t n = 0;
    saver->numbers = mdm_resize(&fleet->memory, NULL, 0, saver->n_classes, sizeof *saver->numbers);
    saver->live = mdm_resize(&fleet->memory, NULL, 0, saver->n_live + 1, sizeof *saver->live);
    if (saver->numbers == NULL || saver->live == NULL) {
        return false;
    }
    for (size_t class = 0; class < saver->n_classes; class++) {
        const bool is_live = mdm_class_is_live(fleet, class);
        if (is_live) {
            saver->live[n++] = (uint32_t)class;
        }
        saver->numbers[class] = is_live ? n : 0;
    }
    return true;
}

static bool copy_label(mdm_saver *saver, mdm_text label)
{
    saver->label = mdm_resize(&saver->fleet->memory, NULL, 0, label.len + 1, 1);
    if (saver->label == NULL) {
        return false;
    }
    memcpy(saver->label, label.at, label.len);
    saver->label_len = label.len;
    return true;
}

mdm_status mdm_saver_new(const mdm_fleet *fleet, const char *label, size_t label_len,
                         mdm_saver **made)
{
    mdm_saver *saver = NULL;
    if (fleet == NULL || made == NULL || (label == NULL && label_len > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(fleet);
    if (fleet->read_from != NULL) {
        return MDM_BAD_ARGUMENT;
    }
    saver = mdm_resize(&fleet->memory, NULL, 0, 1, sizeof *saver);
    if (saver == NULL) {
        return MDM_NO_MEMORY;
    }
    memset(saver, 0, sizeof *saver);
    saver->fleet = fleet;
    saver->generation = fleet->generation;
    saver->n_classes = fleet->classes.n;
    saver->n_live = fleet->classes.n_live;
    saver->free_row = fleet->rows.free;
    if (!number_classes(saver) || !copy_label(saver, mdm_given(label, label_len))) {
        mdm_saver_free(saver);
        return MDM_NO_MEMORY;
    }
    *made = saver;
    return MDM_OK;
}

void mdm_saver_free(mdm_saver *saver)
{
    const mdm_allocator *memory = NULL;
    if (saver == NULL) {
        return;
    }
    memory = &saver->fleet->memory;
    if (saver->numbers != NULL) {
        mdm_resize(memory, saver->numbers, saver->n_classes, 0, sizeof *saver->numbers);
    }
    if (saver->live != NULL) {
        mdm_resize(memory, saver->live, saver->n_live + 1, 0, sizeof *saver->live);
    }
    if (saver->label != NULL) {
        mdm_resize(memory, saver->label, saver->label_len + 1, 0, 1);
    }
    mdm_resize(memory, saver, 1, 0, sizeof *saver);
}

/* ---- Pieces ---- */

static void put(mdm_saver *saver, size_t width, uint64_t number)
{
    mdm_put_number(saver->piece + saver->n_piece, width, number);
    saver->n_piece += width;
}

static void put_head(mdm_saver *saver)
{
    const mdm_fleet *fleet = saver->fleet;
    const bool is_flat = fleet->classes.is_flat;
    mdm_checksum checksum = {0, 0, 0};
    memcpy(saver->piece, MDM_SAVED_MAGIC, 8);
    saver->n_piece = 8;
    put(saver, 4, MDM_SAVED_VERSION);
    put(saver, 4, fleet->scheme.n_attributes);
    put(saver, 8, mdm_scheme_fingerprint(&fleet->scheme));
    put(saver, 8, fleet->rows.n);
    put(saver, 8, saver->n_live);
    put(saver, 8, fleet->classes.n_weighed);
    put(saver, 8, fleet->classes.n_unsorted);
    put(saver, 4,
        (is_flat ? MDM_SAVED_FLAT : 0) | (fleet->keeps_names ? MDM_SAVED_NAMES : 0));
    put(saver, 4, (uint64_t)fleet->layout);
    mdm_checksum_add(&checksum, saver->piece, saver->n_piece);
    put(saver, 8, checksum.sum);
    mdm_saver_begin(saver, 0);
    saver->stage = MDM_STAGE_SECTION;
}

static void put_section_head(mdm_saver *saver)
{
    put(saver, 4, saver->section.number);
    put(saver, 4, saver->section.width);
    put(saver, 8, saver->section.n);
    put(saver, 8, saver->section.n_text);
    mdm_checksum_add(&saver->checksum, saver->piece, saver->n_piece);
    saver->n_done = 0;
    saver->stage = MDM_STAGE_NUMBERS;
}

static void put_numbers(mdm_saver *saver)
{
    uint32_t numbers[MDM_PIECE / 4];
    const size_t most = saver->section.width == 0 ? 0 : MDM_PIECE / 4;
    const uint64_t left = saver->section.n - saver->n_done;
    const size_t n = left < most ? (size_t)left : most;
    if (n == 0) {
        saver->n_done = 0;
        saver->n_text = 0;
        saver->stage = saver->section.n_text > 0 ? MDM_STAGE_TEXT : MDM_STAGE_END;
        return;
    }
    mdm_saver_numbers(saver, n, numbers);
    for (size_t i = 0; i < n; i++) {
        mdm_put_code(saver->piece + i * saver->section.width, saver->section.width, numbers[i]);
    }
    saver->n_piece = n * saver->section.width;
    saver->n_done += n;
    mdm_checksum_add(&saver->checksum, saver->piece, saver->n_piece);
}

static void put_text(mdm_saver *saver)
{
    while (saver->n_done < saver->section.n && saver->n_piece < MDM_PIECE) {
        const mdm_text text = mdm_saver_text(saver, (size_t)saver->n_done);
        const size_t left = text.len - saver->n_text;
        const size_t room = MDM_PIECE - saver->n_piece;
        const size_t n = left < room ? left : room;
        memcpy(saver->piece + saver->n_piece, text.at + saver->n_text, n);
        saver->n_piece += n;
        saver->n_text += n;
        if (saver->n_text == text.len) {
            saver->n_done++;
            saver->n_text = 0;
        }
    }
    mdm_checksum_add(&saver->checksum, saver->piece, saver->n_piece);
    if (saver->n_done == saver->section.n) {
        saver->stage = MDM_STAGE_END;
    }
}

static void put_end(mdm_saver *saver)
{
    const size_t n_sections = MDM_SECTION_NAMES(saver->fleet->scheme.n_attributes) + 1;
    const size_t next = (size_t)saver->section.number + 1;
    while (saver->checksum.n != 0) {
        put(saver, 1, 0);
        mdm_checksum_byte(&saver->checksum, 0);
    }
    put(saver, 8, saver->checksum.sum);
    saver->stage = next == n_sections ? MDM_STAGE_DONE : MDM_STAGE_SECTION;
    if (next < n_sections) {
        mdm_saver_begin(saver, next);
    }
}

static void put_piece(mdm_saver *saver)
{
    static void (*const puts[])(mdm_saver *) = {put_head, put_section_head, put_numbers, put_text,
                                                put_end};
    saver->n_piece = saver->n_given = 0;
    while (saver->n_piece == 0 && saver->stage != MDM_STAGE_DONE) {
        puts[saver->stage](saver);
    }
}

mdm_status mdm_saver_next(mdm_saver *saver, char *bytes, size_t bytes_capacity, size_t *n_bytes)
{
    size_t n = 0;
    if (saver == NULL || bytes == NULL || bytes_capacity == 0 || n_bytes == NULL) {
        return MDM_BAD_ARGUMENT;
    }
    MDM_READS(saver->fleet);
    if (saver->generation != saver->fleet->generation || saver->fleet->read_from != NULL) {
        return MDM_STALE;
    }
    while (n < bytes_capacity) {
        size_t taken = saver->n_piece - saver->n_given;
        if (taken == 0) {
            put_piece(saver);
            taken = saver->n_piece;
        }
        if (taken == 0) {
            break;
        }
        taken = taken < bytes_capacity - n ? taken : bytes_capacity - n;
        memcpy(bytes + n, saver->piece + saver->n_given, taken);
        saver->n_given += taken;
        n += taken;
    }
    *n_bytes = n;
    return MDM_OK;
}
