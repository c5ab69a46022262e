/* Any line of LENGTH bytes through the reader of integers. */
#include "mdm_parse.h"

#include "__fc_builtin.h"

int main(void)
{
    char line[LENGTH];
    mdm_parser parser = {.at = line, .end = line + LENGTH, .limit = line + LENGTH};
    mdm_text token;
    Frama_C_make_unknown(line, LENGTH);
    return (int)mdm_json_integer_take(&parser, &token);
}
