/*
 * Encoded forms against the plain rule: whatever a clause or a relation is made into must hold the
 * codes that mdm_clause_accepts and mdm_relation_holds accept, one by one. Sources are compiled
 * together, as lines and as devices; values are settled, waiting, or crowded with members.
 */
#include "bank.h"
#include "mdm_merge.h"

#define N_KINDS 6
#define MOST 4096

static const char *const names[N_KINDS] = {"int", "string", "set", "version", "pci_id", "ratio"};
static const char *const members[] = {"a", "b", "c", "d", "e", "f"};

/* A value of a kind; those of a larger spread meet more rarely. Spellings differ. */
static size_t put_value(char *to, size_t room, mdm_kind kind, uint32_t spread, uint32_t *state)
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

static void put(page *to, const char *text)
{
    const size_t len = strlen(text);
    CHECK(to->n + len < sizeof to->at);
    memcpy(to->at + to->n, text, len + 1);
    to->n += len;
}

static void put_self(page *line, uint32_t spread, uint32_t *state)
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

static void put_clause(page *line, mdm_kind kind, uint32_t spread, uint32_t *state)
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

static void put_list(page *line, uint32_t spread, uint32_t *state)
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

static mdm_fleet *make(bank *at, const mdm_relation *relations, int floor_division)
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

static void add(mdm_fleet *fleet, uint32_t spread, bool has_list, uint32_t *state)
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

/* ---- The law ---- */

static mdm_verdict said(const uint64_t *bits, const mdm_encoded *encoded, size_t code)
{
    if (code == 0) {
        return encoded->absent;
    }
    return (bits[code / 64] >> code % 64 & 1) != 0 ? encoded->held : MDM_NO;
}

/* No code is named twice. */
static void check_apart(const mdm_dictionary *dictionary, const mdm_encoded *encoded)
{
    static uint8_t n_named[64 * MOST];
    memset(n_named, 0, dictionary->texts.n + 1);
    for (uint32_t i = 0; i < encoded->n_ranks; i++) {
        const mdm_ranks ranks = encoded->ranks[i];
        CHECK(ranks.begin < ranks.end && ranks.end <= dictionary->n_settled);
        CHECK(i == 0 || encoded->ranks[i - 1].end < ranks.begin);
        for (uint32_t rank = ranks.begin; rank < ranks.end; rank++) {
            n_named[mdm_code_at(dictionary, rank)]++;
        }
    }
    for (size_t code = 1; encoded->asks_members && code <= dictionary->n_settled; code++) {
        const uint64_t places = mdm_members_of(&dictionary->members, code);
        n_named[code] += (places & encoded->required) == encoded->required &&
                         (places & encoded->forbidden) == 0;
    }
    for (uint32_t i = 0; i < encoded->n_codes; i++) {
        n_named[encoded->codes[i]]++;
    }
    for (size_t code = 0; code <= dictionary->texts.n; code++) {
        CHECK(n_named[code] <= (code > 0));
    }
}

/* The clause of a text with its values, where the compiler has kept codes. */
static mdm_clause with_values(const mdm_compiler *compiler, size_t a, uint32_t number,
                              mdm_arena *arena)
{
    const mdm_fleet *fleet = compiler->fleet;
    const mdm_clauses *clauses = &compiler->lists->clauses[a];
    const mdm_entry *text = &clauses->texts.at[number - 1];
    mdm_parser parser = {
        .fleet = fleet, .keeper = {arena, &fleet->members, NULL}, .scratch = arena};
    mdm_clause made = clauses->at[number - 1].clause;
    mdm_builder builder;
    mdm_builder_begin(&builder, &parser);
    if (made.is_coded) {
        CHECK(mdm_clause_parse(&builder, a, (mdm_text){text->at, text->len}, &made) == MDM_OK);
    }
    return made;
}

