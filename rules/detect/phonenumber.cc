// SPDX-License-Identifier: MIT
#include "rules/detect/phonenumber.h"

#include <string>

#include <phonenumbers/phonenumberutil.h>

extern "C" bool phonenumber_possible(const char *digits, size_t n)
{
    using i18n::phonenumbers::PhoneNumber;
    using i18n::phonenumbers::PhoneNumberUtil;
    try {
        PhoneNumber number;
        const PhoneNumberUtil *plans = PhoneNumberUtil::GetInstance();
        std::string text = "+" + std::string(digits, n);
        return plans->Parse(text, "ZZ", &number) == PhoneNumberUtil::NO_PARSING_ERROR &&
               plans->IsPossibleNumber(number);
    } catch (...) { // out of memory: not known, so not said
        return false;
    }
}
