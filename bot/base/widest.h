/* SPDX-License-Identifier: MIT
 *
 * widest.h - a function compiled once more for the wide registers of newer processors,
 * chosen when the program starts. Sanitizers start too late for that.
 */
#ifndef HM_BASE_WIDEST_H
#define HM_BASE_WIDEST_H

#if defined(__x86_64__) && defined(__linux__) && defined(__OPTIMIZE__) &&              \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                 \
    !defined(__clang__)
#define WIDEST __attribute__((target_clones("avx2", "default")))
#else
#define WIDEST
#endif

#endif
