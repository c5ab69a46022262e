/*
 * A fleet from bytes. They may come from anywhere: every length, code and number is checked
 * before it is used, also where the checksums are right.
 */
#include "mdm_loader.h"

mdm_status mdm_load_refuse(const mdm_loader *loader, const char *at, const char *what)
{
    if (loader->flaw != NULL) {
        *loader->flaw = (mdm_flaw){what, (size_t)(at - loader->given.at), ""};
    }
    return MDM_BAD_DATA;
}

static mdm_status refuse_end(const mdm_loader *loader)
{
    return mdm_load_refuse(loader, loader->given.at + loader->given.len,
                           "the saved fleet ends too early");
}

/* ---- The head ---- */

static uint64_t take(const char **at, size_t width)
{
    const uint64_t number = mdm_get_number(*at, width);
    *at += width;
    return number;
}

static mdm_status load_head(mdm_loader *loader)
{
    const char *begin = loader->given.at;
    const char *at = begin + 12;
    mdm_saved_head *head = &loader->head;
    mdm_checksum checksum = {0, 0, 0};
    if (loader->given.len < 8 || memcmp(begin, MDM_SAVED_MAGIC, 8) != 0) {
        return loader->given.len < 8 && memcmp(begin, MDM_SAVED_MAGIC, loader->given.len) == 0
                   ? refuse_end(loader)
                   : mdm_load_refuse(loader, begin, "no saved fleet");
    }
    if (loader->given.len < MDM_SAVED_HEAD) {
        return refuse_end(loader);
    }
    if (mdm_get_number(begin + 8, 4) != MDM_SAVED_VERSION) {
        return mdm_load_refuse(loader, begin + 8, "a version of saved fleets that is not known");
    }
    mdm_checksum_add(&checksum, begin, MDM_SAVED_HEAD - 8);
    if (mdm_get_number(begin + MDM_SAVED_HEAD - 8, 8) != checksum.sum) {
        return mdm_load_refuse(loader, begin, "the head is not as it was saved");
    }
    head->n_attributes = (uint32_t)take(&at, 4);
    head->fingerprint = take(&at, 8);
    head->n_rows = take(&at, 8);
    head->n_classes = take(&at, 8);
    head->n_weighed = take(&at, 8);
    head->n_unsorted = take(&at, 8);
    head->flags = (uint32_t)take(&at, 4);
    head->layout = (uint32_t)take(&at, 4);
    loader->at = MDM_SAVED_HEAD;
    return MDM_OK;
}

static mdm_status check_head(const mdm_loader *loader)
{
    const mdm_saved_head *head = &loader->head;
    const bool is_flat = (head->flags & MDM_SAVED_FLAT) != 0;
    const char *begin = loader->given.at;
    if (head->n_rows >= UINT32_MAX) {
        return MDM_TOO_MANY;
    }
    /* Each row takes a byte at least, so that no small file asks for much memory. */
    if (head->n_rows > loader->given.len) {
        return mdm_load_refuse(loader, begin + 24, "more rows than there are bytes");
    }
    if (head->n_classes > head->n_rows || head->n_classes >= UINT32_MAX / 2) {
        return mdm_load_refuse(loader, begin + 32, "more classes than there can be");
    }
    if (head->n_weighed > UINT32_MAX || head->n_unsorted > UINT32_MAX) {
        return mdm_load_refuse(loader, begin + 40, "more devices than there can be");
    }
    if ((head->flags & ~(MDM_SAVED_FLAT | MDM_SAVED_NAMES)) != 0 ||
        head->layout > MDM_LAYOUT_FLAT ||
        head->layout == (is_flat ? MDM_LAYOUT_CLASSES : MDM_LAYOUT_FLAT)) {
        return mdm_load_refuse(loader, begin + 56, "a layout that cannot be");
    }
    return MDM_OK;
}

/* ---- Sections ---- */

static mdm_status take_section_head(mdm_loader *loader, size_t number, uint32_t width)
{
    const char *begin = loader->given.at + loader->at;
    const char *at = begin;
    mdm_section *section = &loader->section;
    if (loader->given.len - loader->at < MDM_SECTION_HEAD + 8) {
        return refuse_end(loader);
    }
    *section = (mdm_section){.number = (uint32_t)take(&at, 4), .width = (uint32_t)take(&at, 4)};
    section->n = take(&at, 8);
    section->n_text = take(&at, 8);
    if (section->number != number || section->width > 4 || section->width == 3 ||
        (width > 0 && section->width != width)) {
        return mdm_load_refuse(loader, begin, "a section that is not the next one");
    }
    return MDM_OK;
}

