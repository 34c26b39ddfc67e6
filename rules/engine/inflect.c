// SPDX-License-Identifier: MIT
#include "rules/engine/inflect.h"

#include <stdio.h>
#include <string.h>

// Base form, then its irregular forms.
static const char *const irregular[] = {"be am is are was were been being",
                                        "have has had having",
                                        "do does did done doing",
                                        "go goes went gone goin",
                                        "say said",
                                        "get got gotten gettin",
                                        "make made",
                                        "know knew known",
                                        "think thought",
                                        "take took taken",
                                        "see saw seen",
                                        "come came",
                                        "want wanna",
                                        "give gave given",
                                        "find found",
                                        "tell told",
                                        "feel felt",
                                        "leave left",
                                        "put putting puttin",
                                        "mean meant",
                                        "keep kept",
                                        "let letting lettin",
                                        "begin began begun",
                                        "show shown",
                                        "hear heard",
                                        "run ran running runnin",
                                        "hold held",
                                        "bring brought",
                                        "write wrote written",
                                        "sit sat sitting",
                                        "stand stood",
                                        "lose lost",
                                        "pay paid",
                                        "meet met",
                                        "set setting settin",
                                        "lead led",
                                        "understand understood",
                                        "speak spoke spoken",
                                        "spend spent",
                                        "grow grew grown",
                                        "win won",
                                        "buy bought",
                                        "send sent",
                                        "fall fell fallen",
                                        "cut cutting cuttin",
                                        "build built",
                                        "catch caught",
                                        "steal stole stolen",
                                        "nick",
                                        "break broke broken",
                                        "beat beaten",
                                        "hit hitting hittin",
                                        "hurt",
                                        "shoot shot",
                                        "stab",
                                        "fight fought",
                                        "choose chose chosen",
                                        "drink drank drunk",
                                        "drive drove driven",
                                        "eat ate eaten",
                                        "forget forgot forgotten",
                                        "hide hid hidden",
                                        "lie lying lied",
                                        "lay laid",
                                        "ride rode ridden",
                                        "ring rang rung",
                                        "rise rose risen",
                                        "sell sold",
                                        "shut shutting shuttin",
                                        "sing sang sung",
                                        "sink sank sunk",
                                        "sleep slept",
                                        "stick stuck",
                                        "strike struck stricken",
                                        "swear swore sworn",
                                        "teach taught",
                                        "tear tore torn",
                                        "throw threw thrown",
                                        "wake woke woken",
                                        "wear wore worn",
                                        "bite bit bitten",
                                        "blow blew blown",
                                        "bleed bled",
                                        "burn burnt",
                                        "deal dealt",
                                        "dig dug",
                                        "draw drew drawn",
                                        "feed fed",
                                        "flee fled",
                                        "freeze froze frozen",
                                        "hang hung",
                                        "kneel knelt",
                                        "lend lent",
                                        "light lit",
                                        "quit quitting",
                                        "read",
                                        "seek sought",
                                        "shake shook shaken",
                                        "shine shone",
                                        "smell smelt",
                                        "spit spat",
                                        "split splitting",
                                        "spread",
                                        "swing swung",
                                        "die died dying",
                                        "tie tying",
                                        "bet betting",
                                        "slit slitting",
                                        "rob",
                                        "sue suing",
                                        "cheat",
                                        "fake",
                                        "skive",
                                        "drown",
                                        "choke",
                                        "strangle",
                                        "weep wept",
                                        "bend bent",
                                        "bind bound",
                                        "breed bred",
                                        "creep crept",
                                        "fly flew flown",
                                        "forgive forgave forgiven",
                                        "grind ground",
                                        "shave shaven",
                                        "shit shat shitting",
                                        "shrink shrank shrunk",
                                        "slide slid",
                                        "sling slung",
                                        "spin spun",
                                        "spring sprang sprung",
                                        "sting stung",
                                        "stink stank stunk",
                                        "swell swollen",
                                        "sweep swept",
                                        "swim swam swum",
                                        "wind wound",
                                        "wring wrung",
                                        "man men",
                                        "woman women",
                                        "child children",
                                        "person people",
                                        "thief thieves",
                                        "wife wives",
                                        "life lives",
                                        "knife knives",
                                        "tooth teeth",
                                        "foot feet",
                                        "half halves",
                                        "loaf loaves",
                                        "mouse mice",
                                        "bad worse worst",
                                        "good better best",
                                        "far further furthest",
                                        "wolf wolves",
                                        "calf calves",
                                        "goose geese",
                                        "shelf shelves",
                                        "self selves",
                                        "bully bullies bullied"};

