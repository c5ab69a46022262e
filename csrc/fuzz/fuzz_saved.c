/*
 * Saved fleets: a fleet is drawn and saved, its bytes are damaged as the input says, and, mostly,
 * the checksums set right again, so that the damage gets as far as it can.
 *
 * Law: whatever is loaded is the fleet that its own descriptions make, row by row and answer by
 * answer; it is saved as the same bytes from then on; and whatever is refused says why and where.
 */
#include "draw.h"

#define MOST_ADDED 16

static naive_heap heap;
static drawn device;

/* ---- A fleet ---- */

static mdm_fleet *draw_fleet(law_bytes *bytes)
{
    const uint8_t choice = law_byte(bytes);
    const size_t n = 1 + choice % 4U;
    mdm_fleet *fleet = law_kept(law_empty, 0);
    uint32_t row = 0;
    heap.n = 0;
    for (size_t i = 0; i < n; i++) {
        draw_description(bytes, &law_scheme, &heap, &device);
        LAW(device.answer != NAIVE_GOOD ||
            mdm_add(fleet, device.text, device.len, &row, NULL) == MDM_OK);
        if (device.answer == NAIVE_GOOD && (choice & 8) != 0) {
            LAW(mdm_add(fleet, device.text, device.len, &row, NULL) == MDM_OK);
        }
    }
    for (uint32_t i = 0; i < n && (choice & 16) != 0; i += 2) {
        LAW(i >= mdm_row_count(fleet) || mdm_remove(fleet, i) == MDM_OK);
    }
    LAW(mdm_fleet_lay_out(fleet, (mdm_layout)((choice >> 5) % 3)) == MDM_OK);
    return fleet;
}

/* ---- Damage ---- */

static void put(char *at, size_t width, uint64_t number)
{
    for (size_t i = 0; i < width; i++) {
        at[i] = (char)(uint8_t)(number >> 8 * i);
    }
}

/* As mdm.h says. */
static void seal(char *begin, size_t len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i += 8) {
        const uint64_t mixed = (sum ^ law_number(begin + i, 8)) * 0x9e3779b97f4a7c15U;
        sum = mixed << 29 | mixed >> 35;
    }
    put(begin + len, 8, sum);
}

/* Of the section that begins there, without its checksum; 0: it does not fit. */
static size_t section_len(const char *bytes, size_t n_bytes, size_t begin)
{
    uint64_t width = 0;
    uint64_t n = 0;
    uint64_t n_text = 0;
    if (n_bytes < begin || n_bytes - begin < LAW_SECTION_HEAD + 8) {
        return 0;
    }
    width = law_number(bytes + begin + 4, 4);
    n = law_number(bytes + begin + 8, 8);
    n_text = law_number(bytes + begin + 16, 8);
    if (width > 8 || n > n_bytes || n_text > n_bytes) {
        return 0;
    }
    n = (LAW_SECTION_HEAD + width * n + n_text + 7) / 8 * 8;
    return n <= n_bytes - begin - 8 ? (size_t)n : 0;
}

static void seal_all(char *bytes, size_t n_bytes)
{
    size_t begin = LAW_HEAD;
    size_t len = 0;
    if (n_bytes < LAW_HEAD) {
        return;
    }
    seal(bytes, LAW_HEAD - 8);
    while ((len = section_len(bytes, n_bytes, begin)) > 0) {
        seal(bytes + begin, len);
        begin += len + 8;
    }
}

/* Where a section begins, or what it holds first. */
static size_t draw_place(law_bytes *bytes, const char *saved, size_t n_bytes)
{
    const uint8_t choice = law_byte(bytes);
    size_t begin = LAW_HEAD;
    size_t len = 0;
    if (choice < 16) {
        return law_byte(bytes) % n_bytes;
    }
    for (size_t i = choice % 20U; i > 0; i--) {
        len = section_len(saved, n_bytes, begin);
        begin += len == 0 ? 0 : len + 8;
    }
    if (choice >= 128) {
        return (begin + LAW_SECTION_HEAD + law_below(bytes, 24)) % n_bytes;
    }
    return (begin + law_byte(bytes)) % n_bytes;
}

/* Returns how many bytes are left of them. */
static size_t damage(law_bytes *bytes, char *saved, size_t n_bytes)
{
    const uint8_t choice = law_byte(bytes);
    const size_t most = (choice & 3) == 3 ? n_bytes - law_byte(bytes) % n_bytes : n_bytes;
    for (size_t i = 0; i < 16 && bytes->left > 1; i++) {
        const size_t place = draw_place(bytes, saved, n_bytes);
        const uint8_t value = law_byte(bytes);
        saved[place] = (char)(uint8_t)((choice & 4) != 0 ? value : (uint8_t)saved[place] ^ value);
    }
    if ((choice & 24) != 0) {
        seal_all(saved, most);
    }
    return most;
}

/* ---- What was loaded ---- */

