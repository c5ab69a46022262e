/*
 * The loops that make rows of lanes: a part of mdm_lanes_body.h.
 */

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