static const char *irregular_of(struct slice word)
{
    for (size_t i = 0; i < sizeof(irregular) / sizeof(irregular[0]); i++) {
        // Not strncmp(): a word of a spoilt file may hold a zero byte.
        if (slice_starts_with(slice_of(irregular[i]), word) &&
            (irregular[i][word.len] == ' ' || irregular[i][word.len] == '\0')) {
            return irregular[i] + word.len;
        }
    }
    return NULL;
}

void forms_add(struct forms *out, struct slice form)
{
    if (out->count == FORMS_MOST || form.len == 0 || form.len >= FORM_BYTES) {
        return;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (slice_is(form, out->at[i])) {
            return;
        }
    }
    memcpy(out->at[out->count], form.ptr, form.len);
    out->at[out->count][form.len] = '\0';
    out->count++;
}

static void add_ending(struct forms *out, struct slice stem, const char *ending)
{
    char form[FORM_BYTES];
    int n = snprintf(form, sizeof(form), "%.*s%s", (int)stem.len, stem.ptr, ending);
    if (n > 0 && (size_t)n < sizeof(form)) {
        forms_add(out, slice_make(form, (size_t)n));
    }
}

static bool is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

// "rob": consonant, one vowel, consonant, so the last letter doubles.
static bool doubles_last(struct slice w)
{
    if (w.len < 3) {
        return false;
    }
    char a = w.ptr[w.len - 3], b = w.ptr[w.len - 2], c = w.ptr[w.len - 1];
    return !is_vowel(a) && is_vowel(b) && !is_vowel(c) && c != 'w' && c != 'x' &&
           c != 'y';
}

// For endings that begin with a vowel: drops a final e, turns y into i where `to_i`.
static void add_vowel_ending(struct forms *out, struct slice w, const char *ending,
                             bool to_i)
{
    char last = w.ptr[w.len - 1];
    struct slice stem = slice_sub(w, 0, w.len - 1);
    bool after_vowel = w.len > 1 && is_vowel(w.ptr[w.len - 2]);
    if (last == 'e') {
        add_ending(out, stem, ending);
        return;
    }
    if (last == 'y' && to_i && !after_vowel) {
        char turned[FORM_BYTES];
        snprintf(turned, sizeof(turned), "i%s", ending);
        add_ending(out, stem, turned);
        return;
    }
    if (doubles_last(w)) {
        char doubled[FORM_BYTES];
        snprintf(doubled, sizeof(doubled), "%c%s", last, ending);
        add_ending(out, w, doubled);
        if (w.len < 5) {
            return; // one syllable: always doubled
        }
    }
    add_ending(out, w, ending);
}

static void add_s(struct forms *out, struct slice w)
{
    char last = w.ptr[w.len - 1];
    char before = w.len > 1 ? w.ptr[w.len - 2] : '\0';
    if (last == 's' || last == 'x' || last == 'z' ||
        (last == 'h' && (before == 'c' || before == 's'))) {
        add_ending(out, w, "es");
    } else if (last == 'y' && !is_vowel(before)) {
        add_ending(out, slice_sub(w, 0, w.len - 1), "ies");
    } else {
        if (last == 'o') {
            add_ending(out, w, "es");
        }
        add_ending(out, w, "s");
    }
}

static void add_irregular(struct forms *out, struct slice word)
{
    const char *rest = irregular_of(word);
    struct slice left = slice_of(rest);
    while (left.len) {
        struct slice form = slice_cut(left, ' ', &left);
        forms_add(out, form);
    }
}

bool inflect(struct forms *out, struct slice word, char kind)
{
    out->count = 0;
    if (word.len == 0 || word.len + 5 > FORM_BYTES) {
        return false;
    }
    forms_add(out, word);
    switch (kind) {
    case 0:
        return true;
    case 'v':
        add_s(out, word);
        add_vowel_ending(out, word, "ed", true);
        add_vowel_ending(out, word, "ing", false);
        add_vowel_ending(out, word, "in", false);
        break;
    case 'n':
        add_s(out, word);
        break;
    case 'a':
        add_vowel_ending(out, word, "er", true);
        add_vowel_ending(out, word, "est", true);
        add_vowel_ending(out, word, "ly", true);
        add_ending(out, word, "ly");
        break;
    default:
        return false;
    }
    add_irregular(out, word);
    return true;
}

bool inflect_irregular(struct slice word, struct slice form)
{
    struct slice left = slice_of(irregular_of(word));
    while (left.len) {
        if (slice_equal(slice_cut(left, ' ', &left), form)) {
            return true;
        }
    }
    return false;
}
