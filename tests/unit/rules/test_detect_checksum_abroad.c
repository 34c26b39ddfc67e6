// SPDX-License-Identifier: MIT
#include "unit/check.h"

#include <string.h>

#include "rules/detect/checksum_abroad.h"

typedef bool proof_fn(struct slice s);

// Takes the number, and with no other character (of those given) in place of the last.
static bool proves(proof_fn *proof, const char *number, const char *last)
{
    char other[80];
    size_t n = strlen(number), taken = 0;
    memcpy(other, number, n);
    for (const char *p = last; *p; p++) {
        other[n - 1] = *p;
        taken += proof(slice_make(other, n));
    }
    return proof(slice_of(number)) && taken == 1;
}

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

TEST(abroad__last_characters_are_checked)
{
    CHECK(proves(pesel_ok, "08291240884", DIGITS));
    CHECK(proves(aadhaar_ok, "813639734531", DIGITS));
    CHECK(proves(aadhaar_ok, "357997267627", DIGITS));
    CHECK(proves(spanish_id_ok, "72006636f", LETTERS));
    CHECK(proves(spanish_id_ok, "y6033093t", LETTERS));
    CHECK(proves(codice_fiscale_ok, "rssmra09a17h501d", LETTERS));
    CHECK(proves(french_id_ok, "212017543564697", DIGITS));
    CHECK(proves(swedish_id_ok, "1209185709", DIGITS));
    CHECK(proves(belgian_id_ok, "85073003328", DIGITS));
    CHECK(proves(brazilian_id_ok, "52998224725", DIGITS));
    CHECK(proves(finnish_id_ok, "131052308t", LETTERS DIGITS));
}

TEST(abroad__dates_and_lengths_are_checked)
{
    CHECK(!pesel_ok(slice_of("08331240884"))); // month 13
    CHECK(!pesel_ok(slice_of("0829124088")));
    CHECK(!swedish_id_ok(slice_of("1213185709")));
    CHECK(!finnish_id_ok(slice_of("321052308t")));
    CHECK(!aadhaar_ok(slice_of("113639734531"))); // none begins with 0 or 1
    CHECK(!brazilian_id_ok(slice_of("11111111111")));
    CHECK(!french_id_ok(slice_of("312017543564697")));
    CHECK(!codice_fiscale_ok(slice_of("rssmra09f17h501d"))); // no such month
    CHECK(!spanish_id_ok(slice_of("7200663f")));
    CHECK(swedish_id_ok(slice_of("201209185709")));
    CHECK(income_tax_pan_ok(slice_of("abcpe1234f")));
    CHECK(!income_tax_pan_ok(slice_of("abcde1234f")));
    CHECK(!income_tax_pan_ok(slice_of("abcpe12345")));
}

TEST(abroad__wallets_are_proved_as_written)
{
    CHECK(bitcoin_ok(slice_of("155b6zToMGDcmE6gxMBs6oLXToFhgM4ap4")));
    CHECK(bitcoin_ok(slice_of("3GjPHvQTeVkeyWyp5wKFrTYXy9n7ePdHCV")));
    CHECK(!bitcoin_ok(slice_of("155b6zToMGDcmE6gxMBs6oLXToFhgM4ap5")));
    CHECK(!bitcoin_ok(slice_of("155b6ztomgdcme6gxmbs6olxtofhgm4ap4")));
    CHECK(!bitcoin_ok(slice_of("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"))); // too large
    CHECK(!bitcoin_ok(slice_of("")));
    // The examples of BIP 173 and BIP 350.
    CHECK(bech32_ok(slice_of("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")));
    CHECK(bech32_ok(
        slice_of("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0")));
    CHECK(!bech32_ok(slice_of("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")));
    CHECK(!bech32_ok(slice_of("bc1qw508")));
}

int main(void)
{
    return RUN(UNIT(abroad__last_characters_are_checked),
               UNIT(abroad__dates_and_lengths_are_checked),
               UNIT(abroad__wallets_are_proved_as_written));
}
