import type { DecompressConfig } from "../../../runtime/policies/decompress/index.ts";
import type { DecompressOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";

export const decompress = definePolicy<DecompressOptions>({
  name: "decompress",
  stages: ["validate"],
  onFailure: "closed",

  lower({ maxBody, maxRatio }) {
    const fields = ["content-encoding", "content-digest", "repr-digest", "content-md5", "digest"];
    return call<DecompressConfig>(
      "policies/decompress",
      "createDecompress",
      { maxBytes: parseSize(maxBody), maxRatio },
      {
        hooks: ["request", "upstreamRequest"],
        mayAnswer: true,
        async: true,
        body: "replaced",
        requestBodies: {
          held: ["those with a content coding"],
          streamed: ["those without one, unless another policy holds them"],
        },
        fields: { request: fields },
        sends: { constants: [], hidden: fields.map((name) => `header ${name}`) },
        summary: `gzip, deflate, br and zstd (on Node 22.15, 23.8 or later), to at most ${maxBody} and ${maxRatio} times the size`,
      },
    );
  },
});
