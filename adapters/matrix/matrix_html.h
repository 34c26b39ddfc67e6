/* SPDX-License-Identifier: MIT
 *
 * matrix_html.h - formatted_body to the text that a client shows.
 *
 * Shape   in: any bytes, taken as the HTML of org.matrix.custom.html. out: plain text:
 *         tags gone, blocks and breaks as line ends, entities resolved, and what stands
 *         only in attributes and can be read (link targets, picture texts, spoiler
 *         reasons) behind its element's place.
 *         One pass, no recursion: depth costs nothing.
 * Faults  LIMIT, MEMORY stay in out->fault; what fitted is kept.
 * Source  client-server API, "m.room.message msgtypes": allowed tags and attributes.
 */
#ifndef HM_MATRIX_HTML_H
#define HM_MATRIX_HTML_H

#include "bot/base/text.h"

void matrix_html_text(struct text *out, struct slice html);

#endif
