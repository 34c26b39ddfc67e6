// SPDX-License-Identifier: MIT
#include "unit/check.h"

#include <stdlib.h>

#include "bot/base/text.h"

TEST(text_add_html__leaves_nothing_that_a_page_would_obey)
{
    struct text t;
    text_init(&t, 1024);
    CHECK_INT(text_add_html(&t, SLICE("<b title='x' id=\"y\">&amp; é")), FAULT_NONE);
    CHECK_SLICE(text_slice(&t),
                "&lt;b title=&#39;x&#39; id=&quot;y&quot;&gt;&amp;amp; é");
    text_finish(&t);
}

TEST(text_add_html__says_when_the_bound_is_reached)
{
    struct text t;
    text_init(&t, 8);
    CHECK(text_add_html(&t, SLICE("<<<<<<<<")) != FAULT_NONE);
    CHECK(text_failed(&t));
    text_finish(&t);
}

int main(void)
{
    return RUN(UNIT(text_add_html__leaves_nothing_that_a_page_would_obey),
               UNIT(text_add_html__says_when_the_bound_is_reached));
}
