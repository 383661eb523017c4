import type { MemoryStoreConfig } from "../../../../runtime/stores/memory/config.ts";
import type { MemoryOptions } from "../../../../schema/resources.gen.ts";
import { create, defineResource } from "../../../resource/contract.ts";
import { parseSize } from "../../../text/formats.ts";

export const memoryStore = defineResource<MemoryOptions, "stores">({
  room: "stores",
  name: "memory",
  gives: ["counters", "values", "messages", "claims", "answers", "memory"],
  mayFail: false,
  // One does not take more than half of the place of all.
  largestAnswer: ({ max }) => Math.floor(parseSize(max) / 2),

  lower: ({ max }, { name }) => ({
    ...create<MemoryStoreConfig>("stores/memory/memory-store", "createMemoryStore", { name, maxBytes: parseSize(max) }),
    roles: ["living", "adminRoutes"],
    summary: `values up to ${max}`,
  }),
});
