/*
 * Descriptions and the objects that they accept. A narrow object lies around a description and
 * accepts it; a broad one passes about half of the values in each clause.
 */
#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

enum {
    API,
    TYPE, /* four to a family: the sizes 1, 2, 4 and 8 */
    PARENT,
    AGGREGATOR,
    MODES,
    VERSION, /* four bits of bugfix, four of minor, the rest is the major */
    FRAMEBUFFER,
    DRIVER,
    FLAGS,
    LOCATION,
    COST,
    MISC,
    N_ATTRIBUTES
};

#define OBJECTS(a, name, kind) {name, sizeof(name) - 1, kind, MDM_UNRELATED, a, MDM_NO, 0}

static const mdm_attribute by_objects[N_ATTRIBUTES] = {
    OBJECTS(API, "device_api", MDM_STRING),       OBJECTS(TYPE, "mdev_type", MDM_STRING),
    OBJECTS(PARENT, "parent", MDM_STRING),        OBJECTS(AGGREGATOR, "aggregator", MDM_INT),
    OBJECTS(MODES, "pv_mode", MDM_SET),           OBJECTS(VERSION, "version", MDM_VERSION),
    OBJECTS(FRAMEBUFFER, "framebuffer", MDM_INT), OBJECTS(DRIVER, "driver", MDM_STRING),
    OBJECTS(FLAGS, "flags", MDM_SET),             OBJECTS(LOCATION, "location", MDM_INT),
    OBJECTS(COST, "cost", MDM_INT),               OBJECTS(MISC, "misc", MDM_STRING),
};

#define RELATED(a, name, kind, relation) {name, sizeof(name) - 1, kind, relation, a, MDM_NO, 0}

static const mdm_attribute by_relations[N_ATTRIBUTES] = {
    RELATED(API, "device_api", MDM_STRING, MDM_EQUAL),
    RELATED(TYPE, "mdev_type", MDM_STRING, MDM_EQUAL),
    RELATED(PARENT, "parent", MDM_STRING, MDM_ANY),
    RELATED(AGGREGATOR, "aggregator", MDM_INT, MDM_EQUAL),
    RELATED(MODES, "pv_mode", MDM_SET, MDM_SUPERSET),
    RELATED(VERSION, "version", MDM_VERSION, MDM_MINOR),
    RELATED(FRAMEBUFFER, "framebuffer", MDM_INT, MDM_ANY),
    RELATED(DRIVER, "driver", MDM_STRING, MDM_ANY),
    RELATED(FLAGS, "flags", MDM_SET, MDM_SUBSET),
    RELATED(LOCATION, "location", MDM_INT, MDM_ANY),
    RELATED(COST, "cost", MDM_INT, MDM_ANY),
    RELATED(MISC, "misc", MDM_STRING, MDM_ANY),
};

const mdm_scheme scheme_of_objects = {by_objects, N_ATTRIBUTES, MDM_SOURCE, MDM_NO, MDM_YES, 0};
const mdm_scheme scheme_of_relations = {by_relations, N_ATTRIBUTES, MDM_NOBODY, MDM_NO, MDM_YES, 0};

typedef enum stream { FAMILIES = 1, CLASSES, DEVICES, SHARES, NAMES } stream;

static const unsigned n_codes[N_ATTRIBUTES] = {6,    200, 64,   33,  64,   1024,
                                               4096, 500, 4096, 256, 1000, 16};

/* ---- Text ---- */

