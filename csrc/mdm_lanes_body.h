/*
 * The loops over lanes, written once and compiled for each path: who includes this says MDM_WITH,
 * the instructions that may be used, MDM_PART, the bytes of a register, and the names of the table
 * and of what squeezes classes.
 */
#include "mdm_lanes.h"

typedef uint64_t vector __attribute__((vector_size(MDM_LANE_BYTES), may_alias));
typedef uint64_t part __attribute__((vector_size(MDM_PART), may_alias)); /* what a register holds */

static inline vector *as_vectors(mdm_lanes *lanes)
{
    return (vector *)lanes;
}

MDM_WITH static inline bool has_part(const part *any)
{
    uint64_t all = 0;
    for (size_t i = 0; i < sizeof *any / sizeof all; i++) {
        all |= (*any)[i];
    }
    return all != 0;
}

/* ---- Meeting ---- */

/* Where the rows of a run of classes are, in bytes from the first: of one column. */
#define PLACE(name, type)                                                                    MDM_WITH static void name(const void *given, uint32_t first_row, uint32_t *places)       {                                                                                            const type *codes = given;                                                               for (size_t i = 0; i < MDM_RUN; i++) {                                                       places[i] = (first_row + (uint32_t)codes[i]) * (uint32_t)sizeof(vector);             }                                                                                    }

PLACE(place_bytes, uint8_t)
PLACE(place_halves, uint16_t)
PLACE(place_words, uint32_t)

/* Only columns of many codes have maps. */
MDM_WITH static void place_mapped(const uint16_t *codes, const uint16_t *map, uint32_t first_row,
                                  uint32_t *places)
{
    for (size_t i = 0; i < MDM_RUN; i++) {
        places[i] = (first_row + (uint32_t)map[codes[i]]) * (uint32_t)sizeof(vector);
    }
}

MDM_WITH static void place(const mdm_strand *strand, size_t first, uint32_t *places)
{
    const uint8_t *codes = (const uint8_t *)strand->codes + first * strand->n_bytes;
    if (strand->map != NULL) {
        place_mapped((const uint16_t *)(const void *)codes, strand->map, strand->first_row, places);
        return;
    }
    switch (strand->n_bytes) {
    case 1:
        place_bytes(codes, strand->first_row, places);
        break;
    case 2:
        place_halves(codes, strand->first_row, places);
        break;
    default:
        place_words(codes, strand->first_row, places);
        break;
    }
}

#define ABREAST 8 /* classes that are narrowed at once, in registers */
#define AT_ONCE 16
#define FEW 4 /* columns that often suffice to see that nobody is left */

/* Narrows some classes by n columns, from where they are in `met`. */
MDM_WITH static inline __attribute__((always_inline)) bool
narrow_some(const char *rows, const uint32_t *places, size_t n, part *met)
{
    enum { NEXT = sizeof(vector) / sizeof(part) };
    part kept[ABREAST];
    part any = {0};
    for (size_t k = 0; k < ABREAST; k++) {
        kept[k] = met[k * NEXT];
    }
    for (size_t c = 0; c < n; c++, places += MDM_RUN) {
        for (size_t k = 0; k < ABREAST; k++) {
            kept[k] &= *(const part *)(const void *)(rows + places[k]);
        }
    }
    for (size_t k = 0; k < ABREAST; k++) {
        met[k * NEXT] = kept[k];
        any |= kept[k];
    }
    return has_part(&any);
}

/* Each class of a run by n columns; groups of classes that nobody is left for are passed over. Gives
   the groups for which somebody is. */
MDM_WITH static unsigned narrow_run(const char *rows, const uint32_t *places, size_t n,
                                    unsigned groups, vector *met)
{
    unsigned found = 0;
    for (unsigned left = groups; left != 0; left &= left - 1) {
        const unsigned group = (unsigned)__builtin_ctz(left);
        for (size_t p = 0; p < sizeof(vector) / sizeof(part); p++) {
            found |= (unsigned)narrow_some(rows + p * sizeof(part), places + group * ABREAST, n,
                                           (part *)&met[group * ABREAST] + p)
                     << group;
        }
    }
    return found;
}

MDM_WITH static bool meet(mdm_strands *strands, size_t first, mdm_lanes *out)
{
    const vector start = *(const vector *)&strands->start;
    uint32_t places[AT_ONCE * MDM_RUN];
    vector *met = as_vectors(out);
    unsigned groups = (1U << MDM_RUN / ABREAST) - 1;
    size_t n = 0;
    for (size_t i = 0; i < MDM_RUN; i++) {
        met[i] = start;
    }
    for (size_t n_asked = 0; n_asked < strands->n && groups != 0; n_asked += n) {
        const size_t most = n_asked == 0 && strands->was_empty ? FEW : AT_ONCE;
        n = strands->n - n_asked < most ? strands->n - n_asked : most;
        for (size_t c = 0; c < n; c++) {
            place(&strands->at[n_asked + c], first, places + c * MDM_RUN);
        }
        groups = narrow_run((const char *)strands->rows, places, n, groups, met);
    }
    strands->was_empty = groups == 0;
    return groups != 0;
}

MDM_WITH static void fold(const mdm_folds *folds, mdm_lanes *out)
{
    vector *met = as_vectors(out);
    const vector heads = *(const vector *)&folds->heads;
    for (size_t i = 0; i < MDM_RUN; i++) {
        vector v = met[i];
        for (size_t s = 0; s < folds->n; s++) {
            const vector same = *(const vector *)&folds->same[s];
            v |= (v >> ((uint64_t)1 << s)) & same;
        }
        met[i] = v & heads;
    }
}