mdm_status mdm_load_section(mdm_loader *loader, size_t number, uint32_t width)
{
    const char *begin = loader->given.at + loader->at;
    const mdm_section *section = &loader->section;
    mdm_checksum checksum = {0, 0, 0};
    size_t left = 0;
    size_t n = MDM_SECTION_HEAD;
    uint64_t n_bytes = 0; /* of numbers */
    const mdm_status status = take_section_head(loader, number, width);
    if (status != MDM_OK) {
        return status;
    }
    left = loader->given.len - loader->at - (MDM_SECTION_HEAD + 8);
    n_bytes = section->n * section->width;
    if (section->n > UINT32_MAX || n_bytes > left) {
        return refuse_end(loader);
    }
    //@ split n_bytes;
    left -= (size_t)n_bytes;
    if (section->n_text > left) {
        return refuse_end(loader);
    }
    left -= (size_t)section->n_text;
    n += (size_t)(n_bytes + section->n_text);
    //@ split n;
    if ((0 - n) % 8 > left) {
        return refuse_end(loader);
    }
    loader->numbers = begin + MDM_SECTION_HEAD;
    loader->text = loader->numbers + n_bytes;
    for (size_t end = n; end % 8 != 0; end++) {
        if (begin[end] != 0) {
            return mdm_load_refuse(loader, begin + end, "a byte between sections");
        }
    }
    n += (0 - n) % 8;
    mdm_checksum_add(&checksum, begin, n);
    if (checksum.sum != mdm_get_number(begin + n, 8)) {
        return mdm_load_refuse(loader, begin, "a section that is not as it was saved");
    }
    loader->at += n + 8;
    return MDM_OK;
}

mdm_status mdm_load_numbers(mdm_loader *loader, size_t number, uint32_t width, size_t n)
{
    const mdm_status status = mdm_load_section(loader, number, width);
    if (status == MDM_OK && (loader->section.n != n || loader->section.n_text > 0)) {
        return mdm_load_refuse(loader, loader->numbers, "not as many numbers as the head tells");
    }
    return status;
}

static mdm_status load_label(mdm_loader *loader, mdm_text *label)
{
    const mdm_status status = mdm_load_section(loader, MDM_SECTION_LABEL, 4);
    if (status != MDM_OK) {
        return status;
    }
    if (loader->section.n != 1 || mdm_load_number(loader, 0) != loader->section.n_text) {
        return mdm_load_refuse(loader, loader->numbers, "a label that does not fill its section");
    }
    *label = (mdm_text){loader->text, (size_t)loader->section.n_text};
    return MDM_OK;
}

/* ---- Texts ---- */

static mdm_status intern(mdm_loader *loader, mdm_parser *parser, mdm_text text, uint32_t *code)
{
    const size_t n = loader->fleet->scheme.n_attributes;
    const size_t number = loader->section.number;
    mdm_arena_reset(&loader->fleet->scratch);
    return number == MDM_SECTION_LISTS(n)
               ? mdm_list_intern_raw(parser, text, code)
               : mdm_value_intern_raw(parser, number - MDM_SECTION_VALUES, text, code);
}

static mdm_status load_texts(mdm_loader *loader, size_t number, uint32_t width)
{
    mdm_parser parser = mdm_parser_growing(loader->fleet);
    mdm_status status = mdm_load_section(loader, number, width);
    mdm_text left = {NULL, 0};
    if (status != MDM_OK) {
        return status;
    }
    left = (mdm_text){loader->text, (size_t)loader->section.n_text};
    for (size_t i = 0; i < loader->section.n; i++) {
        const mdm_text text = {left.at, mdm_load_number(loader, i)};
        uint32_t code = 0;
        if (text.len > left.len) {
            return mdm_load_refuse_number(loader, i, "a text that is longer than its section");
        }
        status = intern(loader, &parser, text, &code);
        if (status == MDM_BAD_TEXT) {
            return mdm_load_refuse(loader, text.at, "a value or list that is none");
        }
        if (status != MDM_OK) {
            return status;
        }
        if (code != i + 1) {
            return mdm_load_refuse(loader, text.at, "a value or list for the second time");
        }
        left.at += text.len;
        left.len -= text.len;
    }
    return left.len == 0 ? MDM_OK
                         : mdm_load_refuse(loader, left.at, "a text that no length counts");
}

