// SPDX-License-Identifier: MIT
#include "rules/engine/ruleset.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/base/paths.h"
#include "rules/classify/classify.h"
#include "rules/detect/target.h"
#include "rules/engine/pattern.h"

enum {
    FILE_BYTES = 8 << 20,
    FILES_MOST = 400,
    STRINGS_BYTES = 64 << 20,
    STRINGS_BLOCK = 256 << 10,
    SCRATCH_BYTES = 1 << 20
};

struct file {
    char *name; // without its folder
    char *bytes;
    size_t len;
};

struct files {
    struct file at[FILES_MOST];
    size_t count;
};

struct loading {
    struct ruleset *rs;
    struct files *lexicons;
    struct files *detectors;
    struct arena scratch;
    struct fold_table *folds;
    struct lexfile_context words;
    const struct ruleset_options *options;
};

static void files_free(struct files *files)
{
    for (size_t i = 0; files && i < files->count; i++) {
        free(files->at[i].name);
        free(files->at[i].bytes);
    }
    free(files);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static enum fault read_one(struct files *files, const char *folder, const char *name,
                           struct why *why)
{
    char path[PATH_BYTES];
    struct file *file = &files->at[files->count];
    int n = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= sizeof(path) || files->count == FILES_MOST) {
        return fault_say(why, FAULT_LIMIT, "%s: too many files or too long a path",
                         folder);
    }
    enum fault f = paths_read(path, FILE_BYTES, &file->bytes, &file->len, why);
    if (f) {
        return f;
    }
    files->count++;
    file->name = slice_dup(slice_of(name));
    return file->name ? FAULT_NONE : FAULT_MEMORY;
}

// All files of a folder with that ending, in the order of their names.
static enum fault files_read(struct files **out, const char *data, const char *part,
                             const char *ending, struct why *why)
{
    char folder[PATH_BYTES];
    snprintf(folder, sizeof(folder), "%.3000s/%s", data, part);
    DIR *dir = opendir(folder);
    struct files *files = calloc(1, sizeof(*files));
    if (!dir || !files) {
        if (dir) {
            closedir(dir);
        }
        free(files);
        return fault_say(why, dir ? FAULT_MEMORY : FAULT_ABSENT, "%s: cannot be read",
                         folder);
    }
    enum fault f = FAULT_NONE;
    for (struct dirent *e = readdir(dir); e && !f; e = readdir(dir)) {
        if (e->d_name[0] != '.' &&
            slice_ends_with(slice_of(e->d_name), slice_of(ending))) {
            f = read_one(files, folder, e->d_name, why);
        }
    }
    closedir(dir);
    if (f) {
        files_free(files);
        return f;
    }
    qsort(files->at, files->count, sizeof(files->at[0]), by_name);
    *out = files;
    return FAULT_NONE;
}

// Engine classes have ids of their own, and a word nobody can write, whose list of
// classes says what else they belong to.
static enum fault add_builtins(struct loading *l, struct why *why)
{
    struct lexicon *lex = l->rs->lex;
    for (int b = 0; b < BUILTIN_COUNT; b++) {
        uint16_t class;
        char spelled[64];
        snprintf(spelled, sizeof(spelled), "\x01%s", builtin_name((enum builtin)b));
        enum fault f =
            lexicon_class(lex, slice_of(builtin_name((enum builtin)b)), &class);
        if (!f) {
            lex->classes[class].flags |= CLASS_DEFINED | CLASS_USED;
            f = lexicon_word(lex, slice_of(spelled), &l->rs->builtin_lists[b]);
        }
        if (!f) {
            f = lexicon_phrase(lex, class, &l->rs->builtin_lists[b], 1);
        }
        if (f) {
            return fault_say(why, f, "the engine's own classes: %s", fault_text(f));
        }
    }
    return FAULT_NONE;
}

