import type { BasicConfig } from "../../../../runtime/identity/basic/basic.ts";
import type { BasicOptions } from "../../../../schema/resources.gen.ts";
import { type Lowered, make } from "../../../ir/config.ts";
import { create, defineResource } from "../../../resource/contract.ts";
import { parseDuration } from "../../../text/formats.ts";
import { quotedString } from "../../../text/key-place.ts";
import { longCache } from "./messages.gen.ts";

/** Milliseconds. */
const longestCache = 3_600_000;

export const basicScheme = defineResource<BasicOptions, "identity">({
  room: "identity",
  name: "basic",
  implements: ["http basic"],

  check({ cache }, context) {
    if (parseDuration(cache) > longestCache) context.report(longCache(context.at("/cache"), { cache }));
  },

  lower(options, context) {
    const { name } = context;
    const { cache, forward, hashes, users, waiting } = options;
    const challenge = `Basic realm=${quotedString(name)}, charset="UTF-8"`;
    const config: Lowered<BasicConfig> = {
      name,
      challenge,
      forward: forward === "credential",
      file: users.file,
      bcrypt: hashes.includes("bcrypt") ? make<object>("identity/basic/bcrypt-thread", "createBcryptThread", {}) : null,
      waiting,
      cacheMs: parseDuration(cache),
    };
    return {
      ...create<BasicConfig>("identity/basic/basic", "createBasic", config),
      roles: ["living"] as const,
      async: true,
      challenge,
      field: "authorization",
      ...(config.forward ? { passesAll: true as const } : {}),
      summary: `user name and password, users in ${users.file}`,
    };
  },
});