/* ---- The fleet ---- */

static mdm_status load_contents(mdm_loader *loader, bool keeps_names)
{
    const size_t n = loader->fleet->scheme.n_attributes;
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < n && status == MDM_OK; i++) {
        status = load_texts(loader, MDM_SECTION_VALUES + i, 2);
    }
    if (status == MDM_OK) {
        status = load_texts(loader, MDM_SECTION_LISTS(n), 4);
    }
    if (status == MDM_OK) {
        status = mdm_load_rows(loader);
    }
    if (status == MDM_OK) {
        status = mdm_load_free_rows(loader);
    }
    if (status == MDM_OK) {
        status = mdm_load_names(loader, keeps_names);
    }
    if (status == MDM_OK && loader->at != loader->given.len) {
        status = mdm_load_refuse(loader, loader->given.at + loader->at,
                                 "bytes behind the end of the saved fleet");
    }
    return status;
}

static mdm_status check_scheme(mdm_loader *loader, const mdm_scheme *scheme, mdm_text label)
{
    mdm_text saved = {NULL, 0};
    mdm_status status = load_label(loader, &saved);
    if (status != MDM_OK) {
        return status;
    }
    return loader->head.n_attributes == scheme->n_attributes &&
                   loader->head.fingerprint == mdm_scheme_fingerprint(scheme) &&
                   saved.len == label.len && memcmp(saved.at, label.at, label.len) == 0
               ? MDM_OK
               : MDM_OTHER_SCHEME;
}

mdm_status mdm_fleet_load(const mdm_scheme *scheme, int keep_names, const mdm_allocator *allocator,
                          const char *label, size_t label_len, const char *bytes, size_t bytes_len,
                          mdm_fleet **fleet, mdm_flaw *flaw)
{
    mdm_loader loader = {.given = mdm_given(bytes, bytes_len), .flaw = flaw};
    mdm_status status = MDM_OK;
    if (fleet == NULL || (label == NULL && label_len > 0) || (bytes == NULL && bytes_len > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    status = mdm_fleet_new(scheme, keep_names, allocator, &loader.fleet);
    if (status != MDM_OK) {
        return status;
    }
    status = load_head(&loader);
    if (status == MDM_OK) {
        status = check_scheme(&loader, scheme, mdm_given(label, label_len));
    }
    if (status == MDM_OK) {
        status = check_head(&loader);
    }
    if (status == MDM_OK) {
        status = load_contents(&loader, keep_names != 0);
    }
    if (status != MDM_OK) {
        mdm_fleet_free(loader.fleet);
        return status;
    }
    loader.fleet->layout = (mdm_layout)loader.head.layout;
    loader.fleet->classes.n_weighed = (size_t)loader.head.n_weighed;
    loader.fleet->classes.n_unsorted = (size_t)loader.head.n_unsorted;
    mdm_dictionaries_settle(loader.fleet);
    mdm_classes_zone(loader.fleet);
    mdm_classes_sort(loader.fleet);
    mdm_arena_free(&loader.fleet->scratch);
    *fleet = loader.fleet;
    return MDM_OK;
}

mdm_status mdm_saved_label(const char *bytes, size_t bytes_len, const char **label,
                           size_t *label_len, mdm_flaw *flaw)
{
    mdm_loader loader = {.given = mdm_given(bytes, bytes_len), .flaw = flaw};
    mdm_text text = {NULL, 0};
    mdm_status status = MDM_OK;
    if (label == NULL || label_len == NULL || (bytes == NULL && bytes_len > 0)) {
        return MDM_BAD_ARGUMENT;
    }
    status = load_head(&loader);
    if (status == MDM_OK) {
        status = load_label(&loader, &text);
    }
    if (status == MDM_OK) {
        *label = text.at;
        *label_len = text.len;
    }
    return status;
}
