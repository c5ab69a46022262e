/*
 * Templates encoded. A number that follows from its variable is a stretch of the order of values,
 * and a text template with few texts is written out.
 */
#include <string.h>

#include "mdm_encoder.h"
#include "mdm_solver.h"

__extension__ typedef __int128 i128;

/* A text written out and looked up costs about as much as four that are matched. */
#define COST_OF_A_TEXT 4

/* ---- Numbers ---- */

static int64_t clamp(i128 number)
{
    return number > INT64_MAX ? INT64_MAX : number < INT64_MIN ? INT64_MIN : (int64_t)number;
}

static i128 floor_of(i128 number, int64_t divisor)
{
    const i128 quotient = number / divisor;
    return quotient - (number % divisor < 0 ? 1 : 0);
}

/* The least and the greatest value of an attribute that numbers of an interval give; of ratios the
   stretch may have others too. */
static void bound(const mdm_encoder *encoder, mdm_interval v, mdm_value *low, mdm_value *high)
{
    const mdm_clause *clause = encoder->clause;
    const i128 factor = clause->arithmetic == '*' ? clause->factor : 1;
    int64_t divisor = clause->arithmetic == '/' ? clause->factor : 1;
    if (encoder->attribute->kind == MDM_RATIO) {
        low->ratio = (mdm_ratio){clamp(v.low * factor), divisor};
        high->ratio = (mdm_ratio){clamp(v.high * factor), divisor};
        if (encoder->test->scheme->floor_division) {
            low->ratio = (mdm_ratio){(int64_t)floor_of(low->ratio.numerator, divisor), 1};
        }
        return;
    }
    low->number = clamp(floor_of(v.low * factor, divisor));
    high->number = clamp(floor_of(v.high * factor, divisor));
    if (!encoder->test->scheme->floor_division && v.low % divisor != 0) {
        low->number++;
    }
}

bool mdm_encode_number(mdm_encoder *encoder)
{
    const mdm_clause *clause = encoder->clause;
    const mdm_intervals *numbers = &encoder->object->variables[clause->variables[0]].numbers;
    const bool is_stretch = encoder->attribute->kind == MDM_INT && clause->arithmetic != '*';
    bool is_done = true;
    for (size_t i = 0; i < numbers->n && is_done; i++) {
        mdm_value low;
        mdm_value high;
        bound(encoder, numbers->at[i], &low, &high);
        is_done = is_stretch ? mdm_encoder_span(encoder, &low, &high)
                             : mdm_encoder_try_span(encoder, &low, &high);
    }
    return is_done;
}

/* ---- Texts ---- */

/* At most one more than `most`. */
static size_t count_values(const mdm_variable *variable, size_t most)
{
    size_t n = 0;
    if (variable->is_string) {
        return variable->strings.n;
    }
    for (size_t i = 0; i < variable->numbers.n && n <= most; i++) {
        const mdm_interval *at = &variable->numbers.at[i];
        const uint64_t more = (uint64_t)at->high - (uint64_t)at->low;
        n = more >= most ? most + 1 : n + (size_t)more + 1;
    }
    return n;
}

bool mdm_is_short_template(const mdm_encoder *encoder)
{
    const size_t most = encoder->dictionary->texts.n / COST_OF_A_TEXT;
    size_t n = 1;
    for (uint8_t i = 0; i < encoder->clause->n_variables && n > 0 && n <= most; i++) {
        const uint8_t v = encoder->clause->variables[i];
        n *= count_values(&encoder->object->variables[v], most / n);
    }
    return n <= most;
}

/* The i-th value of a variable; digits has room for 20 bytes. */
static mdm_text value_text(const mdm_variable *variable, size_t i, char *digits)
{
    const mdm_interval *at = variable->numbers.at;
    if (variable->is_string) {
        return (mdm_text){variable->strings.at[i].at, variable->strings.at[i].len};
    }
    while (i > (uint64_t)at->high - (uint64_t)at->low) {
        i -= (size_t)((uint64_t)at->high - (uint64_t)at->low) + 1;
        at++;
    }
    return (mdm_text){digits, mdm_number_print((int64_t)((uint64_t)at->low + i), digits)};
}

/* Two choices may give one text. */
static bool add_once(mdm_encoder *encoder, mdm_text text)
{
    const uint32_t number =
        mdm_texts_find(&encoder->dictionary->texts, text, mdm_hash(text.at, text.len));
    for (size_t i = 0; i < encoder->n_codes; i++) {
        if (encoder->codes.at[i] == number + 1) {
            return true;
        }
    }
    return number == MDM_NONE || mdm_encoder_add(encoder, number + 1);
}

/* The template with these texts in the place of its variables. */
static bool add_text(mdm_encoder *encoder, const mdm_text *chosen)
{
    const mdm_clause *clause = encoder->clause;
    char text[MDM_MAX_VALUE];
    size_t len = 0;
    for (size_t i = 0; i < clause->n; i++) {
        const mdm_part *part = &clause->of.parts[i];
        const mdm_text piece =
            part->is_variable ? chosen[part->variable == clause->variables[0] ? 0 : 1] : part->text;
        if (piece.len > sizeof text - len) {
            return true;
        }
        if (piece.len > 0) {
            memcpy(text + len, piece.at, piece.len);
        }
        len += piece.len;
    }
    return add_once(encoder, (mdm_text){text, len});
}

bool mdm_encode_texts(mdm_encoder *encoder)
{
    const mdm_clause *clause = encoder->clause;
    const mdm_variable *variables = encoder->object->variables;
    const mdm_variable *first = &variables[clause->variables[0]];
    const mdm_variable *second = &variables[clause->variables[clause->n_variables - 1]];
    const size_t n_first = count_values(first, SIZE_MAX - 1);
    const size_t n_second = clause->n_variables == 1 ? 1 : count_values(second, SIZE_MAX - 1);
    for (size_t i = 0; i < n_first; i++) {
        char digits[2][20];
        mdm_text chosen[2] = {value_text(first, i, digits[0]), {NULL, 0}};
        for (size_t j = 0; j < n_second; j++) {
            chosen[1] = value_text(second, j, digits[1]);
            if (!add_text(encoder, chosen)) {
                return false;
            }
        }
    }
    return true;
}
