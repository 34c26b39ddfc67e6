// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <jansson.h>
#include <time.h>

#include "rules/policy/derive.h"
#include "unit/policy/policy_fixture.h"

#define SAMPLES HM_TEST_SOURCE_DIR "/tests/policies"

enum {
    FOUND_PERCENT = 85,
    CATEGORIES_PERCENT = 80,
    NORMAL_BYTES = 8192,
    DERIVE_MS = 1000,
};

static struct phrases *phrases;
static struct arena arena;

static int open_all(void **state)
{
    (void)state;
    struct why why = {0};
    arena_init(&arena, 1 << 20, 128 << 20);
    return (int)phrases_load(&phrases, SHIPPED_RULES "/policies/phrases.txt", &why);
}

static int close_all(void **state)
{
    (void)state;
    phrases_destroy(phrases);
    arena_finish(&arena);
    return 0;
}

static struct proposal derive_text(struct slice text)
{
    struct proposal p;
    struct why why = {0};
    arena_drop(&arena);
    CHECK_INT(derive(&p, text, phrases, &arena, &why), FAULT_NONE);
    return p;
}

static struct proposal derive_of(const char *text)
{
    return derive_text(slice_of(text));
}

// Lower case, curly apostrophes straight, white space single.
static void normalise(char out[NORMAL_BYTES], struct slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len && n + 1 < NORMAL_BYTES; i++) {
        char c = s.ptr[i];
        if (i + 2 < s.len && (memcmp(s.ptr + i, "\xe2\x80\x99", 3) == 0 ||
                              memcmp(s.ptr + i, "\xe2\x80\x98", 3) == 0)) {
            c = '\'';
            i += 2;
        }
        c = c == '\n' || c == '\t' ? ' ' : c;
        if (c == ' ' && n && out[n - 1] == ' ') {
            continue;
        }
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    out[n] = '\0';
}

// Whether one of the words ("a|b") stands in the quote.
static bool holds(struct slice quote, const char *words)
{
    char where[NORMAL_BYTES], what[NORMAL_BYTES];
    normalise(where, quote);
    struct slice rest = slice_of(words);
    while (rest.len) {
        normalise(what, slice_cut(rest, '|', &rest));
        if (strstr(where, what)) {
            return true;
        }
    }
    return false;
}

struct score {
    unsigned clauses, found, wanted, right, extra;
    unsigned people, people_right, told, told_right, timed, timed_right, bound,
        bound_right;
};

// What all derived clauses with these words forbid; *first is the first of them.
static uint64_t find_clause(const struct proposal *p, const char *words,
                            const struct proposal_clause **first)
{
    uint64_t categories = 0;
    *first = NULL;
    for (size_t i = 0; i < p->clause_count; i++) {
        if (holds(p->clauses[i].quote, words)) {
            *first = *first ? *first : &p->clauses[i];
            categories |= p->clauses[i].categories;
        }
    }
    return categories;
}

static void score_categories(struct score *s, uint64_t got, uint64_t want)
{
    for (unsigned k = 0; k < CATEGORY_COUNT; k++) {
        s->wanted += (want >> k & 1) != 0;
        s->right += ((want & got) >> k & 1) != 0;
        s->extra += ((got & ~want) >> k & 1) != 0;
    }
}

static bool binds(const struct proposal_clause *c, const char *word)
{
    unsigned bit = strcmp(word, "staff") == 0    ? BINDS_STAFF
                   : strcmp(word, "pupil") == 0  ? BINDS_PUPIL
                   : strcmp(word, "parent") == 0 ? BINDS_PARENT
                                                 : BINDS_ALL;
    return c->binds & bit;
}

static bool tells(const struct proposal_clause *c, const char *role)
{
    for (size_t i = 0; i < c->tell_count; i++) {
        if (strcmp(c->tell[i]->name, role) == 0) {
            return true;
        }
    }
    return false;
}

