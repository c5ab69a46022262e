/*
 * Clause texts: one a line, of the attributes that the second byte names, from that on which the
 * first byte names.
 *
 * Law: what the naive reader refuses is refused wherever it may stand, at the same place, and leaves
 * no trace; what it accepts accepts the same devices as the naive judge, published by either side,
 * asked alone or among many.
 */
#include "draw.h"

#define MOST_TEXT ((size_t)1 << 14)

typedef struct rule {
    mdm_scheme scheme;
    mdm_fleet *fleet; /* the probes, and then who publishes the rule */
    naive_description meaning;
    naive_answer answer;
    char *text;
    size_t len;
    uint64_t before; /* of the probes */
} rule;

static naive_heap heap;

/* ---- The rule ---- */

static void read_rule(law_bytes bytes, rule *to, law_paper *paper)
{
    const size_t first = law_below(&bytes, 16) % LAW_ATTRIBUTES;
    const uint8_t mask = law_byte(&bytes);
    naive_object *object = &to->meaning.objects[0];
    const char *at = (const char *)bytes.at;
    const char *end = at == NULL ? NULL : at + bytes.left;
    for (size_t i = 0; i < LAW_ATTRIBUTES; i++) {
        const size_t a = (first + i) % LAW_ATTRIBUTES;
        const char *stop = at == end ? NULL : memchr(at, '\n', (size_t)(end - at));
        const naive_text text = {at, (size_t)((stop == NULL ? end : stop) - at)};
        if ((mask >> a & 1) == 0) {
            continue;
        }
        law_put_plain(paper, object->n_clauses == 0 ? "\"" : ",\"");
        law_put_plain(paper, law_scheme.attributes[a].name);
        law_put_plain(paper, "\":");
        law_put_json(paper, text.at, text.len);
        if (to->answer == NAIVE_GOOD) {
            to->answer = naive_is_utf8(text)
                             ? naive_clause_read(&heap, law_scheme.attributes[a].kind, a, text, object)
                             : NAIVE_BAD;
        }
        at = stop == NULL ? end : stop + 1;
    }
    to->answer = (mask & 0x7f) == 0 ? NAIVE_BAD : to->answer;
}

static mdm_fleet *make_probes(size_t floor_division)
{
    const drawn *probes = draw_probes();
    mdm_scheme scheme = law_scheme;
    mdm_fleet *fleet = NULL;
    uint32_t row = 0;
    scheme.floor_division = (int)floor_division;
    LAW(mdm_fleet_new(&scheme, 1, &law_memory, &fleet) == MDM_OK);
    for (size_t i = 0; i < DRAW_PROBES; i++) {
        LAW(mdm_add(fleet, probes[i].text, probes[i].len, &row, NULL) == MDM_OK);
    }
    return fleet;
}

static void make(law_bytes bytes, rule *to)
{
    static char written[8 * MOST_TEXT];
    static uint64_t known[2];
    law_paper paper = {written, sizeof written, 0};
    memset(&to->meaning.has, 0, sizeof to->meaning.has);
    to->meaning.has_list = true;
    to->meaning.n_objects = 1;
    to->meaning.objects[0].n_clauses = 0;
    to->meaning.objects[0].n_variables = 0;
    to->answer = NAIVE_GOOD;
    to->scheme = law_scheme;
    to->scheme.floor_division = bytes.left > 0 && (bytes.at[0] & 0x80) != 0;
    heap.n = 0;
    law_put_plain(&paper, "{\"self\":{},\"compatible\":[{");
    read_rule(bytes, to, &paper);
    law_put_plain(&paper, "}]}");
    to->text = law_block(written, paper.n);
    to->len = paper.n;
    to->fleet = law_kept(make_probes, (size_t)to->scheme.floor_division);
    if (known[to->scheme.floor_division] == 0) {
        known[to->scheme.floor_division] = law_checksum(to->fleet);
    }
    to->before = known[to->scheme.floor_division];
}

/* ---- Refused ---- */

static void check_refusals(const rule *at)
{
    mdm_fault faults[3] = {{0, 0}, {0, 0}, {0, 0}};
    mdm_query *query = NULL;
    mdm_join *join = NULL;
    uint32_t row = 0;
    size_t n_faults = 0;
    LAW(mdm_add(at->fleet, at->text, at->len, &row, &faults[0]) == MDM_BAD_TEXT);
    LAW(mdm_query_new(at->fleet, at->text, at->len, MDM_BOTH, 1, &query, &faults[1]) ==
        MDM_BAD_TEXT);
    LAW(mdm_join_lines(at->fleet, at->text, at->len, MDM_BOTH, 1, &join, &faults[2], 1,
                       &n_faults) == MDM_BAD_TEXT);
    LAW(faults[0].offset < at->len && faults[1].offset == faults[0].offset);
    LAW(n_faults == 1 && faults[2].offset == faults[0].offset);
    LAW(law_checksum(at->fleet) == at->before);
}

