/*
 * Schemes and descriptions drawn from bytes.
 */
#include "draw.h"

#include <stdio.h>
#define POOL 12

/* Several mean the same. By mdm_kind. */
static const char *const values[6][POOL] = {
    {"0", "1", "2", "3", "4", "8", "-1", "-2", "5", "9", "9223372036854775807",
     "-9223372036854775808"},
    {"t1", "t2", "t4", "t-1", "t12", "", "A", "A+B", "1", "any()", "a \"b\" \\ #{\xc3\xa9}", "t11"},
    {"", "A", "B", "A+B", "B+A", "A,B", "A, B", "A+B+C", "C+D+E", "A+B+C+D+E", "t1", "1.0"},
    {"0.0", "0.1", "1.0", "1.0.0", "1.1", "1.1.2", "1.2.1", "1.3", "2.0.0", "3.3.3", "1.0.1",
     "4294967295.0"},
    {"8086591d", "8086-591d", "8086:591D", "80865912", "591d", "591D", "10de591d", "1111", "5912",
     "8086-5912", "10de:1111", "00000000"},
    {"0", "1", "2", "1/2", "2/4", "3/2", "-1/2", "4/2", "1/3", "-2", "9223372036854775807/2", "8"},
};

/* The last ones are mistakes, and come rarely. */
#define N_MISTAKES 2
static const char *const clauses[6][POOL] = {
    {"1", "2", "one_of(1,2)", "one_of(0,-1,8)", "range(1,3)", "range(-2,-1)", "", "any()",
     "absent()", "range(0,9223372036854775807)", "range(3,1)", "\"1\""},
    {"t1", "A", "one_of(t1,t2)", "one_of(\"\",A,\"any()\")", "\"A\"+B", "\"any()\"", "", "any()",
     "absent()", "\"a \\\"b\\\" \\\\ #{\xc3\xa9}\"", "version(1)", "a b"},
    {"A", "A+B", "one_of(A,\"B,A\")", "superset(A)", "superset(A+B)", "subset(A+B+C)", "", "any()",
     "absent()", "subset(\"\")", "A+A", "superset()"},
    {"1.0", "1.1", "one_of(1.0,1.1.2)", "range(0.1,1.2)", "range(1.0.0,1.0.1)", "version(1.1)", "",
     "any()", "absent()", "version(0.0)", "1", "range(2.0,1.0)"},
    {"591d", "8086591d", "one_of(591d,8086-5912)", "one_of(10de591d)", "8086:591D", "1111", "",
     "any()", "absent()", "\"591d\"", "591", "range(0000,ffff)"},
    {"1", "1/2", "one_of(1/2,3)", "range(0,1)", "range(-1/2,1/3)", "2/4", "", "any()", "absent()",
     "range(1/3,1/3)", "1/0", "\"1\""},
};

/* Variables, declared where they come first: $i and $j are numbers, all others texts; $* is one for
   each kind, $s may be a mistake. */
static const char *const texts[] = {"t$i", "$i", "$s", "t$i\"-1\"", "$s$i", "$i$j",
                                    "$s$s", "t$j2", "\"t\"$s", "$s$i$s", "t$i$s", "$i$s$j"};
static const char *const numbers[] = {"$i", "$j", "$i/2", "$i*2", "$j/3", "$j*3", "$i/1", "$j/2"};
static const char *const choices[] = {"$*", "$*", "$*", "$s"};

static const char *const ranges[] = {"1-4", "1,2,4,8", "0", "-2-3", "2-3,1", "-9223372036854775808-0",
                                     "4611686018427387904,9", "1-1,11-12,1"};

static const char *pick(law_bytes *bytes, const char *const *pool, size_t n)
{
    return pool[law_byte(bytes) % n];
}

#define PICK(bytes, pool) pick(bytes, pool, sizeof(pool) / sizeof *(pool))

/* ---- Schemes ---- */

static const mdm_verdict verdicts[] = {MDM_NO, MDM_UNDECIDED, MDM_YES};

/* What each attribute may be compared by; the last is MDM_ANY. */
static const mdm_relation relations[6][8] = {
    {MDM_UNRELATED, MDM_UNRELATED, MDM_UNRELATED, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL,
     MDM_ANY},
    {MDM_UNRELATED, MDM_UNRELATED, MDM_UNRELATED, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL,
     MDM_ANY},
    {MDM_UNRELATED, MDM_UNRELATED, MDM_EQUAL, MDM_SUPERSET, MDM_SUBSET, MDM_MEMBER, MDM_MEMBER,
     MDM_ANY},
    {MDM_UNRELATED, MDM_UNRELATED, MDM_UNRELATED, MDM_EQUAL, MDM_EQUAL, MDM_MINOR, MDM_MINOR,
     MDM_ANY},
    {MDM_UNRELATED, MDM_UNRELATED, MDM_UNRELATED, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL,
     MDM_ANY},
    {MDM_UNRELATED, MDM_UNRELATED, MDM_UNRELATED, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL, MDM_EQUAL,
     MDM_ANY},
};