static void score_clause(struct score *s, const struct proposal *p, const json_t *want)
{
    const struct proposal_clause *c;
    const char *words = json_string_value(json_object_get(want, "words"));
    uint64_t got = find_clause(p, words, &c);
    s->clauses++;
    if (!c) {
        print_message("    not found: %s\n", words);
        return;
    }
    s->found++;
    uint64_t categories = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(want, "categories"), i, one)
    {
        enum category k;
        CHECK(category_parse(slice_of(json_string_value(one)), &k));
        categories |= UINT64_C(1) << k;
    }
    if (json_is_true(json_object_get(want, "people_only"))) {
        s->people++;
        s->people_right += c->people_only;
    } else if (categories) {
        score_categories(s, got, categories);
    }
    bool any = false;
    json_array_foreach(json_object_get(want, "applies_to"), i, one)
    {
        any = any || binds(c, json_string_value(one));
    }
    s->bound += json_object_get(want, "applies_to") != NULL;
    s->bound_right += any;
    json_array_foreach(json_object_get(want, "tell"), i, one)
    {
        s->told++;
        s->told_right += tells(c, json_string_value(one));
    }
    const char *within = json_string_value(json_object_get(want, "within"));
    s->timed += within != NULL;
    s->timed_right += within && slice_is(c->within, within);
}

static void print_score(const char *name, const struct score *s)
{
    print_message(
        "%s: clauses %u/%u, categories %u/%u (%u more), people only %u/%u, told "
        "%u/%u, how fast %u/%u, whom %u/%u\n",
        name, s->found, s->clauses, s->right, s->wanted, s->extra, s->people_right,
        s->people, s->told_right, s->told, s->timed_right, s->timed, s->bound_right,
        s->bound);
}

static void check_score(const char *name, const struct score *s)
{
    print_score(name, s);
    CHECK(s->clauses > 0);
    CHECK(s->found * 100 >= s->clauses * FOUND_PERCENT);
    CHECK(s->right * 100 >= s->wanted * CATEGORIES_PERCENT);
}

static char *read_file(const char *path, size_t *len)
{
    char *bytes = NULL;
    struct why why = {0};
    return paths_read(path, DOCUMENT_BYTES, &bytes, len, &why) ? NULL : bytes;
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void check_facts(const struct proposal *p, const json_t *want)
{
    size_t i;
    json_t *one;
    const char *title = json_string_value(json_object_get(want, "title"));
    CHECK(slice_find(p->title, slice_of(title)) != SIZE_MAX);
    CHECK_INT(p->age_count, json_array_size(json_object_get(want, "ages")));
    json_array_foreach(json_object_get(want, "ages"), i, one)
    {
        CHECK_INT(p->ages[i], json_integer_value(one));
    }
    json_array_foreach(json_object_get(want, "roles"), i, one)
    {
        bool any = false;
        for (size_t k = 0; k < p->role_count; k++) {
            any = any || strcmp(p->roles[k]->name, json_string_value(one)) == 0;
        }
        CHECK(any);
    }
    json_array_foreach(json_object_get(want, "routes"), i, one)
    {
        bool any = false;
        for (size_t k = 0; k < p->route_count; k++) {
            any = any || slice_find(p->routes[k], slice_of(json_string_value(one))) !=
                             SIZE_MAX;
        }
        CHECK(any);
    }
}

static void measure_sample(const char *folder, const char *name)
{
    char path[600];
    size_t len;
    struct score s = {0};
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    json_t *want = json_load_file(path, 0, NULL);
    CHECK(want != NULL);
    snprintf(path, sizeof(path), "%s/%.*s.txt", folder, (int)(strlen(name) - 5), name);
    char *text = read_file(path, &len);
    CHECK(text != NULL);
    struct proposal p = derive_text(slice_make(text, len));
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(want, "clauses"), i, one)
    {
        score_clause(&s, &p, one);
    }
    check_score(name, &s);
    check_facts(&p, want);
    free(text);
    json_decref(want);
}

static void measure_folder(const char *folder)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, NULL, alphasort);
    unsigned samples = 0;
    for (int i = 0; i < n; i++) {
        if (slice_ends_with(slice_of(names[i]->d_name), SLICE(".json"))) {
            measure_sample(folder, names[i]->d_name);
            samples++;
        }
        free(names[i]);
    }
    free(names);
    CHECK(samples >= 3);
}

TEST(derive__tuned_samples)
{
    measure_folder(SAMPLES "/tuned");
}

TEST(derive__unseen_samples)
{
    measure_folder(SAMPLES "/unseen");
}

static const struct policy_clause *pack_clause(const struct policy *p, const char *id)
{
    size_t count;
    const struct policy_clause *clauses = policy_clauses(p, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(clauses[i].id, id) == 0 &&
            slice_equal(clauses[i].policy, policy_id(p))) {
            return &clauses[i];
        }
    }
    return NULL;
}

