/* SPDX-License-Identifier: MIT
 *
 * web.h - the page's files, built into the program from bot/console/web.
 */
#ifndef HM_CONSOLE_WEB_H
#define HM_CONSOLE_WEB_H

#include "bot/base/slice.h"

struct web_file {
    const char *path; // as in the address
    const char *type;
    struct slice content;
};

const struct web_file *web_find(const char *path); // NULL: no such page

#endif
