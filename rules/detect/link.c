// SPDX-License-Identifier: MIT
#include <string.h>

#include "rules/detect/detect.h"

enum { LINK_BYTES = 2048 };

extern const struct detector link_detectors[];

// On to the end of the address: white space, quotes or brackets; closing punctuation
// belongs to the sentence.
static bool extend(const struct detect_context *c, struct detect_hit *hit)
{
    const char *text = c->norm->text;
    size_t from = hit->end;
    while (hit->end < c->norm->len && hit->end - from < LINK_BYTES &&
           (unsigned char)text[hit->end] > ' ' && !strchr("<>\"|", text[hit->end])) {
        hit->end++;
    }
    while (hit->end > from && strchr(".,;:!?)'", text[hit->end - 1])) {
        hit->end--;
    }
    return hit->end > from + 2;
}

const struct detector link_detectors[] = {
    {.name = "web address",
     .regex = "\\b(?:https?://|www\\.)",
     .class = "any.link",
     .check = extend},
    {.name = "site named without http",
     .regex = "\\b[a-z0-9][a-z0-9\\-]{2,40}\\.(?:com|net|org|info|xyz|site|online|shop|"
              "top|co|io|app|link|click|live|vip|example|tk|ru|uk)\\b",
     .class = "any.site"},
    {.name = "invitation to a server or group",
     .regex = "\\b(?:discord\\.gg/|discord\\.com/invite/|chat\\.whatsapp\\.com/|"
              "t\\.me/)",
     .class = "any.invite",
     .check = extend},
    {.name = "everybody addressed",
     .regex = "@(?:everyone|here|all|room|channel)\\b",
     .class = "any.everyone"},
    {0}};