// The hand-made pack's clauses, found in what is derived from the school's document.
static void measure_school(const char *shared, const char *school, const json_t *words)
{
    char path[900];
    size_t len;
    struct score s = {0};
    struct policy *pack;
    struct why why = {0};
    snprintf(path, sizeof(path), "%s/policies/%s.txt", shared, school);
    char *text = read_file(path, &len);
    CHECK(text != NULL);
    CHECK_INT(policy_load(&pack, school, SHIPPED_RULES, &why), FAULT_NONE);
    uint64_t began = now_ms();
    struct proposal p = derive_text(slice_make(text, len));
    CHECK(now_ms() - began < DERIVE_MS);
    const char *id;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)words, id, value)
    {
        const struct policy_clause *c = pack_clause(pack, id);
        const struct proposal_clause *first;
        CHECK(c != NULL);
        uint64_t got = find_clause(&p, json_string_value(value), &first);
        s.clauses++;
        s.found += first != NULL;
        if (first && c->people_only) {
            s.people++;
            s.people_right += got == 0;
        } else if (first) {
            score_categories(&s, got, c->categories);
        }
    }
    size_t count, own = 0;
    const struct policy_clause *clauses = policy_clauses(pack, &count);
    for (size_t i = 0; i < count; i++) {
        own += slice_equal(clauses[i].policy, policy_id(pack));
    }
    CHECK_INT(s.clauses, own); // every clause of the pack is looked for
    check_score(school, &s);
    policy_unref(pack);
    free(text);
}

static bool find_shared(char out[600])
{
    const char *named = getenv("HM_SHARED");
    snprintf(out, 600, "%s", named ? named : HM_TEST_SOURCE_DIR "/../shared");
    DIR *folder = opendir(out);
    if (folder) {
        closedir(folder);
    }
    return folder != NULL;
}

TEST(derive__five_schools)
{
    char shared[600];
    if (!find_shared(shared)) {
        skip();
    }
    json_t *all = json_load_file(SAMPLES "/five-schools.json", 0, NULL);
    CHECK(all != NULL);
    const char *school;
    json_t *words;
    json_object_foreach(all, school, words)
    {
        measure_school(shared, school, words);
    }
    json_decref(all);
}

TEST(derive__same_text_same_proposal)
{
    size_t len;
    char *text = read_file(SAMPLES "/tuned/us-district.txt", &len);
    struct text a, b;
    text_init(&a, 1 << 20);
    text_init(&b, 1 << 20);
    struct proposal p = derive_text(slice_make(text, len));
    proposal_add_yaml(&a, &p, phrases);
    p = derive_text(slice_make(text, len));
    proposal_add_yaml(&b, &p, phrases);
    CHECK_STR(text_cstr(&a), text_cstr(&b));
    text_finish(&a);
    text_finish(&b);
    free(text);
}

// What is proposed can be loaded, whatever the document holds.
static void check_loads(struct slice document)
{
    struct proposal p = derive_text(document);
    struct text yaml;
    struct policy *pack = NULL;
    struct why why = {0};
    text_init(&yaml, 8 << 20);
    proposal_add_yaml(&yaml, &p, phrases);
    CHECK(!text_failed(&yaml));
    const char *path = write_pack(text_cstr(&yaml));
    if (policy_load(&pack, path, SHIPPED_RULES, &why)) {
        fail_msg("%s", why.text);
    }
    policy_unref(pack);
    remove_pack(path);
    text_clear(&yaml);
    proposal_add_json(&yaml, &p);
    json_t *json = json_loads(text_cstr(&yaml), 0, NULL);
    CHECK(json != NULL);
    CHECK(json_is_array(json_object_get(json, "clauses")));
    json_decref(json);
    text_finish(&yaml);
}

TEST(derive__hostile_documents_give_packs_that_load)
{
    static const char *const texts[] = {
        "",
        "\n\n\n",
        "a",
        "{}[]:,&*#?|-<>=!%@`",
        "id: x\nclauses: [",
        "\xff\xfe\x00\x80 must not swear\xc3",
        "- - - - -\n- must not: - swear\n",
        "1. 1. 1. must not\n(a) (b) (a) (b) must not swear (i) (ii)",
        ("Members must not post \"quotes\", back\\slashes or \x01 controls: # not a "
         "comment"),
        "Must not swear\r\nMust not swear\r\nMust not swear\r\nMust not swear\r\n",
        "\xe2\x80\xa8 must not swear \xc2\x85 must not bully"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_loads(slice_of(texts[i]));
    }
}

