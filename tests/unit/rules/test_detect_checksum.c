// SPDX-License-Identifier: MIT
#include "unit/check.h"

#include <string.h>

#include "rules/detect/checksum.h"

TEST(nhs__takes_valid_and_refuses_every_other_last_digit)
{
    static const char *const valid[] = {"4166162721", "6346187279", "9997016335"};
    for (size_t i = 0; i < 3; i++) {
        CHECK(nhs_ok(valid[i]));
        char other[11];
        for (char d = '0'; d <= '9'; d++) {
            memcpy(other, valid[i], 11);
            other[9] = d;
            CHECK(nhs_ok(other) == (d == valid[i][9]));
        }
    }
    CHECK(!nhs_ok("1234567890"));
    CHECK(!nhs_ok("1112223334"));
    CHECK(!nhs_ok("4444444444"));
    CHECK(!nhs_ok("41661627x1"));
}

TEST(upn__checks_its_letter)
{
    CHECK(upn_ok("n301954917209"));
    CHECK(upn_ok("w815574620087"));
    CHECK(upn_ok("e873769814053"));
    CHECK(upn_ok("t204821715089"));
    CHECK(!upn_ok("a301188317204"));
    CHECK(!upn_ok("i301954917209"));
    CHECK(!upn_ok("n3019549172o9"));
}

TEST(national_insurance__follows_the_prefix_rules)
{
    CHECK(national_insurance_ok("nz077746a"));
    CHECK(national_insurance_ok("pw787441c"));
    CHECK(national_insurance_ok("me453853d"));
    CHECK(!national_insurance_ok("qq123456c"));
    CHECK(!national_insurance_ok("gb123456a"));
    CHECK(!national_insurance_ok("nt123456a"));
    CHECK(!national_insurance_ok("ao123456a"));
    CHECK(!national_insurance_ok("ab123456e"));
}

TEST(uln__checks_its_last_digit)
{
    // 10*1+9*0+...: 1000000000 has the sum 10, so its check digit is 0.
    CHECK(uln_ok("1000000000"));
    CHECK(!uln_ok("1000000001"));
    CHECK(!uln_ok("0123456789"));
}

TEST(card__wants_luhn_length_and_issuer)
{
    CHECK(card_ok("5425233430109903", 16));
    CHECK(card_ok("4012888888881881", 16));
    CHECK(card_ok("4462030000000000", 16));
    CHECK(card_ok("378282246310005", 15));
    CHECK(card_ok("6011111111111117", 16));
    CHECK(!card_ok("4012888888881882", 16));
    CHECK(!card_ok("9999999999999995", 16)); // no such issuer
    CHECK(!card_ok("401288888888", 12));
    CHECK(!card_ok("0000000000000000", 16));
}

TEST(iban__wants_country_length_and_remainder)
{
    CHECK(iban_ok("gb62monz04000412345678", 22));
    CHECK(iban_ok("gb26midl40051512345674", 22));
    CHECK(iban_ok("es9121000418450200051332", 24));
    CHECK(iban_ok("de44500105175407324931", 22));
    CHECK(!iban_ok("de44500105175407324932", 22));
    CHECK(!iban_ok("gb00test00000000000000", 22));
    CHECK(!iban_ok("de4450010517540732493", 21));
    CHECK_INT(iban_length('z', 'z'), 0);
    CHECK_INT(iban_length('n', 'o'), 15);
}

TEST(driver_number__wants_a_date_within)
{
    CHECK(driver_number_ok("fowle803154jr9xy"));
    CHECK(driver_number_ok("oyelo711224a99tk"));
    CHECK(driver_number_ok("xu999862315j99ab"));
    CHECK(!driver_number_ok("fowle813994jr9xy")); // month 13
    CHECK(!driver_number_ok("fowle803324jr9xy")); // day 32
    CHECK(!driver_number_ok("fo9le803154jr9xy")); // padding inside the name
}

TEST(social_security__leaves_out_what_was_never_given)
{
    CHECK(social_security_ok("219099998"));
    CHECK(!social_security_ok("000121234"));
    CHECK(!social_security_ok("666121234"));
    CHECK(!social_security_ok("912121234"));
    CHECK(!social_security_ok("219001234"));
    CHECK(!social_security_ok("219120000"));
}

TEST(postcode_area__knows_the_areas)
{
    CHECK(postcode_area_ok("le", 2));
    CHECK(postcode_area_ok("m", 1));
    CHECK(!postcode_area_ok("a", 1));
    CHECK(!postcode_area_ok("zz", 2));
    CHECK(!postcode_area_ok("", 0));
}

int main(void)
{
    return RUN(UNIT(nhs__takes_valid_and_refuses_every_other_last_digit),
               UNIT(upn__checks_its_letter),
               UNIT(national_insurance__follows_the_prefix_rules),
               UNIT(uln__checks_its_last_digit),
               UNIT(card__wants_luhn_length_and_issuer),
               UNIT(iban__wants_country_length_and_remainder),
               UNIT(driver_number__wants_a_date_within),
               UNIT(social_security__leaves_out_what_was_never_given),
               UNIT(postcode_area__knows_the_areas));
}