static enum fault add_detectors(struct loading *l, struct why *why)
{
    size_t count;
    const struct detector *const *all = detect_all(&count);
    struct lexicon *lex = l->rs->lex;
    l->rs->detector_lists = calloc(count + 1, sizeof(*l->rs->detector_lists));
    enum fault f = l->rs->detector_lists ? FAULT_NONE : FAULT_MEMORY;
    for (size_t i = 0; i < count && !f; i++) {
        uint16_t class;
        char spelled[96];
        snprintf(spelled, sizeof(spelled), "\x02%.80s", all[i]->class);
        f = lexicon_class(lex, slice_of(all[i]->class), &class);
        if (!f) {
            lex->classes[class].flags |= CLASS_DEFINED;
            f = lexicon_word(lex, slice_of(spelled), &l->rs->detector_lists[i]);
        }
        if (!f) {
            f = lexicon_phrase(lex, class, &l->rs->detector_lists[i], 1);
        }
    }
    return f ? fault_say(why, f, "the detectors' classes: %s", fault_text(f)) : f;
}

static enum fault read_lexicons(struct loading *l, struct why *why)
{
    for (int pass = LEXFILE_SPELLING; pass <= LEXFILE_CLASSES; pass++) {
        for (size_t i = 0; i < l->lexicons->count; i++) {
            const struct file *file = &l->lexicons->at[i];
            enum fault f =
                lexfile_read(&l->words, file->name, slice_make(file->bytes, file->len),
                             (enum lexfile_pass)pass, why);
            if (f) {
                return f;
            }
        }
    }
    return FAULT_NONE;
}

static enum fault read_rules(struct loading *l, const struct file *file,
                             struct why *why)
{
    struct rule_source *sources;
    unsigned count;
    struct slice bytes = slice_make(file->bytes, file->len);
    struct rule_context c = {.words = &l->words,
                             .strings = &l->rs->strings,
                             .file = file->name,
                             .set = &l->rs->rules};
    enum fault f = rule_sources_read(file->name, bytes, &sources, &count, why);
    for (unsigned i = 0; !f && i < count; i++) {
        struct why inner = {0};
        f = rule_compile(&c, &sources[i], &inner);
        if (f) {
            fault_say(why, f, "%s:%u: %s: %.150s", file->name,
                      rule_source_line(bytes, sources[i].id), sources[i].id,
                      why_text(&inner, f));
        }
    }
    rule_sources_free(sources, count);
    return f;
}

static int by_id(const void *a, const void *b)
{
    const struct rule *const *x = a, *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

static enum fault check_ids(const struct rule_set *set, struct why *why)
{
    const struct rule **sorted = calloc(set->rule_count + 1, sizeof(*sorted));
    if (!sorted) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the rules");
    }
    for (size_t i = 0; i < set->rule_count; i++) {
        sorted[i] = &set->rules[i];
    }
    qsort(sorted, set->rule_count, sizeof(const struct rule *), by_id);
    enum fault f = FAULT_NONE;
    for (size_t i = 1; i < set->rule_count && !f; i++) {
        if (strcmp(sorted[i]->id, sorted[i - 1]->id) == 0) {
            f = fault_say(why, FAULT_INPUT, "%s: rule %s is there twice (also in %s)",
                          sorted[i]->file, sorted[i]->id, sorted[i - 1]->file);
        }
    }
    free(sorted);
    return f;
}

// Every class that something asks for has a section.
static enum fault check_classes(const struct lexicon *lex, struct why *why)
{
    for (size_t i = 0; i < lex->class_count; i++) {
        const struct word_class *class = &lex->classes[i];
        if (!(class->flags & CLASS_DEFINED) && !strchr(class->name, '|')) {
            return fault_say(why, FAULT_INPUT,
                             "no lexicon has a section [%s], which is asked for",
                             class->name);
        }
    }
    return FAULT_NONE;
}

// Signs of grooming are remembered whether or not a rule asks for them.
static void find_signals(struct ruleset *rs)
{
    struct lexicon *lex = rs->lex;
    for (size_t i = 0; i < lex->class_count && rs->signal_count < SIGNALS_MOST; i++) {
        if (slice_starts_with(slice_of(lex->classes[i].name), SLICE("groom.")) &&
            !strchr(lex->classes[i].name, '|')) {
            lex->classes[i].flags |= CLASS_USED;
            rs->signals[rs->signal_count++] = (uint16_t)i;
        }
    }
}