/* ---- Accepted ---- */

static bool knows(const rule *at, const naive_description *source, const naive_description *target,
                  mdm_direction direction, mdm_verdict *verdict)
{
    return at->answer == NAIVE_GOOD &&
           naive_judge(&at->scheme, direction, source, target, verdict) == NAIVE_GOOD;
}

static void check_published_by_source(const rule *at)
{
    const drawn *probes = draw_probes();
    mdm_query *query = NULL;
    LAW(mdm_query_new(at->fleet, at->text, at->len, MDM_SOURCE, 1, &query, NULL) == MDM_OK);
    for (uint32_t i = 0; i < DRAW_PROBES; i++) {
        mdm_verdict expected = MDM_NO;
        mdm_verdict verdict = MDM_NO;
        LAW(mdm_verdict_of(query, i, &verdict) == MDM_OK);
        LAW(!knows(at, &at->meaning, &probes[i].meaning, MDM_SOURCE, &expected) ||
            verdict == expected);
    }
    mdm_query_free(query);
}

static void check_published_by_target(const rule *at)
{
    const drawn *probes = draw_probes();
    for (size_t i = 0; i < DRAW_PROBES; i += 3) {
        mdm_query *query = NULL;
        mdm_verdict expected = MDM_NO;
        mdm_verdict verdict = MDM_NO;
        LAW(mdm_query_new(at->fleet, probes[i].text, probes[i].len, MDM_TARGET, 1, &query, NULL) ==
            MDM_OK);
        LAW(mdm_verdict_of(query, DRAW_PROBES, &verdict) == MDM_OK);
        LAW(!knows(at, &probes[i].meaning, &at->meaning, MDM_TARGET, &expected) ||
            verdict == expected);
        mdm_query_free(query);
    }
}

/* All at once: the probes and the rule as sources. */
static void check_joined(const rule *at, mdm_direction direction)
{
    const drawn *probes = draw_probes();
    mdm_join *join = NULL;
    size_t n_judged = 0;
    uint8_t bits[3][2 * (DRAW_PROBES + 1)];
    const size_t stride = (DRAW_PROBES + 8) / 8;
    LAW(mdm_join_classes(at->fleet, direction, 1, &join) == MDM_OK);
    LAW(mdm_join_len(join) == DRAW_PROBES + 1);
    LAW(mdm_join_judge(join, 0, 1 << 20, &n_judged) == MDM_OK && n_judged == DRAW_PROBES + 1);
    for (int v = 0; v < 3; v++) {
        static const mdm_verdict all[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};
        LAW(mdm_join_bitmaps(join, all[v], 0, n_judged, bits[v], sizeof bits[v]) == MDM_OK);
    }
    for (size_t i = 0; i < DRAW_PROBES; i++) {
        const bool is_source = direction == MDM_SOURCE;
        const size_t source = is_source ? DRAW_PROBES : i;
        const size_t row = is_source ? i : DRAW_PROBES;
        mdm_verdict expected = MDM_NO;
        if (knows(at, is_source ? &at->meaning : &probes[i].meaning,
                  is_source ? &probes[i].meaning : &at->meaning, direction, &expected)) {
            const size_t v = expected == MDM_YES ? 2 : expected == MDM_UNDECIDED ? 1 : 0;
            LAW((bits[v][source * stride + row / 8] >> row % 8 & 1) != 0);
        }
    }
    mdm_join_free(join);
}

static void run(law_bytes bytes)
{
    static rule at;
    uint32_t row = 0;
    make(bytes, &at);
    if (at.answer == NAIVE_BAD) {
        check_refusals(&at);
    } else if (mdm_add(at.fleet, at.text, at.len, &row, NULL) == MDM_OK) {
        check_published_by_source(&at);
        check_published_by_target(&at);
        check_joined(&at, MDM_SOURCE);
        check_joined(&at, MDM_TARGET);
    } else {
        LAW(at.answer == NAIVE_UNSURE);
        check_refusals(&at);
    }
    mdm_fleet_free(at.fleet);
    law_free(at.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    law_on_every_path(run, data, size < MOST_TEXT ? size : MOST_TEXT);
    return 0;
}