/* The same devices in the same rows, added one by one; free rows are given in another order. */
static mdm_fleet *rebuild(const mdm_fleet *loaded)
{
    static char line[1 << 16];
    static const char empty[] = "{\"self\":{}}";
    const size_t n = mdm_row_count(loaded);
    mdm_fleet *fleet = law_kept(law_empty, 1);
    uint32_t row = 0;
    for (uint32_t i = 0; i < n; i++) {
        law_paper paper = {line, sizeof line, 0};
        if (law_put_row(&paper, loaded, i)) {
            LAW(mdm_add(fleet, line, paper.n, &row, NULL) == MDM_OK && row == i);
        } else {
            LAW(mdm_add(fleet, empty, sizeof empty - 1, &row, NULL) == MDM_OK && row == i);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        law_paper paper = {line, sizeof line, 0};
        if (!law_put_row(&paper, loaded, i)) {
            LAW(mdm_remove(fleet, i) == MDM_OK);
        }
    }
    return fleet;
}

static void check_answers(const mdm_fleet *loaded, const mdm_fleet *rebuilt)
{
    static char line[1 << 16];
    for (uint32_t i = 0; i < mdm_row_count(loaded) && i < 2; i++) {
        law_paper paper = {line, sizeof line, 0};
        if (law_put_row(&paper, loaded, i)) {
            law_same_answers(loaded, rebuilt, line, paper.n);
        }
    }
}

static void check_saved_again(const mdm_fleet *loaded)
{
    size_t n_bytes[2] = {0, 0};
    char *bytes[2] = {NULL, NULL};
    mdm_fleet *again = NULL;
    bytes[0] = law_save(loaded, &n_bytes[0]);
    LAW(mdm_fleet_load(&law_scheme, 1, &law_memory, "law", 3, bytes[0], n_bytes[0], &again, NULL) ==
        MDM_OK);
    law_same_rows(loaded, again);
    bytes[1] = law_save(again, &n_bytes[1]);
    LAW(n_bytes[0] == n_bytes[1] && memcmp(bytes[0], bytes[1], n_bytes[0]) == 0);
    mdm_fleet_free(again);
    law_free(bytes[0]);
    law_free(bytes[1]);
}

/* Free rows are given, each once, and then new ones. */
static void check_changes(mdm_fleet *loaded, const mdm_fleet *rebuilt)
{
    const size_t n_rows = mdm_row_count(loaded);
    const size_t n_free = n_rows - mdm_device_count(loaded);
    uint32_t row = 0;
    char name[1];
    for (size_t i = 0; i < n_free && i < MOST_ADDED; i++) {
        size_t len = 0;
        LAW(mdm_add(loaded, "{\"self\":{\"b\":77}}", 17, &row, NULL) == MDM_OK);
        LAW(row < n_rows && mdm_name(rebuilt, row, name, 0, &len) == MDM_NO_ROW);
    }
    if (n_free <= MOST_ADDED) {
        LAW(mdm_add(loaded, "{\"self\":{\"b\":78}}", 17, &row, NULL) == MDM_OK && row == n_rows);
    }
    for (uint32_t i = 0; i < mdm_row_count(loaded) && i < MOST_ADDED; i++) {
        const mdm_status status = mdm_remove(loaded, i);
        LAW(status == MDM_OK || (status == MDM_NO_ROW && n_free > MOST_ADDED));
    }
    check_saved_again(loaded);
}

static void check(const char *bytes, size_t n_bytes)
{
    mdm_fleet *loaded = NULL;
    mdm_fleet *rebuilt = NULL;
    mdm_flaw flaw = {NULL, 0, ""};
    const char *label = NULL;
    size_t label_len = 0;
    mdm_status status = mdm_saved_label(bytes, n_bytes, &label, &label_len, &flaw);
    LAW(status == MDM_BAD_DATA ||
        (status == MDM_OK && label >= bytes && label_len <= n_bytes - (size_t)(label - bytes)));
    flaw.what = NULL;
    status = mdm_fleet_load(&law_scheme, 1, &law_memory, "law", 3, bytes, n_bytes, &loaded, &flaw);
    if (status != MDM_OK) {
        LAW(status == MDM_OTHER_SCHEME || status == MDM_TOO_MANY ||
            (status == MDM_BAD_DATA && flaw.what != NULL && flaw.offset <= n_bytes));
        LAW(loaded == NULL);
        return;
    }
    rebuilt = rebuild(loaded);
    law_same_rows(loaded, rebuilt);
    check_answers(loaded, rebuilt);
    check_saved_again(loaded);
    check_changes(loaded, rebuilt);
    mdm_fleet_free(rebuilt);
    mdm_fleet_free(loaded);
}

static void run(law_bytes bytes)
{
    mdm_fleet *fleet = draw_fleet(&bytes);
    size_t n_bytes = 0;
    char *saved = law_save(fleet, &n_bytes);
    char *damaged = NULL;
    mdm_fleet_free(fleet);
    n_bytes = damage(&bytes, saved, n_bytes);
    damaged = law_block(saved, n_bytes);
    check(damaged, n_bytes);
    law_free(damaged);
    law_free(saved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    law_on_every_path(run, data, size);
    return 0;
}
