// SPDX-License-Identifier: MIT
#include "rules/detect/detect.h"

enum { DETECTORS_MOST = 200 };

// Every file of detectors, one row each.
#define DETECTOR_FILES(X)                                                              \
    X(link)                                                                            \
    X(phone)                                                                           \
    X(email)                                                                           \
    X(identifier)                                                                      \
    X(money)                                                                           \
    X(address)                                                                         \
    X(handle)                                                                          \
    X(credential)                                                                      \
    X(pupil)                                                                           \
    X(cued)                                                                            \
    X(announced)                                                                       \
    X(access)                                                                          \
    X(lookalike)                                                                       \
    X(national)                                                                        \
    X(device) X(address_abroad) X(phone_abroad) X(address_anchor) X(address_home)

#define X(name) extern const struct detector name##_detectors[];
DETECTOR_FILES(X)
#undef X

const struct detector *const *detect_all(size_t *count)
{
    static const struct detector *const files[] = {
#define X(name) name##_detectors,
        DETECTOR_FILES(X)
#undef X
    };
    static const struct detector *all[DETECTORS_MOST];
    size_t n = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        for (const struct detector *d = files[i]; d->name && n < DETECTORS_MOST; d++) {
            all[n++] = d;
        }
    }
    *count = n;
    return all;
}
