/*
 * Any line of LENGTH bytes that begins with a quote, as a JSON string; blank.c passes over what
 * stands before.
 */
#include "mdm_parse.h"

#include "arena.h"

int main(void)
{
    char line[LENGTH];
    mdm_parser parser = {.at = line, .end = line + LENGTH, .limit = line + LENGTH};
    mdm_json_string string;
    Frama_C_make_unknown(line, LENGTH);
    line[0] = '"';
    return (int)mdm_json_string_take(&parser, &string);
}
