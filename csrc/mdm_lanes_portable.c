/*
 * Lanes by the instructions that every processor of the kind has.
 */
#include "mdm_lanes.h"

#define MDM_WITH
#define MDM_PART 16
#define MDM_MAJORITY(a, b, c) (((a) & (b)) | (((a) ^ (b)) & (c)))
#define MDM_PARITY(a, b, c) ((a) ^ (b) ^ (c))
#define MDM_HAS(part) (((part)[0] | (part)[1]) != 0)
#define MDM_SQUEEZE mdm_squeeze_portable
#define MDM_LANE_TABLE mdm_lanes_portable

#define PLACE(name, type)                                                                  \
    static void name(const void *given, uint32_t first_row, uint32_t *places)              \
    {                                                                                      \
        const type *codes = given;                                                         \
        for (size_t i = 0; i < MDM_RUN; i++) {                                             \
            places[i] = (first_row + (uint32_t)codes[i]) * MDM_LANE_BYTES;                 \
        }                                                                                  \
    }

PLACE(place_bytes, uint8_t)
PLACE(place_halves, uint16_t)
PLACE(place_words, uint32_t)

/* Only columns of many codes have maps. */
static void place_mapped(const uint16_t *codes, const uint16_t *map, uint32_t first_row,
                         uint32_t *places)
{
    for (size_t i = 0; i < MDM_RUN; i++) {
        places[i] = (first_row + (uint32_t)map[codes[i]]) * MDM_LANE_BYTES;
    }
}

static void place(const mdm_strand *strand, size_t first, uint32_t *places)
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

#include "mdm_lanes_body.h"