void draw_scheme(law_bytes *bytes, drawn_scheme *to)
{
    const uint8_t settings = law_byte(bytes);
    for (size_t i = 0; i < LAW_ATTRIBUTES; i++) {
        const uint8_t bits = law_byte(bytes);
        mdm_attribute *attribute = &to->attributes[i];
        *attribute = law_scheme.attributes[i];
        attribute->relation = relations[attribute->kind][bits & 7];
        attribute->missing = verdicts[(bits >> 3 & 3) % 3];
        attribute->required = bits >> 5 & 1;
        /* The two of kind string, a and g. */
        if (attribute->relation == MDM_MEMBER ||
            (attribute->relation == MDM_EQUAL && attribute->kind == MDM_STRING)) {
            attribute->of = (bits & 0x40) != 0 ? 6 : 0;
        }
    }
    to->scheme = (mdm_scheme){to->attributes,
                              LAW_ATTRIBUTES,
                              (mdm_direction)(settings & 3),
                              verdicts[(settings >> 2 & 3) % 3],
                              verdicts[(settings >> 4 & 3) % 3],
                              settings >> 6 & 1};
}

/* ---- Clauses ---- */

static void put_declaration(law_bytes *bytes, mdm_kind kind, char name, law_paper *paper)
{
    const bool is_string = name != 'i' && name != 'j';
    const uint8_t bits = is_string ? law_byte(bytes) : 0;
    law_put_plain(paper, is_string ? ":string:" : ":int:");
    if (!is_string) {
        law_put_plain(paper, PICK(bytes, ranges));
        return;
    }
    for (size_t i = 0; i <= (bits & 3U); i++) {
        const char *value = values[kind][(bits / 4U + i * (bits >> 6 | 1U)) % POOL];
        law_put_plain(paper, i == 0 ? "\"" : ",\"");
        for (; *value != '\0'; value++) {
            law_put(paper, "\\", *value == '"' || *value == '\\');
            law_put(paper, value, 1);
        }
        law_put_plain(paper, "\"");
    }
}

static void put_template(law_bytes *bytes, mdm_kind kind, const char *form, uint32_t *declared,
                         law_paper *paper)
{
    for (; *form != '\0'; form++) {
        char name = '\0';
        uint32_t bit = 0;
        if (*form != '$') {
            law_put(paper, form, 1);
            continue;
        }
        form++;
        name = *form == '*' ? "-mnpqr"[kind] : *form;
        bit = 1U << (name - 'a');
        law_put_plain(paper, "{");
        law_put(paper, &name, 1);
        if ((*declared & bit) == 0) {
            put_declaration(bytes, kind, name, paper);
        }
        law_put_plain(paper, "}");
        *declared |= bit;
    }
}

static naive_text draw_clause(law_bytes *bytes, mdm_kind kind, uint32_t *declared,
                              naive_heap *heap)
{
    law_paper paper = {heap->at + heap->n, sizeof heap->at - heap->n, 0};
    const uint8_t bits = law_byte(bytes);
    if (bits >= 0xf8) {
        law_put_plain(&paper, clauses[kind][POOL - 1 - bits % N_MISTAKES]);
    } else if ((bits & 1) == 0) {
        law_put_plain(&paper, clauses[kind][bits / 2 % (POOL - N_MISTAKES)]);
    } else if (kind == MDM_STRING) {
        put_template(bytes, kind, texts[bits / 2 % 12], declared, &paper);
    } else if (kind == MDM_INT || kind == MDM_RATIO) {
        put_template(bytes, kind, numbers[bits / 2 % 8], declared, &paper);
    } else {
        put_template(bytes, kind, choices[bits / 2 % 4], declared, &paper);
    }
    heap->n += paper.n;
    return (naive_text){paper.at, paper.n};
}

/* ---- Descriptions ---- */

static naive_answer draw_object(law_bytes *bytes, const mdm_scheme *scheme, naive_heap *heap,
                                naive_object *object, law_paper *paper)
{
    const uint8_t mask = law_byte(bytes);
    const size_t first = law_below(bytes, LAW_ATTRIBUTES);
    uint32_t declared = 0;
    naive_answer answer = NAIVE_GOOD;
    object->n_clauses = 0;
    object->n_variables = 0;
    law_put_plain(paper, "{");
    for (size_t i = 0; i < LAW_ATTRIBUTES; i++) {
        const size_t a = (first + i) % LAW_ATTRIBUTES;
        const mdm_kind kind = scheme->attributes[a].kind;
        naive_text text = {NULL, 0};
        if ((mask >> a & 1) == 0) {
            continue;
        }
        text = draw_clause(bytes, kind, &declared, heap);
        law_put_plain(paper, object->n_clauses == 0 ? "" : ",");
        law_put_json(paper, scheme->attributes[a].name, 1);
        law_put_plain(paper, ":");
        law_put_json(paper, text.at, text.len);
        if (answer == NAIVE_GOOD) {
            answer = naive_clause_read(heap, kind, a, text, object);
        }
    }
    law_put_plain(paper, "}");
    return object->n_clauses == 0 ? NAIVE_BAD : answer;
}

