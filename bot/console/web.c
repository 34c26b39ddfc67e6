// SPDX-License-Identifier: MIT
#include "bot/console/web.h"

#include <string.h>

// Generated from bot/console/web in the order of the names below.
extern const char *const web_contents[];
extern const size_t web_content_count;

const struct web_file *web_find(const char *path)
{
    static struct web_file files[] = {
        {"/app.js", "text/javascript; charset=utf-8", {NULL, 0}},
        {"/", "text/html; charset=utf-8", {NULL, 0}},
        {"/style.css", "text/css; charset=utf-8", {NULL, 0}},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && i < web_content_count;
         i++) {
        if (strcmp(files[i].path, path) == 0) {
            files[i].content = slice_of(web_contents[i]);
            return &files[i];
        }
    }
    return NULL;
}