static void check_clause(const mdm_compiler *compiler, size_t a, uint32_t number)
{
    static uint64_t bits[MOST];
    const mdm_fleet *fleet = compiler->fleet;
    const mdm_dictionary *dictionary = &fleet->dictionaries[a];
    const mdm_test test = {&fleet->scheme, true};
    const mdm_lone_clause *lone = &compiler->lists->clauses[a].at[number - 1];
    const mdm_object object = {.variables = lone->variables};
    const mdm_encoded *encoded = mdm_compiled_clause(compiler, a, number);
    const mdm_allocator memory = mdm_allocator_or_default(NULL);
    mdm_arena arena = {.memory = &memory};
    const mdm_clause clause = with_values(compiler, a, number, &arena);
    memset(bits, 0, sizeof bits);
    mdm_encoded_mark(fleet, a, encoded, bits);
    for (size_t code = 0; code <= dictionary->texts.n; code++) {
        const mdm_value *value = code == 0 ? NULL : &dictionary->at[code - 1];
        CHECK(said(bits, encoded, code) ==
              mdm_clause_accepts(&test, &object, &clause, value));
    }
    mdm_arena_free(&arena);
    CHECK((bits[0] & 1) == 0);
    check_apart(dictionary, encoded);
}

static void check_relation(const mdm_compiler *compiler, size_t a, const mdm_compiled *source)
{
    static uint64_t bits[MOST];
    const mdm_fleet *fleet = compiler->fleet;
    const mdm_attribute *attribute = &fleet->scheme.attributes[a];
    const mdm_dictionary *dictionary = &fleet->dictionaries[a];
    const mdm_encoded *encoded = mdm_compiled_relation(compiler, a, source);
    const mdm_value *value =
        mdm_compiled_value(compiler, attribute->of, source->values[attribute->of]);
    uint32_t number = 0;
    mdm_value member;
    if (attribute->relation == MDM_MEMBER && value != NULL) {
        number = mdm_texts_find(&fleet->members, value->text,
                                mdm_hash(value->text.at, value->text.len));
        member.set = (mdm_set){&number, number != MDM_NONE, number == MDM_NONE,
                               (uint64_t)(number != MDM_NONE) << (number & 63)};
        value = &member;
    }
    memset(bits, 0, sizeof bits);
    mdm_encoded_mark(fleet, a, encoded, bits);
    for (size_t code = 0; code <= dictionary->texts.n; code++) {
        CHECK(said(bits, encoded, code) ==
              mdm_relation_holds(attribute, value,
                                 code == 0 ? NULL : &dictionary->at[code - 1]));
    }
}

/* An attribute that is not compared holds for everybody. */
static void check_any(const mdm_compiler *compiler, size_t a, const mdm_compiled *source)
{
    mdm_arena arena = {.memory = &compiler->fleet->memory};
    mdm_encoded made;
    CHECK(mdm_encode_relation(compiler->fleet, &arena, a,
                              mdm_compiled_value(compiler, a, source->values[a]), &made));
    CHECK(made.holds_all && made.held == MDM_YES && made.absent == MDM_YES);
    CHECK(arena.last == NULL);
}

static void check_source(const mdm_compiler *compiler, const mdm_compiled *source)
{
    const mdm_lists *lists = compiler->lists;
    const mdm_scheme *scheme = &compiler->fleet->scheme;
    for (size_t a = 0; a < N_KINDS; a++) {
        if (mdm_is_compared(&scheme->attributes[a])) {
            check_relation(compiler, a, source);
        } else {
            check_any(compiler, a, source);
        }
    }
    for (uint32_t i = 0; source->list != MDM_NONE && i < lists->at[source->list].n; i++) {
        const uint32_t row = lists->objects.at[lists->at[source->list].first + i];
        CHECK(mdm_lists_find(lists, lists->at[source->list].first + i) == source->list);
        for (size_t a = 0; a < N_KINDS; a++) {
            const uint32_t number = mdm_code(&lists->columns, a, row);
            if (number != 0) {
                check_clause(compiler, a, number);
            }
        }
    }
}

