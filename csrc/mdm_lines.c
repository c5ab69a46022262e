/*
 * Where lines and their names end.
 */
#include "mdm_lines.h"

#include <string.h>

#include "mdm_plain.h"
#include "mdm_value.h"

void mdm_line_name(mdm_raw_line *line, const char *at, const char *limit, size_t usual)
{
    static const char opening[] = "{\"name\":\"";
    const size_t begin = sizeof opening - 1;
    const size_t left = (size_t)(limit - at);
    size_t len = 0;
    size_t end = 0;
    line->name = (mdm_text){NULL, 0};
    line->rest = (mdm_text){at, left};
    if (left < begin || memcmp(at, opening, begin) != 0) {
        return;
    }
    len = mdm_plain(at + begin, limit);
    end = begin + (len == usual ? usual : len);
    if (end < left && at[end] == '"' && end - begin <= MDM_MAX_VALUE) {
        line->name = (mdm_text){at + begin, end - begin};
        line->rest = (mdm_text){at + end, left - end};
    }
}

bool mdm_line_is_blank(mdm_text line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] != ' ' && line.at[i] != '\t' && line.at[i] != '\r') {
            return false;
        }
    }
    return true;
}

mdm_raw_line mdm_line_cut(mdm_text *text, bool hashes)
{
    const char *feed = memchr(text->at, '\n', text->len);
    const size_t len = feed == NULL ? text->len : (size_t)(feed - text->at);
    const size_t taken = feed == NULL ? len : len + 1;
    mdm_raw_line line = {.text = {text->at, len}};
    //@ split len;
    for (size_t i = 0; i < taken && text->len > i + MDM_AHEAD; i += 64) {
        __builtin_prefetch(text->at + i + MDM_AHEAD);
    }
    *text = (mdm_text){text->at + taken, text->len - taken};
    mdm_line_name(&line, line.text.at, line.text.at + len, 0);
    if (hashes) {
        line.hash = mdm_hash(line.rest.at, line.rest.len);
    }
    return line;
}
