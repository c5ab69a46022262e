/*
 * For the checks of what sources are compiled to: lines that are drawn, with values of every kind,
 * clauses and templates, and fleets of such devices.
 */
#ifndef DRAWN_H
#define DRAWN_H

#include "bank.h"
#include "mdm_merge.h"

#define N_KINDS 6
#define MOST 4096

static const char *const names[N_KINDS] = {"int", "string", "set", "version", "pci_id", "ratio"};
static const char *const members[] = {"a", "b", "c", "d", "e", "f"};

/* A value of a kind; those of a larger spread meet more rarely. Spellings differ. */
static inline size_t put_value(char *to, size_t room, mdm_kind kind, uint32_t spread, uint32_t *state)
{
    const uint32_t n = next(state) % spread;
    const uint32_t other = next(state);
    size_t len = 0;
    switch (kind) {
    case MDM_INT:
        return (size_t)snprintf(to, room, "%d", (int)n - (int)spread / 2);
    case MDM_STRING:
        return (size_t)snprintf(to, room, "t%u_%u", n % 16, n / 16);
    case MDM_VERSION:
        return (size_t)snprintf(to, room, n % 3 == 0 ? "%u.%u.0" : n % 3 == 1 ? "%u.%u" : "%u.%u.7",
                                n % 4, n / 4);
    case MDM_PCI_ID:
        return (size_t)snprintf(to, room, n % 3 == 0 ? "%04x%04x" : "%04x:%04x", other % 3, n / 2);
    case MDM_RATIO:
        return (size_t)snprintf(to, room, "%d/%u", (int)n - (int)spread / 2, 1 + other % 4);
    case MDM_SET:
        break;
    }
    for (uint32_t m = 0; m < 6; m++) {
        if ((other >> m & 1) != 0) {
            len += (size_t)snprintf(to + len, room - len, "%s%s", len == 0 ? "" : "+", members[m]);
        }
    }
    if (spread > 64 && len > 0) {
        len += (size_t)snprintf(to + len, room - len, "+m%u", n % 128);
    }
    to[len] = '\0';
    return len;
}

typedef struct page {
    char at[MOST];
    size_t n;
} page;

static inline void put(page *to, const char *text)
{
    const size_t len = strlen(text);
    CHECK(to->n + len < sizeof to->at);
    memcpy(to->at + to->n, text, len + 1);
    to->n += len;
}

static inline void put_self(page *line, uint32_t spread, uint32_t *state)
{
    bool is_first = true;
    put(line, "{\"self\":{");
    for (int kind = 0; kind < N_KINDS; kind++) {
        char value[256];
        if (next(state) % 8 == 0) {
            continue;
        }
        put_value(value, sizeof value, (mdm_kind)kind, spread, state);
        put(line, is_first ? "\"" : ",\"");
        put(line, names[kind]);
        put(line, kind == MDM_INT ? "\":" : "\":\"");
        put(line, value);
        put(line, kind == MDM_INT ? "" : "\"");
        is_first = false;
    }
    put(line, "}");
}

/* %1 and %2 stand for values, which need not be in order. */
static const char *const forms[N_KINDS][8] = {
    {"%1", "one_of(%1,%2,%1)", "range(-100000,%1)", "{i:int:-4--2,1-5,9}", "{i:int:-5-9}*3",
     "{i:int:-9--1,2-7}/2", "any()", "{i:int:1,3,5-6}/4"},
    {"%1", "one_of(%1,%2,%1)", "t{s:int:0-3}_{w:int:0-40}", "t{s:int:1,2}_1",
     "{u:string:\\\"t1\\\",\\\"t1_\\\",\\\"t\\\"}{j:int:0-99999}_2",
     "{s:string:\\\"t1\\\",\\\"t\\\"}{u:int:1,11}_1", "\\\"\\\"",
     "{u:string:\\\"t1_1\\\",\\\"t2_3\\\",\\\"t1_1\\\"}"},
    {"%1", "superset(%1)", "subset(%1)", "\\\"\\\"", "superset(a+nobody)", "subset(a+b+nobody)",
     "{m:string:\\\"a\\\",\\\"b+a\\\",\\\"%1\\\"}", "one_of(a+b,b+a,c)"},
    {"%1", "version(%1)", "range(0.0,%1)", "one_of(%1,1.2,1.2.0)", "version(1.2)",
     "{x:string:\\\"1.1\\\",\\\"1.1.0\\\",\\\"2.3.7\\\"}", "any()", "absent()"},
    {"%1", "one_of(%1,%2)", "{p:string:\\\"00010002\\\",\\\"0001-0002\\\"}", "any()", "absent()",
     "00020001", "one_of(0000:0001,00000001)", ""},
    {"%1", "one_of(%1,%2,2/4,1/2)", "range(-1000000,%1)", "{r:int:-4--2,1-5}/2",
     "{r:int:0-3}*2", "{r:int:-3-3}", "{r:int:-9223372036854775808-9223372036854775807}/3", "any()"},
};