/* From each row all its objects are reached. */
static void check_lists(const mdm_lists *lists)
{
    size_t n = 0;
    for (size_t row = 0; row < lists->rows.n; row++) {
        for (uint32_t at = lists->last.at[row]; at != MDM_NONE; at = lists->before.at[at]) {
            CHECK(at < lists->n_objects && lists->objects.at[at] == row);
            n++;
        }
    }
    CHECK(n == lists->n_objects);
}

/* ---- Sources ---- */

static void check_lines(const mdm_fleet *fleet, uint32_t spread, uint32_t *state)
{
    static page lines[60];
    mdm_compiler compiler;
    CHECK(mdm_compiler_new(&compiler, fleet, &fleet->memory, false));
    for (int i = 0; i < 60; i++) {
        page *line = &lines[i];
        mdm_compiled source;
        const char *fault = NULL;
        line->n = 0;
        put_self(line, 2 * spread, state);
        put_list(line, 2 * spread, state);
        put(line, "}");
        if (mdm_compile_line(&compiler, (mdm_text){line->at, line->n}, &source, &fault) !=
            MDM_OK) {
            fprintf(stderr, "refused: %s at %s\n", line->at, fault);
            exit(1);
        }
        CHECK(mdm_compiler_encode(&compiler, 1));
        check_source(&compiler, &source);
    }
    check_lists(&compiler.own);
    check_lists(&fleet->lists);
    mdm_compiler_free(&compiler);
}

static void check_classes(const mdm_fleet *fleet)
{
    mdm_compiler compiler;
    CHECK(mdm_compiler_new(&compiler, fleet, &fleet->memory, true));
    for (size_t class = 1; class < fleet->classes.n && class < 60; class++) {
        mdm_compiled source;
        CHECK(mdm_compile_class(&compiler, class, &source) == MDM_OK);
        CHECK(mdm_compiler_encode(&compiler, 1));
        check_source(&compiler, &source);
    }
    mdm_compiler_free(&compiler);
}

/* Each kind in each state: all settled; some that wait in a large dictionary, or in an open reader,
   which are then taken back. */
static void check_fleet(const mdm_relation *relations, int floor_division, uint32_t spread,
                        size_t n, uint32_t seed)
{
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, floor_division);
    uint32_t state = seed;
    mdm_reader *reader = NULL;
    check_lines(fleet, spread, &state);
    for (size_t i = 0; i < n; i++) {
        add(fleet, spread, i < 60, &state);
    }
    check_lines(fleet, spread, &state);
    check_classes(fleet);
    CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
    for (int i = 0; i < 30; i++) {
        page line = {.n = 0};
        size_t n_faults = 0;
        put_self(&line, 3 * spread, &state);
        put_list(&line, 3 * spread, &state);
        put(&line, "}");
        CHECK(mdm_reader_feed(reader, line.at, line.n, NULL, 0, &n_faults) == MDM_OK);
    }
    check_lines(fleet, spread, &state);
    mdm_reader_free(reader);
    check_lines(fleet, spread, &state);
    add(fleet, 3 * spread, true, &state);
    check_lines(fleet, spread, &state);
    check_classes(fleet);
    mdm_fleet_free(fleet);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

/* ---- Memory ---- */

