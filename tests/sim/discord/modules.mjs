// Modules lie in the build folder that tests/integration/lib/npm-install fills.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const installed = join(root, "build/node/discord/node_modules");
export const require = createRequire(join(existsSync(installed) ? installed : process.env.NODE_PATH ?? ".", "x.cjs"));
export const { WebSocketServer, WebSocket } = require("ws");