/* A full adder: a + b + c = 2 high + low. */
#define ADD(high, low, a, b, c)                 \
    do {                                        \
        const part half_ = (a) ^ (b);           \
        const part c_ = (c);                    \
        (high) = ((a) & (b)) | (half_ & c_);    \
        (low) = half_ ^ c_;                     \
    } while (0)

/* Carry-save adders (Harley and Seal; Warren, Hacker's Delight 5-1): eight vectors at a time become
   one of weight eight. */
MDM_WITH static inline void tally_part(const part *met, part *planes)
{
    enum { NEXT = sizeof(vector) / sizeof(part) };
    part ones = planes[0];
    part twos = planes[NEXT];
    part fours = planes[2 * NEXT];
    for (size_t i = 0; i < MDM_RUN; i += 8, met += 8 * NEXT) {
        part two_a;
        part two_b;
        part four_a;
        part four_b;
        part carry;
        ADD(two_a, ones, ones, met[0], met[NEXT]);
        ADD(two_b, ones, ones, met[2 * NEXT], met[3 * NEXT]);
        ADD(four_a, twos, twos, two_a, two_b);
        ADD(two_a, ones, ones, met[4 * NEXT], met[5 * NEXT]);
        ADD(two_b, ones, ones, met[6 * NEXT], met[7 * NEXT]);
        ADD(four_b, twos, twos, two_a, two_b);
        ADD(carry, fours, fours, four_a, four_b);
        for (part *plane = planes + 3 * NEXT; has_part(&carry); plane += NEXT) {
            const part before = *plane;
            *plane = before ^ carry;
            carry &= before;
        }
    }
    planes[0] = ones;
    planes[NEXT] = twos;
    planes[2 * NEXT] = fours;
}

MDM_WITH static void tally(const mdm_lanes *met, mdm_lanes *planes)
{
    for (size_t p = 0; p < sizeof(vector) / sizeof(part); p++) {
        tally_part((const part *)met + p, (part *)planes + p);
    }
}

/* ---- Rows ---- */

#define CHUNKS ((64 + MDM_CHUNK - 1) / MDM_CHUNK)

/* For each combination of the members of a chunk the lanes that it suits. */
MDM_WITH static void combine(const mdm_layer *layer, size_t chunk, vector *suits)
{
    suits[0] = chunk == 0 ? *(const vector *)&layer->members : ~(vector){0};
    for (size_t j = 0; j < MDM_CHUNK && chunk * MDM_CHUNK + j < layer->n_places; j++) {
        const vector required = *(const vector *)&layer->required[chunk * MDM_CHUNK + j];
        const vector forbidden = *(const vector *)&layer->forbidden[chunk * MDM_CHUNK + j];
        for (size_t s = 0; s < (size_t)1 << j; s++) {
            suits[s | (size_t)1 << j] = suits[s] & ~forbidden;
            suits[s] &= ~required;
        }
    }
}

MDM_WITH static void lay_members(const mdm_layer *layer, vector *rows)
{
    const vector all = *(const vector *)&layer->all;
    const size_t n_chunks = (layer->n_places + MDM_CHUNK - 1) / MDM_CHUNK;
    vector suits[CHUNKS][(size_t)1 << MDM_CHUNK];
    suits[0][0] = *(const vector *)&layer->members;
    for (size_t c = 0; c < n_chunks; c++) {
        combine(layer, c, suits[c]);
    }
    for (size_t code = 1; code <= layer->n_settled; code++) {
        uint64_t left = layer->places[code];
        vector held = suits[0][left % ((size_t)1 << MDM_CHUNK)];
        for (size_t c = 1; c < n_chunks; c++) {
            left >>= MDM_CHUNK;
            held &= suits[c][left % ((size_t)1 << MDM_CHUNK)];
        }
        rows[code] = held | all;
    }
}

/* A lane holds the ranks between two of its bits. */
MDM_WITH static void lay_ranks(const mdm_layer *layer, vector *rows)
{
    const vector all = *(const vector *)&layer->all;
    vector held = {0};
    for (size_t rank = 0; rank < layer->n_settled; rank++) {
        const size_t code = layer->by_rank == NULL ? rank + 1 : layer->by_rank[rank];
        held ^= rows[code];
        rows[code] = held | all;
    }
}

MDM_WITH static void lay_chunks(const mdm_layer *layer, vector *rows)
{
    const vector all = *(const vector *)&layer->all;
    for (size_t c = 0; c < layer->n_chunks; c++, rows += MDM_CHUNK_ROWS) {
        rows[0] = *(const vector *)&layer->absent;
        combine(layer, c, rows + 1);
        for (size_t s = 1; s < MDM_CHUNK_ROWS; s++) {
            rows[s] |= all;
        }
    }
}

MDM_WITH static void lay(const mdm_layer *layer, mdm_lanes *out)
{
    const vector all = *(const vector *)&layer->all;
    vector *rows = as_vectors(out);
    size_t code = 1;
    if (layer->n_chunks > 0) {
        lay_chunks(layer, rows);
        return;
    }
    if (layer->has_ranks) {
        lay_ranks(layer, rows);
        code = layer->n_settled + 1;
    } else if (layer->has_members) {
        lay_members(layer, rows);
        code = layer->n_settled + 1;
    }
    for (; code < layer->n_codes; code++) {
        rows[code] = all;
    }
    rows[0] = *(const vector *)&layer->absent;
}

MDM_WITH static void narrow(mdm_lanes *out, const mdm_lanes *others, size_t n)
{
    vector *rows = as_vectors(out);
    for (size_t i = 0; i < n; i++) {
        rows[i] &= ((const vector *)others)[i];
    }
}

const mdm_lane_kernels MDM_LANE_TABLE = {MDM_SQUEEZE, meet, fold, tally, lay, narrow};