/* Two sources; a refused one is tried again. */
static void exhaust(bool is_of_fleet)
{
    static const mdm_relation relations[N_KINDS] = {MDM_EQUAL, MDM_UNRELATED, MDM_SUPERSET,
                                                    MDM_MINOR, MDM_EQUAL,     MDM_EQUAL};
    static page lines[4];
    for (size_t n = 0;; n++) {
        bank bank = {0, 0, SIZE_MAX, 0};
        mdm_fleet *fleet = make(&bank, relations, 0);
        mdm_compiler compiler;
        mdm_status status = MDM_OK;
        uint32_t state = 7;
        bool has_begun = false;
        for (int i = 0; i < 40; i++) {
            add(fleet, 30, i < 3, &state);
        }
        bank.has_refused = 0;
        bank.n_left = n;
        has_begun = mdm_compiler_new(&compiler, fleet, &fleet->memory, is_of_fleet);
        for (size_t i = 1; i <= 3 && has_begun; i++) {
            page *line = &lines[i];
            mdm_compiled source;
            const char *fault = NULL;
            line->n = 0;
            put_self(line, 60, &state);
            put_list(line, 60, &state);
            put(line, "}");
            do {
                status = is_of_fleet ? mdm_compile_class(&compiler, i, &source)
                                     : mdm_compile_line(&compiler, (mdm_text){line->at, line->n},
                                                        &source, &fault);
                CHECK(status == MDM_OK || (status == MDM_NO_MEMORY && bank.has_refused));
            } while (status != MDM_OK);
            while (!mdm_compiler_encode(&compiler, 1)) {
                CHECK(bank.has_refused);
            }
            check_source(&compiler, &source);
        }
        mdm_compiler_free(&compiler);
        bank.n_left = SIZE_MAX;
        mdm_fleet_free(fleet);
        CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
        if (!bank.has_refused) {
            return;
        }
    }
}

/* ---- Many lines: what was read before them, and who encodes them, changes nothing ---- */

#define MANY 5000U

/* Members that the fleet lacks are counted, so sets that have some are equal to none. */
static bool is_same_value(mdm_kind kind, const mdm_value *left, const mdm_value *right)
{
    return kind == MDM_SET ? left->set.n == right->set.n && left->set.mask == right->set.mask &&
                                 left->set.n_unknown == right->set.n_unknown
                           : mdm_value_equal(kind, left, right);
}

static bool is_same_text(const mdm_texts *left, const mdm_texts *right, uint32_t a, uint32_t b)
{
    const mdm_entry *one = &left->at[a - 1];
    const mdm_entry *other = &right->at[b - 1];
    return one->len == other->len && memcmp(one->at, other->at, one->len) == 0;
}

static void check_same_object(const mdm_lists *left, const mdm_lists *right, uint32_t a,
                              uint32_t b)
{
    for (size_t i = 0; i <= N_KINDS; i++) {
        const uint32_t one = mdm_code(&left->columns, i, left->objects.at[a]);
        const uint32_t other = mdm_code(&right->columns, i, right->objects.at[b]);
        CHECK((one == 0) == (other == 0));
        CHECK(one == 0 ||
              is_same_text(i < N_KINDS ? &left->clauses[i].texts : &left->joints.texts,
                           i < N_KINDS ? &right->clauses[i].texts : &right->joints.texts, one,
                           other));
    }
}

static void check_same(const mdm_compiler *left, const mdm_compiled *one,
                       const mdm_compiler *right, const mdm_compiled *other)
{
    for (size_t a = 0; a < N_KINDS; a++) {
        const mdm_value *value = mdm_compiled_value(left, a, one->values[a]);
        const mdm_value *twin = mdm_compiled_value(right, a, other->values[a]);
        CHECK((value == NULL) == (twin == NULL));
        CHECK(value == NULL || is_same_value((mdm_kind)a, value, twin));
    }
    CHECK((one->list == MDM_NONE) == (other->list == MDM_NONE));
    if (one->list != MDM_NONE) {
        const mdm_list *list = &left->lists->at[one->list];
        const mdm_list *twin = &right->lists->at[other->list];
        CHECK(list->n == twin->n);
        for (uint32_t i = 0; i < list->n; i++) {
            check_same_object(left->lists, right->lists, list->first + i, twin->first + i);
        }
    }
}

/* A byte of some lines is another. */
static size_t put_lines(char *text, size_t *ends, size_t n_lines, uint32_t *state)
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

