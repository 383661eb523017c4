import type { MemcachedStoreConfig } from "../../../../runtime/stores/memcached/config.ts";
import type { MemcachedOptions } from "../../../../schema/resources.gen.ts";
import { placeOf } from "../../../ir/config.ts";
import { create, defineResource } from "../../../resource/contract.ts";
import { parseDuration, parseSize } from "../../../text/formats.ts";
import { settingPattern, startValue } from "../../../text/setting.ts";
import { list } from "../../../text/words.ts";
import { itemTooSmall, notServer } from "./messages.gen.ts";

/** Smaller items have no room for the fields of an answer. */
const leastItem = 65_536;

export const memcachedStore = defineResource<MemcachedOptions, "stores">({
  room: "stores",
  name: "memcached",
  // It forgets at will: nothing that has to be there later is for it.
  gives: ["answers"],
  mayFail: true,
  largestAnswer: ({ maxItemBytes }) => parseSize(maxItemBytes),

  check({ servers, maxItemBytes }, context) {
    for (const [index, server] of servers.entries()) {
      const shown = server.replaceAll(settingPattern, "1");
      if (!/^(?:\[[0-9A-Fa-f:.]+\]|[^:[\]\s/]+):\d{1,5}$/.test(shown) && !/^\$\{env:\w+(?::-[^}]*)?\}$/.test(server))
        context.report(notServer(context.at(`/servers/${index}`), { server }));
    }
    if (parseSize(maxItemBytes) < leastItem) context.report(itemTooSmall(context.at("/maxItemBytes"), { size: maxItemBytes }));
  },

  lower({ servers, keyPrefix, maxItemBytes, timeout, breaker, maxPending }, context) {
    return {
      ...create<MemcachedStoreConfig>("stores/memcached/memcached-store", "createMemcachedStore", {
        name: context.name,
        from: placeOf(context.origin),
        servers: servers.map((server, index) => startValue(server, context.at(`/servers/${index}`))),
        keyPrefix: keyPrefix ?? `${context.gateway}:`,
        timeout: parseDuration(timeout),
        inFlight: maxPending,
        breaker: { misses: breaker.failures, open: parseDuration(breaker.open) },
        maxItemBytes: parseSize(maxItemBytes),
      }),
      roles: ["living"],
      summary: list(servers),
    };
  },
});
