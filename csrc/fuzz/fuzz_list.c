/*
 * The list of objects of a description, as text.
 *
 * Law: a list is read alike whether the fleet, a question or many questions get it; it comes back
 * as it was given; it accepts the same devices whichever side publishes it; and when it is
 * refused, nothing has changed.
 */
#include "draw.h"

#define MOST_TEXT ((size_t)1 << 14)

static mdm_fleet *make(size_t which)
{
    const drawn *probes = draw_probes();
    mdm_fleet *fleet = NULL;
    uint32_t row = 0;
    (void)which;
    LAW(mdm_fleet_new(&law_scheme, 1, &law_memory, &fleet) == MDM_OK);
    for (size_t i = 0; i < DRAW_PROBES; i++) {
        LAW(mdm_add(fleet, probes[i].text, probes[i].len, &row, NULL) == MDM_OK);
    }
    return fleet;
}

static void check_status(const mdm_fleet *fleet, const char *text, size_t len, mdm_status expected,
                         const mdm_fault *fault)
{
    mdm_query *query = NULL;
    mdm_join *join = NULL;
    mdm_fault found = {0, 0};
    size_t n_faults = 0;
    LAW(mdm_query_new(fleet, text, len, MDM_SOURCE, 1, &query, &found) == expected);
    LAW(expected == MDM_OK || found.offset == fault->offset);
    found.offset = 0;
    /* A line feed would end a source. */
    if (len == 0 || memchr(text, '\n', len) == NULL) {
        LAW(mdm_join_lines(fleet, text, len, MDM_SOURCE, 1, &join, &found, 1, &n_faults) ==
            expected);
        LAW(expected == MDM_OK || (n_faults == 1 && found.offset == fault->offset));
    }
    mdm_query_free(query);
    mdm_join_free(join);
}

/* The clause version() says who is newer, so who publishes it matters. */
static bool may_have_version(const char *text, size_t len)
{
    for (size_t i = 0; i + 2 < len; i++) {
        if (memcmp(text + i, "on(", 3) == 0 || memcmp(text + i, "\\u", 2) == 0) {
            return true;
        }
    }
    return false;
}

static void check_both_sides(const mdm_fleet *fleet, uint32_t row, const char *text, size_t len)
{
    const drawn *probes = draw_probes();
    mdm_query *query = NULL;
    LAW(mdm_query_new(fleet, text, len, MDM_SOURCE, 1, &query, NULL) == MDM_OK);
    for (uint32_t i = 0; i < DRAW_PROBES; i++) {
        mdm_query *other = NULL;
        mdm_verdict verdicts[2] = {MDM_NO, MDM_NO};
        if (probes[i].meaning.has[3] && may_have_version(text, len)) {
            continue;
        }
        LAW(mdm_query_new(fleet, probes[i].text, probes[i].len, MDM_TARGET, 1, &other, NULL) ==
            MDM_OK);
        LAW(mdm_verdict_of(query, i, &verdicts[0]) == MDM_OK);
        LAW(mdm_verdict_of(other, row, &verdicts[1]) == MDM_OK && verdicts[0] == verdicts[1]);
        mdm_query_free(other);
    }
    mdm_query_free(query);
}

static void check_round_trip(mdm_fleet *fleet, uint32_t row)
{
    static char texts[2][MOST_TEXT + 64];
    law_paper papers[2] = {{texts[0], sizeof texts[0], 0}, {texts[1], sizeof texts[1], 0}};
    uint32_t again = 0;
    LAW(law_put_row(&papers[0], fleet, row));
    LAW(mdm_add(fleet, texts[0], papers[0].n, &again, NULL) == MDM_OK);
    LAW(law_put_row(&papers[1], fleet, again) && papers[0].n == papers[1].n);
    LAW(memcmp(texts[0], texts[1], papers[0].n) == 0);
}

static void run(law_bytes bytes)
{
    static char written[MOST_TEXT + 64];
    law_paper paper = {written, sizeof written, 0};
    static uint64_t before;
    mdm_fleet *fleet = law_kept(make, 0);
    mdm_fault fault = {0, 0};
    mdm_status status = MDM_OK;
    uint32_t row = 0;
    char *text = NULL;
    before = before == 0 ? law_checksum(fleet) : before;
    law_put_plain(&paper, "{\"self\":{},\"compatible\":");
    law_put(&paper, bytes.at, bytes.left);
    law_put_plain(&paper, "}");
    text = law_block(written, paper.n);
    status = mdm_add(fleet, text, paper.n, &row, &fault);
    LAW(status == MDM_OK || (status == MDM_BAD_TEXT && fault.offset <= paper.n));
    LAW(status == MDM_OK || law_checksum(fleet) == before);
    check_status(fleet, text, paper.n, status, &fault);
    if (status == MDM_OK) {
        check_both_sides(fleet, row, text, paper.n);
        check_round_trip(fleet, row);
    }
    mdm_fleet_free(fleet);
    law_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    law_on_every_path(run, data, size < MOST_TEXT ? size : MOST_TEXT);
    return 0;
}
