/* Any text of LENGTH bytes as a value of KIND, one that takes no memory. */
#include "mdm_value.h"

#include "__fc_builtin.h"

int main(void)
{
    char text[LENGTH];
    mdm_keeper keeper = {0};
    mdm_value value;
    const char *fault = NULL;
    Frama_C_make_unknown(text, LENGTH);
    return (int)mdm_value_parse(&keeper, KIND, (mdm_text){text, LENGTH}, &value, &fault);
}