static void *grown(void *block, size_t size)
{
    void *made = realloc(block, size);
    if (made == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return made;
}

static void reserve(lines *to, size_t n)
{
    if (to->capacity - to->len < n) {
        to->capacity = 2 * to->capacity + n;
        to->at = grown(to->at, to->capacity);
    }
}

__attribute__((format(printf, 2, 3))) static void put(lines *to, const char *format, ...)
{
    va_list values;
    reserve(to, 256);
    va_start(values, format);
    to->len += (size_t)vsnprintf(to->at + to->len, to->capacity - to->len, format, values);
    va_end(values);
}

static void end_line(lines *to)
{
    put(to, "}\n");
    to->ends = grown(to->ends, (to->n + 1) * sizeof *to->ends);
    to->ends[to->n++] = to->len;
}

static void put_members(lines *to, unsigned set)
{
    static const char *const names[] = {"ppgtt", "context", "hwsp", "preempt", "guc", "huc",
                                        "vnuma", "dirty", "stop", "precopy", "p2p", "reset"};
    put(to, "none");
    for (size_t bit = 0; bit < sizeof names / sizeof *names; bit++) {
        if ((set >> bit & 1) != 0) {
            put(to, "+%s", names[bit]);
        }
    }
}

static void put_value(lines *to, size_t attribute, unsigned code)
{
    switch (attribute) {
    case API:
        put(to, "vfio-api%u", code);
        break;
    case TYPE:
        put(to, "i915-GVTg_V%u_%u", code / 4, 1U << code % 4);
        break;
    case PARENT:
        put(to, "0000:%02x:02.0", code);
        break;
    case MODES:
    case FLAGS:
        put_members(to, code);
        break;
    case VERSION:
        put(to, "%u.%u.%u", code >> 8, code >> 4 & 15, code & 15);
        break;
    case DRIVER:
        put(to, "driver-%u.%u", code / 20, code % 20);
        break;
    case MISC:
        put(to, "misc-%u", code);
        break;
    default:
        put(to, "%u", code);
    }
}

/* ---- Objects ---- */

static void put_clause(lines *to, size_t attribute)
{
    put(to, "%s\"%s\":\"", to->at[to->len - 1] == '{' ? "" : ",", by_objects[attribute].name);
}

static void put_range(lines *to, size_t attribute, unsigned low, unsigned high)
{
    const unsigned last = n_codes[attribute] - 1;
    put_clause(to, attribute);
    put(to, "range(");
    put_value(to, attribute, low);
    put(to, ",");
    put_value(to, attribute, high < last ? high : last);
    put(to, ")\"");
}

static void put_superset(lines *to, size_t attribute, unsigned set)
{
    put_clause(to, attribute);
    put(to, "superset(");
    put_members(to, set);
    put(to, ")\"");
}

/* The code and others, all different: no step has a factor with a number of codes. */
static void put_one_of(lines *to, dice *from, size_t attribute, unsigned code, unsigned n_others)
{
    static const unsigned steps[] = {7, 11, 13, 17};
    const unsigned step = steps[draw(from, 4)];
    put_clause(to, attribute);
    put(to, "one_of(");
    for (unsigned i = 0; i <= n_others; i++) {
        put(to, i == 0 ? "" : ",");
        put_value(to, attribute, (code + i * step) % n_codes[attribute]);
    }
    put(to, ")\"");
}

static void put_type(lines *to, dice *from, const unsigned *codes)
{
    put_clause(to, TYPE);
    if (happens(from, 50)) {
        const unsigned times = codes[AGGREGATOR] >> codes[TYPE] % 4;
        put(to, "i915-GVTg_V%u_{size:int:1,2,4,8}\"", codes[TYPE] / 4);
        put_clause(to, AGGREGATOR);
        put(to, "{size}*%u\"", times == 0 ? 1 : times);
    } else {
        put_value(to, TYPE, codes[TYPE]);
        put(to, "\"");
        put_range(to, AGGREGATOR, codes[AGGREGATOR], 32);
    }
}

static void put_narrow(lines *to, dice *from, const unsigned *codes)
{
    put_clause(to, API);
    put_value(to, API, codes[API]);
    put(to, "\"");
    put_type(to, from, codes);
    put_one_of(to, from, PARENT, codes[PARENT], draw(from, 8));
    put_superset(to, MODES, codes[MODES] & draw(from, 64));
    put_range(to, VERSION, codes[VERSION] & ~15U, codes[VERSION] | 255);
    put_range(to, FRAMEBUFFER, codes[FRAMEBUFFER] / 2, codes[FRAMEBUFFER] * 2);
    if (happens(from, 70)) {
        put_one_of(to, from, DRIVER, codes[DRIVER], draw(from, 8));
    }
    put_superset(to, FLAGS, codes[FLAGS] & draw(from, 4096) & draw(from, 4096));
    if (happens(from, 30)) {
        put_range(to, LOCATION, 0, codes[LOCATION] < 2 ? 2 : codes[LOCATION]);
    }
    if (happens(from, 50)) {
        put_range(to, COST, 0, codes[COST] + 300);
    }
    if (happens(from, 50)) {
        put_one_of(to, from, MISC, codes[MISC], 3);
    }
}

static void put_broad(lines *to, dice *from)
{
    static const size_t ranges[] = {AGGREGATOR, FRAMEBUFFER, LOCATION, COST};
    put_one_of(to, from, API, draw(from, 6), 2);
    put_one_of(to, from, PARENT, draw(from, 64), 31);
    put_superset(to, MODES, 1U << draw(from, 6));
    put_range(to, VERSION, draw(from, 4) << 8 | draw(from, 8) << 4, 1023);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const unsigned n = n_codes[ranges[i]];
        const unsigned low = draw(from, n - n * 3 / 5);
        put_range(to, ranges[i], low, low + n * 3 / 5);
    }
    put_one_of(to, from, DRIVER, draw(from, 500), 299);
    put_superset(to, FLAGS, 1U << draw(from, 12));
}