/* Compiles what it can. Each line as if it were the first. */
static size_t compile_lines(mdm_compiler *compiler, const char *text, const size_t *ends,
                            size_t n_lines, mdm_compiled *sources)
{
    size_t n = 0;
    size_t begin = 0;
    for (size_t i = 0; i < n_lines; i++) {
        const mdm_text line = {text + begin, ends[i] - begin};
        mdm_compiler fresh;
        mdm_compiled alone;
        const char *faults[2] = {NULL, NULL};
        const mdm_status status = mdm_compile_line(compiler, line, &sources[n], &faults[0]);
        CHECK(mdm_compiler_new(&fresh, compiler->fleet, &compiler->fleet->memory, false));
        CHECK(mdm_compile_line(&fresh, line, &alone, &faults[1]) == status);
        CHECK(faults[0] == faults[1] && (status == MDM_OK || status == MDM_BAD_TEXT));
        if (status == MDM_OK) {
            check_same(compiler, &sources[n++], &fresh, &alone);
        }
        mdm_compiler_free(&fresh);
        begin = ends[i] + 1;
    }
    return n;
}

static size_t n_needed(const mdm_compiler *compiler)
{
    size_t n = compiler->needs.n;
    for (size_t a = 0; a < N_KINDS; a++) {
        n += compiler->own.clauses[a].texts.n;
    }
    return n;
}

static void check_many(const mdm_relation *relations, size_t n_lines, size_t n_left,
                       unsigned n_threads)
{
    static size_t ends[MANY];
    static mdm_compiled sources[MANY];
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, 0);
    char *text = malloc(n_lines * sizeof(page));
    uint32_t state = 5;
    mdm_compiler compiler;
    size_t n = 0;
    CHECK(text != NULL);
    for (int i = 0; i < 40; i++) {
        add(fleet, 12, i < 3, &state);
    }
    CHECK(mdm_compiler_new(&compiler, fleet, &fleet->memory, false));
    compiler.limit = text + put_lines(text, ends, n_lines, &state);
    n = compile_lines(&compiler, text, ends, n_lines, sources);
    CHECK(n > n_lines / 2 && n < n_lines && n_needed(&compiler) > n_lines * 2);
    bank.n_left = n_left;
    while (!mdm_compiler_encode(&compiler, n_threads)) {
        CHECK(bank.has_refused);
    }
    for (size_t i = 0; i < n; i += 7) {
        check_source(&compiler, &sources[i]);
    }
    mdm_compiler_free(&compiler);
    mdm_fleet_free(fleet);
    free(text);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

/* ---- What two have compiled, put together: each source stays what it was ---- */

#define HALF ((size_t)240) /* lines of each; together they have more of a kind than a byte counts */

/* Compiles n lines of a text that has no mistakes; sources are appended. */
static void compile_half(mdm_compiler *compiler, const char *text, const size_t *ends, size_t first,
                         mdm_compiled *sources)
{
    for (size_t i = first; i < first + HALF; i++) {
        const size_t begin = i == 0 ? 0 : ends[i - 1];
        const char *fault = NULL;
        CHECK(mdm_compile_line(compiler, (mdm_text){text + begin, ends[i] - begin}, &sources[i],
                               &fault) == MDM_OK);
    }
}

/* Against one compiler that has read all. */
static void check_merged(const mdm_compiler *merged, const mdm_compiled *sources,
                         const mdm_compiler *whole, const mdm_compiled *wanted)
{
    for (size_t i = 0; i < 2 * HALF; i++) {
        check_same(merged, &sources[i], whole, &wanted[i]);
    }
    check_lists(&merged->own);
}

