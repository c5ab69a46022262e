/*
 * The bulk reader without Python: whatever it has learned from the lines before, it reads a line
 * as mdm_add does alone, wherever the text ends, and forgets nothing when memory ends.
 *
 * Every text is in a block of its own length, so that a sanitizer sees a byte that is read too far.
 */
#include "bank.h"

static const mdm_attribute attributes[] = {
    {"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_UNDECIDED, 0},
    {"count", 5, MDM_INT, MDM_UNRELATED, 1, MDM_NO, 0},
    {"modes", 5, MDM_SET, MDM_SUPERSET, 2, MDM_YES, 0},
    {"share", 5, MDM_RATIO, MDM_UNRELATED, 3, MDM_UNDECIDED, 0},
};

static const mdm_scheme scheme = {attributes, 4, MDM_BOTH, MDM_UNDECIDED, MDM_UNDECIDED, 0};

static mdm_fleet *make(bank *at)
{
    const mdm_allocator allocator = {bank_resize, at};
    mdm_fleet *fleet = NULL;
    *at = (bank){0, 0, SIZE_MAX, 0};
    CHECK(mdm_fleet_new(&scheme, 1, &allocator, &fleet) == MDM_OK);
    return fleet;
}

static mdm_status feed(mdm_reader *reader, const char *text, size_t len, mdm_fault *fault,
                       size_t *n_faults)
{
    char *block = malloc(len + (len == 0));
    mdm_status status = MDM_OK;
    CHECK(block != NULL);
    memcpy(block, text, len);
    status = mdm_reader_feed(reader, block, len, fault, fault != NULL, n_faults);
    free(block);
    return status;
}

/* ---- What was read before ---- */

enum { NOTHING, THE_SAME, OTHERS, N_PASTS };

/* THE_SAME: lines that repeat are known as a whole. OTHERS: so many that differ that lines are
   no longer looked up, but their values are. */
static void warm(mdm_reader *reader, int past, const char *line)
{
    static char text[65536];
    const size_t n_feeds = past == OTHERS ? 40 : past == THE_SAME ? 1 : 0;
    size_t n_faults = 0;
    size_t number = 0;
    for (size_t i = 0; i < n_feeds; i++) {
        size_t n = 0;
        for (size_t j = 0; j < (past == OTHERS ? 512 : 64); j++, number++) {
            const int written =
                past == THE_SAME
                    ? snprintf(text + n, sizeof text - n, "%s\n", line)
                    : snprintf(text + n, sizeof text - n,
                               "{\"name\":\"n%zu\",\"self\":{\"type\":\"t%zu\",\"count\":%zu,"
                               "\"modes\":\"a+b\",\"share\":%zu}}\n",
                               number, number % 7, number, number % 5);
            n += (size_t)written;
            CHECK(n < sizeof text);
        }
        CHECK(feed(reader, text, n, NULL, &n_faults) == MDM_OK);
    }
}

static void check_same_device(const mdm_fleet *left, uint32_t left_row, const mdm_fleet *right)
{
    static char texts[2][16384];
    size_t lens[2] = {0, 0};
    CHECK(mdm_description(left, left_row, texts[0], sizeof texts[0], &lens[0]) == MDM_OK);
    CHECK(mdm_description(right, 0, texts[1], sizeof texts[1], &lens[1]) == MDM_OK);
    CHECK(lens[0] == lens[1] && memcmp(texts[0], texts[1], lens[0]) == 0);
}

/* Reads a text of one line after the past of another, and compares with mdm_add. */
static void check_text(int past, const char *before, const char *text, size_t len)
{
    bank banks[2];
    mdm_fleet *bulk = make(&banks[0]);
    mdm_fleet *alone = make(&banks[1]);
    mdm_reader *reader = NULL;
    mdm_fault faults[2] = {{0, 0}, {0, 0}};
    size_t n_faults = 0;
    size_t n_before = 0;
    uint32_t first = 0;
    uint32_t row = 0;
    mdm_status status = MDM_OK;
    const mdm_status expected = mdm_add(alone, text, len, &row, &faults[1]);
    CHECK(mdm_reader_new(bulk, &reader) == MDM_OK);
    warm(reader, past, before);
    n_before = mdm_reader_count(reader);
    status = feed(reader, text, len, &faults[0], &n_faults);
    CHECK(status == expected);
    if (status == MDM_OK) {
        CHECK(mdm_reader_commit(reader, &first) == MDM_OK);
        CHECK(mdm_row_count(bulk) == n_before + 1);
        check_same_device(bulk, (uint32_t)n_before, alone);
    } else {
        CHECK(status == MDM_BAD_TEXT && n_faults == 1);
        CHECK(faults[0].offset == faults[1].offset && faults[0].line == n_before);
    }
    mdm_reader_free(reader);
    mdm_fleet_free(bulk);
    mdm_fleet_free(alone);
    CHECK(banks[0].n_bytes == 0 && banks[1].n_bytes == 0);
}

/* ---- Every length, and every place where a text may end ---- */

static void write_line(char *line, size_t size, size_t name_len, size_t type_len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-abcdefghijklmnopqrstuvwxyz";
    snprintf(line, size,
             "{\"name\":\"%.*s\",\"self\":{\"type\":\"%.*s\",\"count\":12,\"modes\":\"a+b\","
             "\"share\":3}}",
             (int)name_len, letters, (int)type_len, letters);
}

static void check_lengths(int past, size_t step)
{
    char line[512];
    for (size_t len = 0; len <= 70; len += step) {
        write_line(line, sizeof line, len, 3);
        check_text(past, line, line, strlen(line));
        write_line(line, sizeof line, 3, len);
        check_text(past, line, line, strlen(line));
    }
}

static void check_cuts(int past, size_t step)
{
    char line[512];
    size_t len = 0;
    write_line(line, sizeof line, 36, 15);
    len = strlen(line);
    for (size_t cut = 1; cut < len; cut += step) {
        check_text(past, line, line, cut);
    }
}

/* A byte that stands where it should not, at each place. */
static void check_bytes(int past, size_t step)
{
    static const char bytes[] = "\"\\,}1. \r\x1f\x7f\x80";
    char line[512];
    char other[512];
    size_t len = 0;
    write_line(line, sizeof line, 18, 17);
    len = strlen(line);
    for (size_t place = 0; place < len; place += step) {
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            memcpy(other, line, len + 1);
            other[place] = bytes[i];
            check_text(past, line, other, len);
            if (past == THE_SAME) {
                other[len] = '\n';
                check_text(past, line, other, len + 1);
            }
        }
    }
}

