/* LENGTH bytes of any sort as a section of a saved fleet, wherever it is the next one. */
#include "mdm_loader.h"

#include "__fc_builtin.h"

int main(void)
{
    char bytes[LENGTH];
    mdm_loader loader = {.given = {bytes, LENGTH}};
    Frama_C_make_unknown(bytes, LENGTH);
    return (int)mdm_load_section(&loader, (size_t)Frama_C_interval(0, 200),
                                 (uint32_t)Frama_C_interval(0, 4));
}
