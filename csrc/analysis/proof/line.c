/* The first line of any text of LENGTH bytes, with its name and without, and whether it is blank. */
#include "mdm_lines.h"

#include "__fc_builtin.h"

int main(void)
{
    char bytes[LENGTH];
    mdm_text text = {bytes, LENGTH};
    Frama_C_make_unknown(bytes, LENGTH);
    const mdm_raw_line line = mdm_line_cut(&text, Frama_C_nondet(0, 1));
    return mdm_line_is_blank(line.text);
}
