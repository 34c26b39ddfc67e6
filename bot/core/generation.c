// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "bot/core/bot.h"

static enum fault add_policy(struct generation *g, const char *name, struct why *why)
{
    for (size_t i = 0; i < g->policy_count; i++) {
        if (strcmp(g->policies[i].name, name) == 0) {
            return FAULT_NONE;
        }
    }
    struct policy_slot *grown =
        realloc(g->policies, (g->policy_count + 1) * sizeof(*g->policies));
    if (!grown) {
        return FAULT_MEMORY;
    }
    g->policies = grown;
    g->policies[g->policy_count] = (struct policy_slot){.name = name};
    enum fault f = policy_load(&g->policies[g->policy_count].policy, name, NULL, why);
    g->policy_count += f == FAULT_NONE;
    return f;
}

static void say_progress(const char *what, unsigned percent, void *ctx)
{
    (void)ctx;
    log_info("loading", LOG_STR("part", what), LOG_U64("percent", percent));
}

enum fault generation_load(struct generation *out, const char *config_path,
                           bool progress, struct why *why)
{
    struct generation g = {0};
    enum fault f = config_load(&g.config, config_path, why);
    if (f) {
        return f;
    }
    const struct config *c = config_values(g.config);
    f = add_policy(&g, c->policy ? c->policy : "default", why);
    for (unsigned i = 0; f == FAULT_NONE && i < c->channels_count; i++) {
        if (c->channels[i].policy) {
            f = add_policy(&g, c->channels[i].policy, why);
        }
    }
    if (f == FAULT_NONE) {
        struct school_profile profile = config_profile(g.config);
        struct ruleset_options options = {.school = &profile,
                                          .progress = progress ? say_progress : NULL};
        f = ruleset_load(&g.rules, &options, why);
    }
    if (f) {
        generation_finish(&g);
        return f;
    }
    *out = g;
    return FAULT_NONE;
}

void generation_finish(struct generation *g)
{
    for (size_t i = 0; i < g->policy_count; i++) {
        policy_unref(g->policies[i].policy);
    }
    free(g->policies);
    ruleset_unref(g->rules);
    config_close(g->config);
    *g = (struct generation){0};
}

const struct policy *generation_policy(const struct generation *g,
                                       const struct config_channel *channel)
{
    const char *name = channel ? channel->policy : NULL;
    for (size_t i = 0; name && i < g->policy_count; i++) {
        if (strcmp(g->policies[i].name, name) == 0) {
            return g->policies[i].policy;
        }
    }
    return g->policy_count ? g->policies[0].policy : NULL;
}
