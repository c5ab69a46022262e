/*
 * Any line of LENGTH bytes that begins with a quote, as a JSON string; blank.c passes over what
 * stands before.
 */
#include "mdm_parse.h"

#include "__fc_builtin.h"

static char decoded[LENGTH];

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
    line[0] = '"';
    return (int)mdm_json_string_take(&parser, &string);
}
