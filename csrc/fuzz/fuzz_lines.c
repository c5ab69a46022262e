/*
 * Lines of NDJSON through the bulk reader. The first byte says how often all of it comes and where
 * the text is cut in two.
 *
 * Law: the reader takes what mdm_add takes line by line, finds the same mistakes at the same places,
 * and gives back what it got; the fleet answers as that which was filled line by line; when a line
 * is refused, nothing has changed.
 */
#include "naive.h"

#define MOST_TEXT ((size_t)1 << 13)
#define MOST_FAULTS 64

static const char first_line[] =
    "{\"name\":\"first\",\"self\":{\"a\":\"t1\",\"b\":1},\"compatible\":[{\"a\":\"t{i:int:1-4}\"}]}";

static mdm_fleet *make(size_t which)
{
    mdm_fleet *fleet = NULL;
    uint32_t row = 0;
    (void)which;
    LAW(mdm_fleet_new(&law_scheme, 1, &law_memory, &fleet) == MDM_OK);
    LAW(mdm_add(fleet, first_line, sizeof first_line - 1, &row, NULL) == MDM_OK);
    return fleet;
}

static bool is_blank(naive_text line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] != ' ' && line.at[i] != '\t' && line.at[i] != '\r') {
            return false;
        }
    }
    return true;
}

typedef struct faults {
    mdm_fault at[MOST_FAULTS];
    size_t n;
} faults;

/* Line by line. What comes after the first mistake is only looked at. */
static void add_lines(mdm_fleet *fleet, naive_text text, size_t n_before, faults *found)
{
    size_t begin = 0;
    for (size_t number = n_before; begin < text.len; number++) {
        const char *feed = memchr(text.at + begin, '\n', text.len - begin);
        const size_t end = feed == NULL ? text.len : (size_t)(feed - text.at);
        const naive_text line = {text.at + begin, end - begin};
        mdm_fault fault = {0, 0};
        uint32_t row = 0;
        mdm_status status = MDM_OK;
        if (!is_blank(line)) {
            char *block = law_block(line.at, line.len);
            status = mdm_add(fleet, block, line.len, &row, &fault);
            law_free(block);
        }
        LAW(status == MDM_OK || (status == MDM_BAD_TEXT && fault.offset <= line.len));
        if (status == MDM_BAD_TEXT && found->n < MOST_FAULTS) {
            found->at[found->n++] = (mdm_fault){begin + fault.offset, number};
        }
        begin = end + 1;
    }
}

static size_t count_lines(naive_text text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += text.at[i] == '\n' || i + 1 == text.len;
    }
    return n;
}

static mdm_status feed(mdm_reader *reader, naive_text text, faults *found)
{
    char *block = law_block(text.at, text.len);
    const mdm_status status =
        mdm_reader_feed(reader, block, text.len, found->at, MOST_FAULTS, &found->n);
    law_free(block);
    LAW(status == MDM_OK || status == MDM_BAD_TEXT);
    return status;
}

static void check_faults(const faults *found, const faults *expected)
{
    LAW(found->n == expected->n);
    for (size_t i = 0; i < found->n; i++) {
        LAW(found->at[i].offset == expected->at[i].offset);
        LAW(found->at[i].line == expected->at[i].line);
    }
}

static void check_sources(const mdm_fleet *fleet, naive_text text, const faults *expected)
{
    faults found = {.n = 0};
    mdm_join *join = NULL;
    char *block = law_block(text.at, text.len);
    const mdm_status status = mdm_join_lines(fleet, block, text.len, MDM_NOBODY, 1, &join,
                                             found.at, MOST_FAULTS, &found.n);
    LAW(status == (expected->n == 0 ? MDM_OK : MDM_BAD_TEXT));
    check_faults(&found, expected);
    mdm_join_free(join);
    law_free(block);
}

/* Every description, read again, is the same. */
static void check_round_trip(const mdm_fleet *fleet)
{
    static char line[8 * MOST_TEXT];
    mdm_fleet *again = law_kept(law_empty, 2);
    uint32_t row = 0;
    for (uint32_t i = 0; i < mdm_row_count(fleet); i++) {
        law_paper paper = {line, sizeof line, 0};
        LAW(law_put_row(&paper, fleet, i));
        LAW(mdm_add(again, line, paper.n, &row, NULL) == MDM_OK);
    }
    law_same_rows(fleet, again);
    mdm_fleet_free(again);
}

static void check_answers(const mdm_fleet *fleet, const mdm_fleet *naive)
{
    static char line[8 * MOST_TEXT];
    for (uint32_t i = 0; i < mdm_row_count(fleet) && i < 4; i++) {
        law_paper paper = {line, sizeof line, 0};
        LAW(law_put_row(&paper, fleet, i));
        law_same_answers(fleet, naive, line, paper.n);
    }
}

static void end(mdm_fleet *fleet, mdm_reader *reader, const mdm_fleet *naive, uint64_t before)
{
    uint32_t first = 0;
    if (naive == NULL) {
        LAW(mdm_reader_commit(reader, &first) == MDM_BAD_ARGUMENT);
        mdm_reader_free(reader);
        LAW(law_checksum(fleet) == before);
        return;
    }
    LAW(mdm_reader_commit(reader, &first) == MDM_OK && first == 1);
    mdm_reader_free(reader);
    law_same_rows(fleet, naive);
    check_answers(fleet, naive);
    check_round_trip(fleet);
}

static void run(law_bytes bytes)
{
    const uint8_t choice = law_byte(&bytes);
    const naive_text text = {bytes.left == 0 ? "" : (const char *)bytes.at, bytes.left};
    const size_t place = (size_t)(choice >> 3) * text.len / 31;
    const char *cut = memchr(text.at, '\n', place);
    const size_t half = cut == NULL ? 0 : (size_t)(cut - text.at) + 1;
    const naive_text parts[2] = {{text.at, half}, {text.at + half, text.len - half}};
    static uint64_t before;
    mdm_fleet *fleet = law_kept(make, 0);
    mdm_fleet *naive = law_kept(make, 1);
    mdm_reader *reader = NULL;
    size_t n_lines = 0;
    bool is_good = true;
    before = before == 0 ? law_checksum(fleet) : before;
    LAW(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (size_t i = 0; i < 2 * ((choice & 7) + (size_t)1); i++) {
        const naive_text part = parts[i % 2];
        faults found = {.n = 0};
        faults expected = {.n = 0};
        add_lines(naive, part, n_lines, &expected);
        LAW(feed(reader, part, &found) == (expected.n == 0 ? MDM_OK : MDM_BAD_TEXT));
        check_faults(&found, &expected);
        n_lines += count_lines(part);
        is_good = is_good && expected.n == 0;
    }
    end(fleet, reader, is_good ? naive : NULL, before);
    if (is_good || count_lines(text) <= MOST_FAULTS) {
        faults expected = {.n = 0};
        add_lines(naive, text, 0, &expected);
        check_sources(fleet, text, &expected);
    }
    mdm_fleet_free(fleet);
    mdm_fleet_free(naive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    law_on_every_path(run, data, size < MOST_TEXT ? size : MOST_TEXT);
    return 0;
}