static inline void put_clause(page *line, mdm_kind kind, uint32_t spread, uint32_t *state)
{
    const char *form = forms[kind][next(state) % 8];
    for (; *form != '\0'; form++) {
        char text[256] = {*form, '\0'};
        if (*form == '%') {
            put_value(text, sizeof text, kind, spread, state);
            form++;
        }
        /* An empty item would need quotes. */
        put(line, *text == '\0' ? "f" : text);
    }
}

static inline void put_list(page *line, uint32_t spread, uint32_t *state)
{
    const uint32_t n = next(state) % 4;
    put(line, ",\"compatible\":[");
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t left_out = next(state) % (N_KINDS + 1);
        bool is_first = true;
        put(line, i == 0 ? "{" : ",{");
        for (uint32_t kind = 0; kind < N_KINDS; kind++) {
            if (kind == left_out) {
                continue;
            }
            put(line, is_first ? "\"" : ",\"");
            put(line, names[kind]);
            put(line, "\":\"");
            put_clause(line, (mdm_kind)kind, spread, state);
            put(line, "\"");
            is_first = false;
        }
        put(line, "}");
    }
    put(line, "]");
}

/* ---- A fleet ---- */

static inline mdm_fleet *make(bank *at, const mdm_relation *relations, int floor_division)
{
    const mdm_allocator allocator = {bank_resize, at};
    mdm_attribute attributes[N_KINDS];
    mdm_scheme scheme = {attributes, N_KINDS, MDM_BOTH, MDM_UNDECIDED, MDM_UNDECIDED,
                         floor_division};
    mdm_fleet *fleet = NULL;
    for (size_t i = 0; i < N_KINDS; i++) {
        const size_t of = relations[i] == MDM_MEMBER ? (size_t)MDM_STRING : i;
        attributes[i] = (mdm_attribute){names[i], strlen(names[i]), (mdm_kind)i, relations[i],
                                        of, (mdm_verdict)(i % 2 == 0 ? MDM_UNDECIDED : MDM_NO),
                                        i % 3 == 0};
    }
    CHECK(mdm_fleet_new(&scheme, 0, &allocator, &fleet) == MDM_OK);
    return fleet;
}

static inline void add(mdm_fleet *fleet, uint32_t spread, bool has_list, uint32_t *state)
{
    page line = {.n = 0};
    uint32_t row = 0;
    put_self(&line, spread, state);
    if (has_list) {
        put_list(&line, spread, state);
    }
    put(&line, "}");
    if (mdm_add(fleet, line.at, line.n, &row, NULL) != MDM_OK) {
        fprintf(stderr, "refused: %s\n", line.at);
        exit(1);
    }
}

/* So many devices, of which three publish lists. */
static inline void fill(mdm_fleet *fleet, int n, uint32_t spread, uint32_t *state)
{
    for (int i = 0; i < n; i++) {
        add(fleet, spread, i < 3, state);
    }
}

/* ---- Many lines ---- */

/* A byte of some lines is another. */
static inline size_t put_lines(char *text, size_t *ends, size_t n_lines, uint32_t *state)
{
    static const char others[] = "\"\\{}[]():,0a \t\x7f\xc3";
    size_t n = 0;
    for (size_t i = 0; i < n_lines; i++) {
        page line = {.n = 0};
        const uint32_t spread = i % 2 == 0 ? 12 : 20000;
        put(&line, i % 3 == 0 ? "" : " ");
        put_self(&line, spread, state);
        put_list(&line, spread, state);
        put(&line, "}");
        if (next(state) % 4 == 0) {
            line.at[next(state) % line.n] = others[next(state) % (sizeof others - 1)];
        }
        memcpy(text + n, line.at, line.n);
        n += line.n;
        ends[i] = n;
        text[n++] = '\n';
    }
    return n;
}

#endif
