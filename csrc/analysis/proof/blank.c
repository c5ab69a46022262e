/* Any line of LENGTH bytes, what is blank passed over, and the byte that follows taken. */
#include "mdm_parse.h"

#include "__fc_builtin.h"

int main(void)
{
    char line[LENGTH];
    mdm_parser parser = {.at = line, .end = line + LENGTH, .limit = line + LENGTH};
    Frama_C_make_unknown(line, LENGTH);
    return mdm_json_peek(&parser) + (int)mdm_json_take(&parser, (char)Frama_C_char_interval(1, 127));
}
