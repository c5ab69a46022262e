/* Any text of LENGTH bytes that begins with a quote, as a quoted item of a clause. */
#include "mdm_parse.h"

#include "arena.h"

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
