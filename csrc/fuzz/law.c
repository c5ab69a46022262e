/*
 * What the fuzz targets share.
 */
#define _POSIX_C_SOURCE 200809L

#include "law.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void law_broken(const char *file, int line, const char *condition)
{
    const char *path = getenv("MDM_PATH");
    fprintf(stderr, "%s:%d: law broken on path %s: %s\n", file, line,
            path == NULL ? "by default" : path, condition);
    abort();
}

/* ---- The input ---- */

uint8_t law_byte(law_bytes *bytes)
{
    if (bytes->left == 0) {
        return 0;
    }
    bytes->left--;
    return *bytes->at++;
}

uint32_t law_below(law_bytes *bytes, uint32_t n)
{
    return law_byte(bytes) % n;
}

/* ---- Paths ---- */

static const mdm_attribute attributes[LAW_ATTRIBUTES] = {
    {"a", 1, MDM_STRING, MDM_UNRELATED, 0, MDM_UNDECIDED, 0},
    {"b", 1, MDM_INT, MDM_UNRELATED, 1, MDM_NO, 0},
    {"c", 1, MDM_SET, MDM_UNRELATED, 2, MDM_YES, 0},
    {"d", 1, MDM_VERSION, MDM_UNRELATED, 3, MDM_UNDECIDED, 0},
    {"e", 1, MDM_PCI_ID, MDM_UNRELATED, 4, MDM_NO, 0},
    {"f", 1, MDM_RATIO, MDM_UNRELATED, 5, MDM_UNDECIDED, 0},
    {"g", 1, MDM_STRING, MDM_UNRELATED, 6, MDM_YES, 0},
};

const mdm_scheme law_scheme = {attributes,    LAW_ATTRIBUTES, MDM_BOTH, MDM_UNDECIDED,
                               MDM_UNDECIDED, 0};

static int has_path(mdm_path path)
{
    mdm_fleet *fleet = NULL;
    int has = 0;
    LAW(setenv("MDM_PATH", mdm_path_text(path), 1) == 0);
    LAW(mdm_fleet_new(&law_scheme, 0, &law_memory, &fleet) == MDM_OK);
    has = mdm_fleet_path(fleet) == path;
    mdm_fleet_free(fleet);
    return has;
}

static void run_once(law_target *target, const uint8_t *data, size_t size)
{
    law_memory_begin();
    target((law_bytes){data, size});
    law_memory_end();
}

void law_on_every_path(law_target *target, const uint8_t *data, size_t size)
{
    static int is_fixed = -1;
    static int has[MDM_PATH_NEON + 1];
    if (is_fixed < 0) {
        is_fixed = getenv("MDM_PATH") != NULL;
        for (int path = 0; path <= MDM_PATH_NEON && !is_fixed; path++) {
            has[path] = has_path((mdm_path)path);
        }
    }
    if (is_fixed) {
        run_once(target, data, size);
        return;
    }
    for (int path = 0; path <= MDM_PATH_NEON; path++) {
        if (has[path]) {
            LAW(setenv("MDM_PATH", mdm_path_text((mdm_path)path), 1) == 0);
            law_memory_forget();
            run_once(target, data, size);
        }
    }
}

/* ---- Texts ---- */

void law_put(law_paper *paper, const void *at, size_t len)
{
    LAW(len <= paper->capacity - paper->n);
    if (len > 0) {
        memcpy(paper->at + paper->n, at, len);
    }
    paper->n += len;
}

void law_put_plain(law_paper *paper, const char *text)
{
    law_put(paper, text, strlen(text));
}

void law_put_json(law_paper *paper, const char *at, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    law_put_plain(paper, "\"");
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)at[i];
        const char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (c < 0x20) {
            law_put(paper, escape, sizeof escape);
            continue;
        }
        if (c == '"' || c == '\\') {
            law_put_plain(paper, "\\");
        }
        law_put(paper, at + i, 1);
    }
    law_put_plain(paper, "\"");
}

/* ---- Fleets ---- */

static char sight[2][1 << 20];

static uint64_t mix_number(uint64_t sum, uint64_t number)
{
    sum = (sum ^ number) * 0x9e3779b97f4a7c15U;
    return sum ^ sum >> 29;
}

static uint64_t mix(uint64_t sum, const char *at, size_t len)
{
    uint64_t word = 0;
    for (; len >= sizeof word; len -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sum = mix_number(sum, word);
    }
    word = 0;
    if (len > 0) {
        memcpy(&word, at, len);
    }
    return mix_number(sum, word ^ (uint64_t)len << 56);
}

/* Bytes in a row, in time for what is read often. */
uint64_t law_number(const char *at, size_t width)
{
    const uint8_t *bytes = (const uint8_t *)at;
    uint64_t number = 0;
    switch (width) {
    case 1:
        return bytes[0];
    case 2:
        return bytes[0] | (uint64_t)bytes[1] << 8;
    case 4:
        return bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
               (uint64_t)bytes[3] << 24;
    default:
        for (size_t i = 0; i < width; i++) {
            number |= (uint64_t)bytes[i] << 8 * i;
        }
        return number;
    }
}