/* ---- Devices ---- */

/* What follows the name. */
static void put_rest(lines *to, dice *from, const unsigned *codes, rule objects)
{
    put(to, "\"self\":{");
    for (size_t a = 0; a < N_ATTRIBUTES; a++) {
        const char *quote = by_objects[a].kind == MDM_INT ? "" : "\"";
        put(to, "%s\"%s\":%s", a == 0 ? "" : ",", by_objects[a].name, quote);
        put_value(to, a, codes[a]);
        put(to, "%s", quote);
    }
    put(to, "}");
    if (objects != RULE_NONE) {
        put(to, ",\"compatible\":[{");
        if (objects == RULE_NARROW) {
            put_narrow(to, from, codes);
        } else {
            put_broad(to, from);
        }
        put(to, "}]");
    }
}

static void put_name(lines *to, unsigned device)
{
    dice from = dice_of(NAMES, device);
    put(to, "{\"name\":\"host%06u/0000:00:02.0/%016llx%016llx\",", device / 16,
        (unsigned long long)roll(&from), (unsigned long long)roll(&from));
}

/* One of 24 product families: its classes differ in little. */
static void draw_class(dice *from, unsigned *codes)
{
    const unsigned number = draw(from, 24);
    dice family = dice_of(FAMILIES, number);
    const unsigned framebuffer = 16U << draw(&family, 8);
    const unsigned major = draw(&family, 4);
    codes[API] = draw(&family, 4);
    codes[TYPE] = number * 8 + draw(from, 4);
    codes[PARENT] = (draw(&family, 64) + 21 * draw(from, 3)) % 64;
    codes[AGGREGATOR] = 1U << draw(from, 6);
    codes[MODES] = draw(from, 64) | draw(from, 64);
    codes[VERSION] = major << 8 | draw(from, 16) << 4 | draw(from, 4);
    codes[FRAMEBUFFER] = framebuffer << draw(from, 2);
    codes[FRAMEBUFFER] = codes[FRAMEBUFFER] < 4095 ? codes[FRAMEBUFFER] : 4095;
    codes[DRIVER] = (draw(&family, 500) + 83 * draw(from, 6)) % 500;
    codes[FLAGS] = draw(from, 4096) | draw(from, 4096);
    codes[LOCATION] = draw(from, 4);
    codes[COST] = 100 * draw(from, 10);
    codes[MISC] = draw(from, 4);
}

/* Class i has a share of 1 / (i + 1), as Zipf has it. */
static unsigned class_of(unsigned device, const uint64_t *shares)
{
    dice from = dice_of(SHARES, device);
    const uint64_t place = roll(&from) % shares[N_CLASSES];
    unsigned low = 0;
    if (device < N_CLASSES) {
        return device;
    }
    for (unsigned high = N_CLASSES; high - low > 1;) {
        const unsigned middle = (low + high) / 2;
        if (shares[middle] <= place) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void lines_repeating(lines *to, unsigned first, unsigned n, rule objects)
{
    uint64_t shares[N_CLASSES + 1] = {0};
    lines rests = {0};
    for (unsigned class = 0; class < N_CLASSES; class++) {
        dice from = dice_of(CLASSES, class);
        unsigned codes[N_ATTRIBUTES];
        draw_class(&from, codes);
        put_rest(&rests, &from, codes, objects);
        end_line(&rests);
        shares[class + 1] = shares[class] + UINT32_MAX / (class + 1);
    }
    for (unsigned device = first; device < first + n; device++) {
        size_t len = 0;
        const char *rest = line_at(&rests, class_of(device, shares), &len);
        put_name(to, device);
        reserve(to, len);
        memcpy(to->at + to->len, rest, len - 2);
        to->len += len - 2;
        end_line(to);
    }
    lines_free(&rests);
}

void lines_differing(lines *to, unsigned first, unsigned n, rule objects)
{
    for (unsigned device = first; device < first + n; device++) {
        dice from = dice_of(DEVICES, device);
        unsigned codes[N_ATTRIBUTES];
        for (size_t a = 0; a < N_ATTRIBUTES; a++) {
            codes[a] = draw(&from, n_codes[a]);
        }
        codes[AGGREGATOR] += codes[AGGREGATOR] == 0;
        put_name(to, device);
        put_rest(to, &from, codes, objects);
        end_line(to);
    }
}

const char *line_at(const lines *from, size_t number, size_t *len)
{
    const size_t begin = number == 0 ? 0 : from->ends[number - 1];
    *len = from->ends[number] - begin;
    return from->at + begin;
}

void lines_free(lines *from)
{
    free(from->at);
    free(from->ends);
    *from = (lines){0};
}