static char *repeat(const char *unit, size_t times, size_t *len)
{
    size_t n = strlen(unit);
    char *out = malloc(n * times + 1);
    CHECK(out != NULL);
    for (size_t i = 0; i < times; i++) {
        memcpy(out + i * n, unit, n);
    }
    *len = n * times;
    out[*len] = '\0';
    return out;
}

TEST(derive__long_documents_are_bounded)
{
    static const char *const units[] = {
        "Members must not swear or bully anybody online.\n\n", "- must not swear:\n",
        "must not swear ", "a.", "  1.1.1.1 (a) (b) must not swear: "};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len;
        char *text = repeat(units[i], 4000, &len);
        check_loads(slice_make(text, len));
        free(text);
    }
}

TEST(derive__too_many_lines_are_refused)
{
    size_t len;
    char *text = repeat("a\n", DOCUMENT_LINES_MOST + 1, &len);
    struct proposal p;
    struct why why = {0};
    arena_drop(&arena);
    CHECK_INT(derive(&p, slice_make(text, len), phrases, &arena, &why), FAULT_LIMIT);
    free(text);
}

TEST(derive__rule_and_prose_are_told_apart)
{
    struct proposal p =
        derive_of("Online policy\n\nSocial media has become part of life.\n\n"
                  "Members must not swear.\n");
    CHECK_INT(p.clause_count, 1);
    CHECK_SLICE(p.clauses[0].quote, "Members must not swear.");
}

TEST(derive__list_items_are_read_with_what_introduces_them)
{
    struct proposal p =
        derive_of("Online policy\n\nPupils must not:\n\n- threats\n- spam\n");
    CHECK_INT(p.clause_count, 2);
    CHECK(p.clauses[0].forbids && p.clauses[1].forbids);
    CHECK_INT(p.clauses[0].binds, BINDS_PUPIL);
    CHECK_INT(p.clauses[1].categories, UINT64_C(1) << CATEGORY_FLOOD);
}

TEST(derive__lettered_list_inside_a_sentence_is_taken_apart)
{
    struct proposal p =
        derive_of("Online policy\n\nStaff must not (a) swear; (b) send spam; "
                  "or (c) gamble in the chat.\n");
    CHECK_INT(p.clause_count, 3);
    CHECK_INT(p.clauses[2].categories, UINT64_C(1) << CATEGORY_GAMBLING);
    CHECK_INT(p.clauses[2].binds, BINDS_STAFF);
}

TEST(derive__who_is_told_and_how_fast)
{
    struct proposal p = derive_of(
        "Online policy\n\nStaff must report any threat to the headteacher and the "
        "DSL within 3 working days.\n");
    CHECK_INT(p.clause_count, 1);
    CHECK(tells(&p.clauses[0], "headteacher") && tells(&p.clauses[0], "dsl"));
    CHECK_SLICE(p.clauses[0].within, "3 working days");
}

TEST(derive__how_long_things_are_kept)
{
    struct proposal p =
        derive_of("Policy\n\nReports of bullying shall be retained for 2 years.");
    CHECK_INT(p.keep_days, 730);
}

TEST(derive__dates_and_names)
{
    struct proposal p =
        derive_of("Hill View Primary School\nOnline Safety Policy\nAdopted: 3 "
                  "March 2021\nNext review: 03/03/2023\n\nPupils must not swear.");
    CHECK_SLICE(p.school, "Hill View Primary School");
    CHECK_SLICE(p.title, "Online Safety Policy");
    CHECK_SLICE(p.date, "2021-03");
    CHECK_SLICE(p.review, "2023-03-03");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        UNIT(derive__tuned_samples),
        UNIT(derive__unseen_samples),
        UNIT(derive__five_schools),
        UNIT(derive__same_text_same_proposal),
        UNIT(derive__hostile_documents_give_packs_that_load),
        UNIT(derive__long_documents_are_bounded),
        UNIT(derive__too_many_lines_are_refused),
        UNIT(derive__rule_and_prose_are_told_apart),
        UNIT(derive__list_items_are_read_with_what_introduces_them),
        UNIT(derive__lettered_list_inside_a_sentence_is_taken_apart),
        UNIT(derive__who_is_told_and_how_fast),
        UNIT(derive__how_long_things_are_kept),
        UNIT(derive__dates_and_names)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