static bool has_context_class(const struct ruleset *rs, uint16_t class)
{
    for (size_t i = 0; i < rs->context_class_count; i++) {
        if (rs->context_classes[i].class == class) {
            return true;
        }
    }
    return false;
}

static void find_context_classes(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->rules.rule_count; i++) {
        const struct rule *r = &rs->rules.rules[i];
        for (size_t k = 0; k < r->condition_count; k++) {
            uint16_t class = r->conditions[k].class;
            if (r->conditions[k].kind == WHEN_CONTEXT &&
                rs->context_class_count < CONTEXT_CLASSES_MOST &&
                !has_context_class(rs, class)) {
                struct slice name = slice_of(rs->lex->classes[class].name);
                rs->context_classes[rs->context_class_count++] = (struct context_class){
                    .hash = (uint32_t)slice_hash(name) | 1, .class = class};
            }
        }
    }
}

// Words of the engine's own, and what they belong to.
static void find_lists(struct ruleset *rs, size_t detector_count)
{
    const struct lexicon *lex = rs->lex;
    for (int b = 0; b < BUILTIN_COUNT; b++) {
        rs->builtin_lists[b] = lexicon_find(lex, lex->keys[rs->builtin_lists[b]])->list;
    }
    for (size_t i = 0; i < detector_count; i++) {
        rs->detector_lists[i] =
            lexicon_find(lex, lex->keys[rs->detector_lists[i]])->list;
    }
}

static void mark_uses(const struct ruleset *rs, bool *loud, bool *anchor)
{
    for (size_t i = 0; i < rs->rules.sequence_count; i++) {
        uint16_t class = rs->rules.sequences[i].anchor;
        loud[class] = anchor[class] = true;
    }
    for (size_t i = 0; i < rs->rules.rule_count; i++) {
        const struct rule *r = &rs->rules.rules[i];
        for (size_t k = 0; k < r->condition_count; k++) {
            if (r->conditions[k].kind == WHEN_CONTEXT) {
                loud[r->conditions[k].class] = true;
            }
        }
    }
}

// Once everything is read: classes get their last numbers.
static enum fault arrange(struct ruleset *rs, struct why *why)
{
    struct lexicon *lex = rs->lex;
    rule_set_pick_anchors(&rs->rules, lex);
    bool *loud = calloc(lex->class_count + 1, sizeof(*loud));
    bool *anchor = calloc(lex->class_count + 1, sizeof(*anchor));
    uint16_t *to = calloc(lex->class_count + 1, sizeof(*to));
    enum fault f = loud && anchor && to ? FAULT_NONE : FAULT_MEMORY;
    if (!f) {
        const struct class_uses uses = {loud, anchor, BUILTIN_COUNT};
        mark_uses(rs, loud, anchor);
        f = lists_arrange(lex, &uses, to);
    }
    f = f ? f : rule_set_index(&rs->rules, lex, to);
    for (size_t i = 0; !f && i < rs->signal_count; i++) {
        rs->signals[i] = to[rs->signals[i]];
    }
    for (size_t i = 0; !f && i < rs->context_class_count; i++) {
        rs->context_classes[i].class = to[rs->context_classes[i].class];
    }
    free(loud);
    free(anchor);
    free(to);
    return f ? fault_say(why, f, "out of memory for the lexicon") : f;
}