/* Sections without the widths of their numbers: a column that was wide for a reader that is gone is
   the same column. */
static uint64_t mix_saved(uint64_t sum, const char *bytes, size_t n_bytes)
{
    size_t at = LAW_HEAD;
    sum = mix(sum, bytes, LAW_HEAD);
    while (at < n_bytes) {
        const size_t width = (size_t)law_number(bytes + at + 4, 4);
        const size_t n = (size_t)law_number(bytes + at + 8, 8);
        const size_t n_text = (size_t)law_number(bytes + at + 16, 8);
        const char *numbers = bytes + at + LAW_SECTION_HEAD;
        for (size_t i = 0; i < n; i++) {
            sum = mix_number(sum, law_number(numbers + i * width, width));
        }
        sum = mix(mix_number(sum, n), numbers + n * width, n_text);
        at += (LAW_SECTION_HEAD + n * width + n_text + 7) / 8 * 8 + 8;
    }
    LAW(at == n_bytes);
    return sum;
}

static size_t save(const mdm_fleet *fleet, law_paper *paper)
{
    mdm_saver *saver = NULL;
    size_t n = 1;
    LAW(mdm_saver_new(fleet, "law", 3, &saver) == MDM_OK);
    while (n > 0) {
        LAW(mdm_saver_next(saver, paper->at + paper->n, paper->capacity - paper->n, &n) == MDM_OK);
        paper->n += n;
    }
    mdm_saver_free(saver);
    LAW(paper->n < paper->capacity);
    return paper->n;
}

char *law_save(const mdm_fleet *fleet, size_t *n_bytes)
{
    law_paper paper = {sight[0], sizeof sight[0], 0};
    *n_bytes = save(fleet, &paper);
    return law_block(paper.at, paper.n);
}

int law_put_row(law_paper *paper, const mdm_fleet *fleet, uint32_t row)
{
    size_t len = 0;
    const mdm_status status = mdm_description(fleet, row, paper->at + paper->n,
                                              paper->capacity - paper->n, &len);
    LAW(status == MDM_OK || status == MDM_NO_ROW);
    paper->n += status == MDM_OK ? len : 0;
    return status == MDM_OK;
}

uint64_t law_checksum(const mdm_fleet *fleet)
{
    law_paper paper = {sight[0], sizeof sight[0], 0};
    mdm_size size;
    uint64_t sum = mix_saved(0, paper.at, save(fleet, &paper));
    paper.n = 0;
    for (uint32_t row = 0; row < mdm_row_count(fleet); row++) {
        law_put_plain(&paper, law_put_row(&paper, fleet, row) ? "\n" : "-");
    }
    mdm_fleet_size(fleet, &size);
    sum = mix(sum ^ (size.n_lists * 31 + size.n_classes), paper.at, paper.n);
    for (size_t i = 0; i < LAW_ATTRIBUTES; i++) {
        sum = sum * 31 + mdm_code_count(fleet, i);
    }
    return sum * 31 + (uint64_t)mdm_fleet_layout(fleet);
}

mdm_fleet *law_empty(size_t which)
{
    mdm_fleet *fleet = NULL;
    (void)which;
    LAW(mdm_fleet_new(&law_scheme, 1, &law_memory, &fleet) == MDM_OK);
    return fleet;
}

void law_same_rows(const mdm_fleet *left, const mdm_fleet *right)
{
    const size_t n = mdm_row_count(left);
    LAW(mdm_row_count(right) == n && mdm_device_count(left) == mdm_device_count(right));
    for (uint32_t row = 0; row < n; row++) {
        law_paper papers[2] = {{sight[0], sizeof sight[0], 0}, {sight[1], sizeof sight[1], 0}};
        const int has = law_put_row(&papers[0], left, row);
        LAW(law_put_row(&papers[1], right, row) == has && papers[0].n == papers[1].n);
        LAW(memcmp(papers[0].at, papers[1].at, papers[0].n) == 0);
    }
}

void law_same_answers(const mdm_fleet *left, const mdm_fleet *right, const char *text, size_t len)
{
    mdm_query *queries[2] = {NULL, NULL};
    mdm_fault faults[2] = {{0, 0}, {0, 0}};
    const size_t n = (mdm_row_count(left) + 7) / 8;
    const mdm_status status =
        mdm_query_new(left, text, len, MDM_NOBODY, 1, &queries[0], &faults[0]);
    LAW(mdm_query_new(right, text, len, MDM_NOBODY, 1, &queries[1], &faults[1]) == status);
    LAW(faults[0].offset == faults[1].offset && n <= sizeof sight[0]);
    for (int i = 0; i < 3 && status == MDM_OK; i++) {
        static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};
        LAW(mdm_bitmap(queries[0], verdicts[i], (uint8_t *)sight[0], n) == MDM_OK);
        LAW(mdm_bitmap(queries[1], verdicts[i], (uint8_t *)sight[1], n) == MDM_OK);
        LAW(memcmp(sight[0], sight[1], n) == 0);
    }
    mdm_query_free(queries[0]);
    mdm_query_free(queries[1]);
}
