/*
 * Where lines and their names end.
 */
#include "mdm_lines.h"

#include <string.h>

#include "mdm_plain.h"
#include "mdm_value.h"

/* Text comes from far away: what is asked for so many bytes before is there in time. */
#define AHEAD ((size_t)2048)

static void find_name(mdm_raw_line *line)
{
    static const char opening[] = "{\"name\":\"";
    const size_t begin = sizeof opening - 1;
    const mdm_text text = line->text;
    size_t end = begin;
    line->name = (mdm_text){NULL, 0};
    line->rest = text;
    if (text.len < begin || memcmp(text.at, opening, begin) != 0) {
        return;
    }
    end += mdm_plain(text.at + begin, text.at + text.len);
    if (end < text.len && text.at[end] == '"' && end - begin <= MDM_MAX_VALUE) {
        line->name = (mdm_text){text.at + begin, end - begin};
        line->rest = (mdm_text){text.at + end, text.len - end};
    }
}

mdm_raw_line mdm_line_cut(mdm_text *text, bool hashes)
{
    const char *feed = memchr(text->at, '\n', text->len);
    const size_t len = feed == NULL ? text->len : (size_t)(feed - text->at);
    const size_t taken = feed == NULL ? len : len + 1;
    mdm_raw_line line = {.text = {text->at, len}};
    for (size_t i = 0; i < taken && text->len > i + AHEAD; i += 64) {
        __builtin_prefetch(text->at + i + AHEAD);
    }
    *text = (mdm_text){text->at + taken, text->len - taken};
    find_name(&line);
    if (hashes) {
        line.hash = mdm_hash(line.rest.at, line.rest.len);
    }
    return line;
}