static enum fault load(struct loading *l, const char *data, struct why *why)
{
    enum fault f = files_read(&l->lexicons, data, "lexicon", ".txt", why);
    if (!f) {
        f = files_read(&l->detectors, data, "detectors", ".yaml", why);
    }
    if (!f) {
        f = lexicon_create(&l->rs->lex, why);
    }
    if (f) {
        return f;
    }
    l->words = (struct lexfile_context){
        .lex = l->rs->lex, .folds = l->folds, .scratch = &l->scratch};
    f = add_builtins(l, why);
    if (!f) {
        f = add_detectors(l, why);
    }
    if (!f) {
        f = read_lexicons(l, why);
    }
    if (!f) {
        f = roster_load(&l->rs->roster, l->options->school, &l->words, why);
    }
    for (size_t i = 0; !f && i < l->detectors->count; i++) {
        f = read_rules(l, &l->detectors->at[i], why);
    }
    if (!f) {
        f = check_ids(&l->rs->rules, why);
    }
    if (!f) {
        f = check_classes(l->rs->lex, why);
    }
    if (!f) {
        find_signals(l->rs);
        find_context_classes(l->rs);
        f = lexicon_finish(l->rs->lex, why);
    }
    f = f ? f : arrange(l->rs, why);
    if (!f) {
        size_t detectors;
        detect_all(&detectors);
        find_lists(l->rs, detectors);
    }
    return f;
}

static const char *const *copy_list(struct arena *a, const char *const *list,
                                    size_t count)
{
    const char **copy = arena_zalloc(a, count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = arena_copy(a, slice_of(list[i])).ptr;
        if (!copy[i]) {
            return NULL;
        }
    }
    return copy;
}

static enum fault copy_school(struct ruleset *rs, const struct school_profile *school)
{
    if (!school) {
        return FAULT_NONE;
    }
    struct school_profile *own = arena_zalloc(&rs->strings, 1, sizeof(*own));
    if (!own) {
        return FAULT_MEMORY;
    }
    *own = *school;
    own->name = arena_copy(&rs->strings, slice_of(school->name)).ptr;
    own->roster_path = arena_copy(&rs->strings, slice_of(school->roster_path)).ptr;
    own->aliases = copy_list(&rs->strings, school->aliases, school->alias_count);
    own->public_contacts =
        copy_list(&rs->strings, school->public_contacts, school->public_contact_count);
    rs->school = own;
    return own->name && own->roster_path && own->aliases && own->public_contacts
               ? FAULT_NONE
               : FAULT_MEMORY;
}

enum fault ruleset_load(struct ruleset **out, const struct ruleset_options *options,
                        struct why *why)
{
    static const struct ruleset_options none;
    struct loading l = {.options = options ? options : &none};
    char found[PATH_BYTES];
    const char *data = l.options->data_folder;
    if (!data) {
        enum fault f = paths_data(found, why);
        if (f) {
            return f;
        }
        data = found;
    }
    l.rs = calloc(1, sizeof(*l.rs));
    if (!l.rs) {
        return fault_say(why, FAULT_MEMORY, "out of memory for the rules");
    }
    atomic_init(&l.rs->refs, 1);
    arena_init(&l.rs->strings, STRINGS_BLOCK, STRINGS_BYTES);
    arena_init(&l.scratch, SCRATCH_BYTES / 4, SCRATCH_BYTES);
    enum fault f = copy_school(l.rs, l.options->school);
    if (!f) {
        f = fold_table_create(&l.folds, why);
    }
    if (!f) {
        f = load(&l, data, why);
    }
    if (!f) {
        f = patterns_load(&l.rs->patterns, l.options, why);
    }
    if (!f && !l.options->rules_only) {
        f = classifier_load(&l.rs->classifier, data, l.rs->lex, why);
    }
    if (!f && !roster_is_empty(l.rs->roster)) {
        l.rs->aids.roster = l.rs->roster;
    }
    files_free(l.lexicons);
    files_free(l.detectors);
    fold_table_destroy(l.folds);
    arena_finish(&l.scratch);
    if (f) {
        ruleset_unref(l.rs);
        return f;
    }
    *out = l.rs;
    return FAULT_NONE;
}

struct ruleset *ruleset_ref(struct ruleset *rs)
{
    atomic_fetch_add(&rs->refs, 1);
    return rs;
}

void ruleset_unref(struct ruleset *rs)
{
    if (rs && atomic_fetch_sub(&rs->refs, 1) == 1) {
        lexicon_destroy(rs->lex);
        rule_set_free(&rs->rules);
        roster_free(rs->roster);
        patterns_free(rs->patterns);
        classifier_free(rs->classifier);
        free(rs->detector_lists);
        arena_finish(&rs->strings);
        free(rs);
    }
}
