/*
 * Any line of LENGTH bytes through the reader of JSON strings. The length is a constant, so that the
 * end is known in each state.
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
    char line[LENGTH];
    mdm_parser parser = {.at = line, .end = line + LENGTH, .limit = line + LENGTH};
    mdm_json_string string;
    Frama_C_make_unknown(line, LENGTH);
    return (int)mdm_json_string_take(&parser, &string);
}