/* false: a request was refused, and both are gone without a leak. */
static bool merge(bank *at, const mdm_fleet *fleet, const char *text, const size_t *ends, size_t n,
                  mdm_compiled *sources, const mdm_compiler *whole, const mdm_compiled *wanted)
{
    mdm_compiler both[2];
    mdm_moved moved;
    mdm_status status = MDM_OK;
    for (size_t i = 0; i < 2; i++) {
        CHECK(mdm_compiler_new(&both[i], fleet, &fleet->memory, false));
        compile_half(&both[i], text, ends, i * HALF, sources);
    }
    at->has_refused = 0;
    at->n_left = n;
    status = mdm_compiler_merge(&both[0], &both[1], &moved);
    for (size_t i = HALF; i < 2 * HALF && status == MDM_OK; i++) {
        status = mdm_compiled_move(&both[0], &moved, &sources[i]);
    }
    CHECK(status == (at->has_refused ? MDM_NO_MEMORY : MDM_OK));
    at->n_left = SIZE_MAX;
    mdm_compiler_free(&both[1]);
    if (status == MDM_OK) {
        check_merged(&both[0], sources, whole, wanted);
        CHECK(mdm_compiler_encode(&both[0], 1));
        check_source(&both[0], &sources[2 * HALF - 1]);
    }
    mdm_compiler_free(&both[0]);
    return status == MDM_OK;
}

/* Some sources publish no list; without a spread no value is one that the fleet lacks. */
static void check_merging(const mdm_relation *relations, uint32_t spread)
{
    static size_t ends[2 * HALF];
    static mdm_compiled sources[2][2 * HALF];
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, 0);
    char *text = malloc(2 * HALF * sizeof(page));
    uint32_t state = 3;
    mdm_compiler whole;
    size_t n = 0;
    CHECK(text != NULL);
    for (int i = 0; i < 40; i++) {
        add(fleet, 12, i < 3, &state);
    }
    for (size_t i = 0; i < 2 * HALF; i++) {
        page line = {.n = 0};
        if (spread == 0) {
            put(&line, "{\"self\":{}");
        } else {
            put_self(&line, spread, &state);
        }
        if (i % 5 != 0) {
            put_list(&line, spread + 1, &state);
        }
        put(&line, "}");
        memcpy(text + n, line.at, line.n);
        ends[i] = n += line.n;
    }
    CHECK(mdm_compiler_new(&whole, fleet, &fleet->memory, false));
    compile_half(&whole, text, ends, 0, sources[1]);
    compile_half(&whole, text, ends, HALF, sources[1]);
    for (n = 0; !merge(&bank, fleet, text, ends, n, sources[0], &whole, sources[1]);) {
        n += 1 + n / 64;
    }
    CHECK(n > N_KINDS);
    mdm_compiler_free(&whole);
    mdm_fleet_free(fleet);
    free(text);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

/* ---- Lines that threads share ---- */

#define SHARED ((size_t)1200) /* lines, of enough bytes for two threads; twice over, for three */
#define COUNTED ((size_t)2 * SHARED)

/* The same lines without those that have a mistake, twice over: each comes again in another part. */
static size_t put_right(char *to, const char *text, const size_t *ends, const mdm_fault *faults,
                        size_t n_faults)
{
    size_t n = 0;
    size_t begin = 0;
    size_t fault = 0;
    for (size_t i = 0; i < SHARED; begin = ends[i++] + 1) {
        if (fault < n_faults && faults[fault].line == i) {
            fault++;
            continue;
        }
        memcpy(to + n, text + begin, ends[i] + 1 - begin);
        n += ends[i] + 1 - begin;
    }
    CHECK(fault == n_faults);
    memcpy(to + n, to, n);
    return 2 * n;
}

static size_t count(mdm_join *join, uint32_t (*counts)[COUNTED])
{
    static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};
    size_t n_left = 1;
    while (n_left > 0) {
        CHECK(mdm_join_count(join, 100, &n_left) == MDM_OK);
    }
    for (size_t v = 0; v < 3; v++) {
        CHECK(mdm_join_counts(join, verdicts[v], counts[v], COUNTED) == MDM_OK);
    }
    return mdm_join_len(join);
}

