// SPDX-License-Identifier: MIT
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bot/base/paths.h"
#include "bot/cmd/cmd_policy.h"
#include "rules/policy/derive.h"

enum { ARENA_BYTES = 128 << 20, BLOCK_BYTES = 1 << 20, OUTPUT_BYTES = 16 << 20 };

static int usage(FILE *out)
{
    fprintf(
        out,
        "usage: hallmonitor policy derive [--json] [--data FOLDER] FILE|-\n\n"
        "Proposes a policy pack from a school's own document: plain text or "
        "Markdown, and\n.docx, .odt, .rtf, .html through pandoc, .pdf through "
        "pdftotext. Prints YAML that\n`hallmonitor policy lint` accepts, or JSON.\n");
    return out == stdout ? EX_OK : EX_USAGE;
}

static enum fault load_phrases(struct phrases **out, const char *data, struct why *why)
{
    char folder[PATH_BYTES], path[PATH_BYTES + 32];
    if (!data) {
        enum fault f = paths_data(folder, why);
        if (f) {
            return f;
        }
        data = folder;
    }
    snprintf(path, sizeof(path), "%s/policies/phrases.txt", data);
    return phrases_load(out, path, why);
}

static int derive_file(const char *path, const char *data, bool json)
{
    struct why why = {0};
    struct text source, out;
    struct phrases *phrases = NULL;
    struct proposal proposal;
    struct arena arena;
    text_init(&source, DOCUMENT_BYTES);
    text_init(&out, OUTPUT_BYTES);
    arena_init(&arena, BLOCK_BYTES, ARENA_BYTES);
    enum fault f = policy_source_read(&source, path, &why);
    f = f ? f : load_phrases(&phrases, data, &why);
    f = f ? f : derive(&proposal, text_slice(&source), phrases, &arena, &why);
    int status;
    if (f) {
        status = policy_complain("derive", f, &why);
    } else {
        if (json) {
            proposal_add_json(&out, &proposal);
        } else {
            proposal_add_yaml(&out, &proposal, phrases);
        }
        status = policy_print("derive", &out);
    }
    phrases_destroy(phrases);
    arena_finish(&arena);
    text_finish(&source);
    text_finish(&out);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option known[] = {{"json", no_argument, NULL, 'j'},
                                          {"data", required_argument, NULL, 'd'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    bool json = false;
    const char *data = NULL;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (o) {
        case 'j':
            json = true;
            break;
        case 'd':
            data = optarg;
            break;
        default:
            return usage(o == 'h' ? stdout : stderr);
        }
    }
    if (optind + 1 != argc) {
        return usage(stderr);
    }
    return derive_file(argv[optind], data, json);
}

const struct command policy_derive = {"derive", "propose a pack from a document", run};
