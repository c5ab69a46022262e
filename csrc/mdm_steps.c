/*
 * Members that are where they were in the line before.
 */
#include "mdm_steps.h"

#include "mdm_plain.h"

/* What may be looked at of one member before its value is known to end. */
#define ROOM ((ptrdiff_t)(MDM_STEP_BYTES + MDM_MEMO_TEXT))

/* The rest belongs to attributes that no scheme of so few has, and a reader of few lines would take
   as long to clear it as to read them. */
void mdm_steps_clear(mdm_steps *steps, size_t n_attributes)
{
    memset(steps->after, 0, (n_attributes + 1) * sizeof *steps->after);
}

void mdm_steps_learn(mdm_steps *steps, size_t last, mdm_text gap, size_t attribute,
                     bool is_string)
{
    mdm_step *step = steps->after[last];
    if (gap.len > MDM_STEP_BYTES) {
        return;
    }
    memmove(step + 1, step, (MDM_STEP_WAYS - 1) * sizeof *step);
    *step = (mdm_step){
        .len = (uint32_t)gap.len, .attribute = (uint32_t)attribute, .is_string = is_string};
    memcpy(step->bytes, gap.at, gap.len);
    memset(step->others + gap.len, 0xff, MDM_STEP_BYTES - gap.len);
}

static inline bool is_step(const mdm_step *step, const char *at)
{
#if defined(__SSE2__)
    __m128i same = _mm_set1_epi8(-1);
    for (size_t i = 0; i < MDM_STEP_BYTES; i += 16) {
        const __m128i is_same = _mm_cmpeq_epi8(mdm_vector(at + i), mdm_vector(step->bytes + i));
        same = _mm_and_si128(same, _mm_or_si128(is_same, mdm_vector(step->others + i)));
    }
    return _mm_movemask_epi8(same) == 0xffff;
#else
    uint64_t differ = 0;
    for (size_t i = 0; i < MDM_STEP_BYTES; i += 8) {
        differ |= (mdm_load(at + i) ^ mdm_load(step->bytes + i)) & ~mdm_load(step->others + i);
    }
    return differ == 0;
#endif
}

/* NULL: nothing that is known begins here. */
static inline const mdm_step *find_step(const mdm_step *known, const char *at)
{
    for (const mdm_step *step = known; step < known + MDM_STEP_WAYS && step->len > 0; step++) {
        if (is_step(step, at)) {
            return step;
        }
    }
    return NULL;
}

size_t mdm_steps_take(const mdm_steps *steps, mdm_memo memo, mdm_walk *place,
                      mdm_token *tokens)
{
    const char *at = place->at;
    const char *end = place->end;
    const char *limit = place->limit;
    uint64_t present = place->present;
    size_t last = place->last;
    size_t n = 0;
    for (;;) {
        const mdm_step *step = limit - at < ROOM ? NULL : find_step(steps->after[last], at);
        const char *begin = NULL;
        size_t len = 0;
        if (step == NULL || (present >> step->attribute & 1)) {
            break;
        }
        begin = at + step->len;
        len = step->is_string ? mdm_plain(begin, limit) : mdm_digits(begin);
        at = begin + len;
        if (at >= end || (step->is_string ? *at != '"' : len == 0 || (*at != ',' && *at != '}'))) {
            at = begin - step->len;
            break;
        }
        at += step->is_string;
        last = step->attribute;
        present |= (uint64_t)1 << last;
        mdm_memo_ask(memo, last, (mdm_text){begin, len}, &tokens[n++]);
    }
    place->at = at;
    place->present = present;
    place->last = last;
    return n;
}
