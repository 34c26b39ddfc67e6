// SPDX-License-Identifier: MIT
#include "adapters/matrix/matrix_html.h"

#include <stdlib.h>
#include <string.h>

#include "unit/check.h"

static const char *shown(struct text *out, const char *html)
{
    text_clear(out);
    matrix_html_text(out, slice_of(html));
    return text_cstr(out);
}

#define SHOWS(html, want)                                                              \
    do {                                                                               \
        struct text out_;                                                              \
        text_init(&out_, 4096);                                                        \
        CHECK_STR(shown(&out_, (html)), (want));                                       \
        text_finish(&out_);                                                            \
    } while (0)

TEST(html__tags_inside_words_vanish)
{
    SHOWS("use<b>le</b>ss <i>id<span>iot</span></i>", "useless idiot");
    SHOWS("plain", "plain");
    SHOWS("", "");
}

TEST(html__blocks_and_breaks_end_lines)
{
    SHOWS("one<br/>two<p>three</p><ul><li>four</li></ul>", "one\ntwo\nthree\nfour\n");
    SHOWS("<blockquote><p>a</p></blockquote>b", "a\nb");
}

TEST(html__entities_are_resolved_as_browsers_do)
{
    SHOWS("id&#105;ot id&#x69;ot id&#x69ot", "idiot idiot idiot");
    SHOWS("&lt;b&gt; &amp;amp; &quot;x&quot; &apos;", "<b> &amp; \"x\" '");
    SHOWS("&eacute;&zwnj;&commat;", "\u00e9\u200c@");
    SHOWS("&bogus; & &; &#; &#x; 5 &lt 6", "&bogus; & &; &#; &#x; 5 &lt 6");
    SHOWS("&#0;&#xd800;&#x110000;&#99999999999999999999;", "\ufffd\ufffd\ufffd\ufffd");
}

TEST(html__what_stands_in_attributes_is_read)
{
    SHOWS("<a href=\"https://x.test/?a=1&amp;b=2\" target=_blank>here</a>",
          " https://x.test/?a=1&b=2 here");
    SHOWS("<img src=\"mxc://x/y\" alt='a cat'>", " a cat ");
    SHOWS("<span data-mx-spoiler=\"the end\">gone</span>", " the end gone");
    SHOWS("<font color=\"#ff0000\">red</font>", "red");
    SHOWS("<a title=\"1 > 0\">x</a>", " 1 > 0 x");
}

TEST(html__comments_and_unfinished_tags_show_nothing)
{
    SHOWS("a<!-- <b>hidden</b> -->b", "ab");
    SHOWS("a<!-- open", "a");
    SHOWS("a<b", "a");
    SHOWS("a <3 b < c", "a <3 b < c");
    SHOWS("a</>b</ >c", "a</>b</ >c");
}

TEST(html__limit_keeps_what_fitted)
{
    struct text out;
    text_init(&out, 4);
    matrix_html_text(&out, SLICE("<b>12</b>3<i>4567</i>"));
    CHECK_INT(out.fault, FAULT_LIMIT);
    CHECK(strncmp(text_cstr(&out), "123", 3) == 0);
    text_finish(&out);
}

TEST(html__hundred_thousand_open_tags_take_one_pass)
{
    enum { COUNT = 100000 };
    char *html = malloc(COUNT * 5 + 1);
    CHECK(html);
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(html + i * 5, "<div>", 5);
    }
    struct text out;
    text_init(&out, 4096);
    matrix_html_text(&out, slice_make(html, COUNT * 5));
    CHECK_STR(text_cstr(&out), "");
    // A quote that never ends swallows the rest, once.
    memcpy(html, "<a b=\"", 6);
    matrix_html_text(&out, slice_make(html, COUNT * 5));
    CHECK_STR(text_cstr(&out), "");
    text_finish(&out);
    free(html);
}

int main(void)
{
    return RUN(UNIT(html__tags_inside_words_vanish),
               UNIT(html__blocks_and_breaks_end_lines),
               UNIT(html__entities_are_resolved_as_browsers_do),
               UNIT(html__what_stands_in_attributes_is_read),
               UNIT(html__comments_and_unfinished_tags_show_nothing),
               UNIT(html__limit_keeps_what_fitted),
               UNIT(html__hundred_thousand_open_tags_take_one_pass));
}
