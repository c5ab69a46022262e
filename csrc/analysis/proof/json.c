/*
 * Any line of a given length through the reader of JSON tokens: no run-time error, whatever its
 * bytes. The length is a constant, so that the end is known in each state.
 */
#include "mdm_parse.h"

#include "__fc_builtin.h"

static char decoded[LENGTH + 1];

/* The arena: as much as is asked for, or nothing. */
char *mdm_take_bytes(mdm_arena *arena, size_t n)
{
    (void)arena;
    //@ assert n <= LENGTH;
    return Frama_C_nondet(0, 1) ? decoded : NULL;
}

int main(void)
{
    char line[LENGTH + 1];
    mdm_parser parser = {.at = line, .end = line + LENGTH, .limit = line + LENGTH};
    mdm_json_string string;
    Frama_C_make_unknown(line, LENGTH);
    if (mdm_json_string_take(&parser, &string) == MDM_OK) {
        //@ assert \initialized(string.text.at + (0 .. string.text.len - 1));
        if (string.text.len > 0) {
            parser.fault = string.text.at + Frama_C_interval(0, (int)string.text.len - 1);
            mdm_json_locate(&parser, &string);
        }
    }
    return 0;
}
