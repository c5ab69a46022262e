/* Any text of LENGTH bytes that begins with a quote, as a quoted item of a clause. */
#include "mdm_parse.h"

#include "__fc_builtin.h"

static char unquoted[LENGTH];

/* The arena: as much as is asked for, or nothing. */
char *mdm_take_bytes(mdm_arena *arena, size_t n)
{
    (void)arena;
    //@ assert n <= LENGTH;
    return Frama_C_nondet(0, 1) ? unquoted : NULL;
}

int main(void)
{
    char line[LENGTH];
    mdm_parser parser = {.at = line, .end = line + LENGTH, .limit = line + LENGTH};
    mdm_cursor cursor = {line, line + LENGTH};
    mdm_text text;
    Frama_C_make_unknown(line, LENGTH);
    line[0] = '"';
    return (int)mdm_quoted_take(&parser, &cursor, &text);
}