/* One thread and three find the same mistakes. */
static size_t check_faults(const mdm_fleet *fleet, const char *text, size_t len,
                           mdm_fault (*faults)[SHARED])
{
    size_t n[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++) {
        mdm_join *join = NULL;
        CHECK(mdm_join_lines(fleet, text, len, MDM_NOBODY, 1 + 2 * i, &join, faults[i], SHARED,
                             &n[i]) == MDM_BAD_TEXT);
    }
    CHECK(n[0] == n[1] && n[0] > 0);
    for (size_t i = 0; i < n[0]; i++) {
        CHECK(faults[0][i].offset == faults[1][i].offset && faults[0][i].line == faults[1][i].line);
    }
    return n[0];
}

static void check_shared(const mdm_relation *relations)
{
    static size_t ends[SHARED];
    static mdm_fault faults[2][SHARED];
    static uint32_t counts[2][3][COUNTED];
    bank bank = {0, 0, SIZE_MAX, 0};
    mdm_fleet *fleet = make(&bank, relations, 0);
    char *text = malloc(SHARED * sizeof(page));
    char *right = malloc(COUNTED * sizeof(page));
    uint32_t state = 11;
    size_t len = 0;
    CHECK(text != NULL && right != NULL);
    for (int i = 0; i < 200; i++) {
        add(fleet, 12, i < 3, &state);
    }
    len = put_lines(text, ends, SHARED, &state);
    CHECK(len > (size_t)2 << 17);
    len = put_right(right, text, ends, faults[0], check_faults(fleet, text, len, faults));
    for (size_t n = 0;; n += 1 + n / 2) {
        mdm_join *join = NULL;
        size_t n_faults = 0;
        bank.n_left = n == 0 ? SIZE_MAX : n - 1;
        bank.has_refused = 0;
        for (unsigned i = 0; i < 2; i++) {
            const mdm_status status = mdm_join_lines(fleet, right, len, MDM_NOBODY, 1 + 2 * i,
                                                     &join, NULL, 0, &n_faults);
            CHECK(status == (bank.has_refused && join == NULL ? MDM_NO_MEMORY : MDM_OK));
            if (status == MDM_OK && n == 0) {
                const size_t n_sources = count(join, counts[i]);
                CHECK(n_sources > SHARED && n_sources <= COUNTED);
            }
            mdm_join_free(join);
            join = NULL;
            bank.n_left = i == 0 && n > 0 ? n - 1 : SIZE_MAX;
        }
        if (n > 0 && !bank.has_refused) {
            break;
        }
    }
    CHECK(memcmp(counts[0], counts[1], sizeof counts[0]) == 0);
    mdm_fleet_free(fleet);
    free(right);
    free(text);
    CHECK(bank.n_bytes == 0 && bank.n_blocks == 0);
}

int main(void)
{
    static const mdm_relation relations[][N_KINDS] = {
        {MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL},
        {MDM_UNRELATED, MDM_UNRELATED, MDM_SUPERSET, MDM_MINOR, MDM_UNRELATED, MDM_UNRELATED},
        {MDM_ANY, MDM_ANY, MDM_SUBSET, MDM_ANY, MDM_ANY, MDM_ANY},
        {MDM_UNRELATED, MDM_UNRELATED, MDM_MEMBER, MDM_UNRELATED, MDM_EQUAL, MDM_UNRELATED},
    };
    for (uint32_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        check_fleet(relations[i], (int)(i % 2), 12, 30, i);
        check_fleet(relations[i], (int)(i % 2), 60, 300, 10 + i);
    }
    check_fleet(relations[1], 0, 20000, 4000, 99);
    exhaust(false);
    exhaust(true);
    check_many(relations[0], MANY, SIZE_MAX, 1);
    check_many(relations[1], MANY / 4, SIZE_MAX, 3);
    for (size_t n = 0; n < 4; n++) {
        check_many(relations[3], MANY / 4, n * n, 3);
    }
    check_merging(relations[0], 20000);
    check_merging(relations[1], 0);
    check_shared(relations[3]);
    puts("well");
    return 0;
}
