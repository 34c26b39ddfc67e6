// SPDX-License-Identifier: MIT
//
// Which words go to Discord's own AutoMod: slurs that break the policy as hate when a
// message holds nothing else. Whatever needs its context, and above all what a child
// says in need, stays with the judge: Discord would swallow it unseen.
#include <curl/curl.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "adapters/discord/discord_automod.h"
#include "bot/base/paths.h"
#include "bot/cmd/cmd_discord.h"
#include "bot/cmd/options.h"
#include "bot/core/bot.h"

enum { FILE_MOST = 8 << 20, WORD_MOST = 240, HISTORY_CHANNELS = 16 };

struct collector {
    struct generation generation;
    struct judge *judge;
    struct slice *words; // NUL-terminated copies
    size_t count;
    bool slurs; // the class under way holds slurs
};

static bool known(const struct collector *c, struct slice word)
{
    for (size_t i = 0; i < c->count; i++) {
        if (slice_equal(c->words[i], word)) {
            return true;
        }
    }
    return false;
}

static bool severe(struct collector *c, struct slice word)
{
    struct verdict v;
    struct judge_message m = {.text = word, .author_role = AUTHOR_PUPIL};
    return judge_message(c->judge, generation_policy(&c->generation, NULL), &m, &v) ==
               FAULT_NONE &&
           action_hides(v.action) && v.severity >= SEVERITY_HIGH && !v.restricted &&
           v.finding_count && v.findings[0].category == CATEGORY_HATE;
}

static void consider(struct collector *c, struct slice word)
{
    if (c->count == AUTOMOD_WORDS_MOST || word.len > WORD_MOST ||
        !discord_automod_takes(word) || known(c, word) || !severe(c, word)) {
        return;
    }
    char *copy = slice_dup(word);
    if (copy) {
        c->words[c->count++] = slice_make(copy, word.len);
    }
}

// "word/n forms": each by itself. "several words": the phrase as a whole.
static void take_line(struct collector *c, struct slice line)
{
    struct slice comment;
    line = slice_trim(slice_cut(line, '#', &comment));
    if (line.len && line.ptr[0] == '[') {
        c->slurs = slice_starts_with(line, SLICE("[slur"));
        return;
    }
    if (line.len == 0 || line.ptr[0] == '@' || !c->slurs) {
        return;
    }
    struct slice rest;
    if (memchr(line.ptr, '/', line.len) == NULL) {
        consider(c, line);
        return;
    }
    while (line.len) {
        struct slice ending;
        consider(c, slice_cut(slice_cut(line, ' ', &rest), '/', &ending));
        line = slice_trim(rest);
    }
}

static enum fault take_file(struct collector *c, const char *path, struct why *why)
{
    char *bytes = NULL;
    size_t len = 0;
    enum fault f = paths_read(path, FILE_MOST, &bytes, &len, why);
    struct slice rest = slice_make(bytes, f ? 0 : len);
    while (rest.len) {
        struct slice line = slice_cut(rest, '\n', &rest);
        take_line(c, line);
    }
    free(bytes);
    return f;
}

static enum fault take_folder(struct collector *c, struct why *why)
{
    char folder[PATH_BYTES];
    enum fault f = paths_data(folder, why);
    if (f) {
        return f;
    }
    char path[PATH_BYTES + 300];
    snprintf(path, sizeof(path), "%s/lexicon", folder);
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (f == FAULT_NONE &&
            slice_ends_with(slice_of(names[i]->d_name), SLICE(".txt"))) {
            snprintf(path, sizeof(path), "%s/lexicon/%s", folder, names[i]->d_name);
            f = take_file(c, path, why);
        }
        free(names[i]);
    }
    free(names);
    return f;
}

static enum fault collect(struct collector *c, const char *config, struct why *why)
{
    enum fault f = generation_load(&c->generation, config, false, why);
    if (f) {
        return f;
    }
    c->words = calloc(AUTOMOD_WORDS_MOST, sizeof(*c->words));
    f = c->words ? judge_create(&c->judge, c->generation.rules, HISTORY_CHANNELS, why)
                 : FAULT_MEMORY;
    return f ? f : take_folder(c, why);
}

static void finish(struct collector *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free((char *)(uintptr_t)c->words[i].ptr);
    }
    free(c->words);
    judge_destroy(c->judge);
    if (c->generation.config) {
        generation_finish(&c->generation);
    }
}

static bool has(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], option) == 0) {
            return true;
        }
    }
    return false;
}

static enum fault mirror(const struct collector *c, bool off, struct why *why)
{
    const struct discord_conf *conf =
        discord_settings_of(config_values(c->generation.config), "automod");
    if (!conf) {
        return fault_say(why, FAULT_INPUT, "nothing to send to");
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    enum fault f =
        discord_automod_mirror(conf, c->words, off ? 0 : c->count, stdout, why);
    curl_global_cleanup();
    return f;
}

int discord_automod_command(int argc, char **argv)
{
    if (has(argc, argv, "--help")) {
        printf(
            "usage: hallmonitor discord automod [--show | --off] [-c school.yaml]\n\n"
            "Mirrors the slurs that break the policy by themselves into "
            "Discord's own\n"
            "AutoMod, so that a message with one of them never appears. --show only "
            "lists them;\n"
            "--off takes them out again. The bot's role needs Manage Server.\n");
        return EX_OK;
    }
    struct collector c = {0};
    struct why why = {0};
    // Options of our own would be unknown to config_option().
    char *rest[] = {argv[0], NULL, NULL, NULL};
    int count = 1;
    for (int i = 1; i < argc && count < 3; i++) {
        if (strcmp(argv[i], "--show") != 0 && strcmp(argv[i], "--off") != 0) {
            rest[count++] = argv[i];
        }
    }
    enum fault f = collect(&c, config_option(count, rest), &why);
    for (size_t i = 0; f == FAULT_NONE && has(argc, argv, "--show") && i < c.count;
         i++) {
        printf("%s\n", c.words[i].ptr);
    }
    if (f == FAULT_NONE && !has(argc, argv, "--show")) {
        f = mirror(&c, has(argc, argv, "--off"), &why);
    }
    finish(&c);
    return f ? complain("discord automod", f, &why) : EX_OK;
}
