// SPDX-License-Identifier: MIT
#include "bot/core/config.h"

// Each platform's folder is optional at build time; CMake says which are there.
#ifdef HM_HAVE_SANDBOX
#include "adapters/sandbox/sandbox.h"
#endif
#ifdef HM_HAVE_REPLAY
#include "adapters/replay/replay.h"
#endif
#ifdef HM_HAVE_DISCORD
#include "adapters/discord/discord.h"
#endif
#ifdef HM_HAVE_MATRIX
#include "adapters/matrix/matrix.h"
#endif

const struct adapter_ops *const *platforms_all(void)
{
    static const struct adapter_ops *const all[] = {
#ifdef HM_HAVE_SANDBOX
        &sandbox_adapter,
#endif
#ifdef HM_HAVE_REPLAY
        &replay_adapter,
#endif
#ifdef HM_HAVE_DISCORD
        &discord_adapter,
#endif
#ifdef HM_HAVE_MATRIX
        &matrix_adapter,
#endif
        NULL,
    };
    return all;
}