static void draw_self(law_bytes *bytes, const mdm_scheme *scheme, naive_description *meaning,
                      law_paper *paper)
{
    const uint8_t mask = law_byte(bytes);
    const char *comma = "";
    law_put_plain(paper, "\"self\":{");
    for (size_t a = 0; a < LAW_ATTRIBUTES; a++) {
        const mdm_kind kind = scheme->attributes[a].kind;
        naive_text text = {NULL, 0};
        meaning->has[a] = (mask >> a & 1) != 0;
        if (!meaning->has[a]) {
            continue;
        }
        text = naive_plain(PICK(bytes, values[kind]));
        LAW(naive_value_read(kind, text, &meaning->values[a]));
        law_put_plain(paper, comma);
        law_put_json(paper, scheme->attributes[a].name, 1);
        law_put_plain(paper, ":");
        if (kind == MDM_INT) {
            law_put(paper, text.at, text.len);
        } else {
            law_put_json(paper, text.at, text.len);
        }
        comma = ",";
    }
    law_put_plain(paper, "}");
}

void draw_description(law_bytes *bytes, const mdm_scheme *scheme, naive_heap *heap, drawn *to)
{
    static const char *const names[] = {"", "\"name\":\"\",", "\"name\":\"n\",",
                                        "\"name\":\"host1/0000:00:02.0\","};
    law_paper paper = {to->text, sizeof to->text, 0};
    const uint8_t shape = law_byte(bytes);
    to->answer = NAIVE_GOOD;
    law_put_plain(&paper, "{");
    law_put_plain(&paper, names[shape & 3]);
    draw_self(bytes, scheme, &to->meaning, &paper);
    to->meaning.has_list = (shape & 4) != 0;
    to->meaning.n_objects = to->meaning.has_list ? shape >> 3 & 3 : 0;
    if (to->meaning.has_list) {
        law_put_plain(&paper, ",\"compatible\":[");
        for (size_t i = 0; i < to->meaning.n_objects; i++) {
            const naive_answer answer =
                draw_object(bytes, scheme, heap, &to->meaning.objects[i], &paper);
            to->answer = answer < to->answer ? answer : to->answer;
            law_put_plain(&paper, i + 1 < to->meaning.n_objects ? "," : "");
        }
        law_put_plain(&paper, "]");
    }
    law_put_plain(&paper, "}");
    to->len = paper.n;
}

const drawn *draw_probes(void)
{
    static drawn probes[DRAW_PROBES];
    static naive_heap heap; /* of no use: nothing has clauses */
    for (size_t i = 0; i < DRAW_PROBES && probes[i].len == 0; i++) {
        uint8_t given[LAW_ATTRIBUTES + 2] = {0};
        law_bytes bytes = {given, sizeof given};
        /* Some have all attributes, some lack this one or that one; one has none. */
        given[1] = (uint8_t)(i == 0 ? 0 : i < 5 ? 0x7f : 0x7f ^ (0x0b << i % 4));
        for (size_t a = 0; a < LAW_ATTRIBUTES; a++) {
            given[a + 2] = (uint8_t)(i * (a + 1) + a);
        }
        draw_description(&bytes, &law_scheme, &heap, &probes[i]);
    }
    return probes;
}

/* What tells devices apart, and elsewhere values of the pools, so that there are many classes with
   few values. */
static size_t write_numbered(char *text, size_t capacity, size_t a, uint32_t number)
{
    static const char *const forms[LAW_ATTRIBUTES] = {"t%u", "%u", NULL, "0.%u"};
    const char *pooled = values[law_scheme.attributes[a].kind][number / (a + 1) % POOL];
    return (size_t)(forms[a] == NULL ? snprintf(text, capacity, "%s", pooled)
                                     : snprintf(text, capacity, forms[a], number));
}

void draw_numbered(uint32_t number, drawn *to)
{
    static char texts_of[1 << 15];
    static size_t n_texts;
    law_paper paper = {to->text, sizeof to->text, 0};
    memset(&to->meaning, 0, sizeof to->meaning);
    law_put_plain(&paper, "{\"self\":{");
    for (size_t a = 0; a < LAW_ATTRIBUTES; a++) {
        const mdm_kind kind = law_scheme.attributes[a].kind;
        char *text = texts_of + n_texts;
        size_t len = 0;
        if (a != 0 && (number + a) % 5 == 0) {
            continue;
        }
        len = write_numbered(text, sizeof texts_of - n_texts, a, number);
        n_texts += len;
        LAW(n_texts < sizeof texts_of);
        to->meaning.has[a] = naive_value_read(kind, (naive_text){text, len}, &to->meaning.values[a]);
        LAW(to->meaning.has[a]);
        law_put_plain(&paper, a == 0 ? "" : ",");
        law_put_json(&paper, law_scheme.attributes[a].name, 1);
        law_put_plain(&paper, ":");
        if (kind == MDM_INT) {
            law_put(&paper, text, len);
        } else {
            law_put_json(&paper, text, len);
        }
    }
    law_put_plain(&paper, "}}");
    to->len = paper.n;
    to->answer = NAIVE_GOOD;
}