/* ---- When memory ends ---- */

/* Around the line where the reader takes memory for the values it meets. */
static void check_refusals(void)
{
    static char text[8192];
    static char warmth[512];
    for (size_t n = 0;; n++) {
        bank bank;
        mdm_fleet *fleet = make(&bank);
        mdm_reader *reader = NULL;
        mdm_status status = MDM_OK;
        uint32_t first = 0;
        size_t n_faults = 0;
        size_t len = 0;
        CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
        for (size_t i = 0; i < 4090; i++) {
            const int written = snprintf(warmth, sizeof warmth,
                                         "{\"name\":\"n\",\"self\":{\"count\":%zu}}\n", i);
            CHECK(feed(reader, warmth, (size_t)written, NULL, &n_faults) == MDM_OK);
        }
        for (size_t i = 0; i < 64; i++) {
            len += (size_t)snprintf(text + len, sizeof text - len,
                                    "{\"name\":\"n\",\"self\":{\"count\":%zu}}\n", 5000 + i);
        }
        bank.n_left = n;
        bank.has_refused = 0;
        status = feed(reader, text, len, NULL, &n_faults);
        CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && bank.has_refused));
        CHECK(mdm_reader_count(reader) == (status == MDM_OK ? 4154 : 4090));
        bank.n_left = SIZE_MAX;
        if (status != MDM_OK) {
            CHECK(feed(reader, text, len, NULL, &n_faults) == MDM_OK);
        }
        CHECK(mdm_reader_commit(reader, &first) == MDM_OK && mdm_device_count(fleet) == 4154);
        mdm_reader_free(reader);
        mdm_fleet_free(fleet);
        CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
        if (!bank.has_refused) {
            printf("refusals: %zu requests\n", n);
            return;
        }
    }
}

int main(void)
{
    /* A long past takes long, so fewer places are looked at after it. */
    static const size_t steps[N_PASTS] = {3, 1, 17};
    for (int past = 0; past < N_PASTS; past++) {
        check_lengths(past, steps[past]);
        check_cuts(past, steps[past]);
        check_bytes(past, steps[past]);
    }
    check_refusals();
    puts("well");
    return 0;
}
