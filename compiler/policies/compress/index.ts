import type { CodingConfig } from "../../../runtime/policies/compress/coding.ts";
import type { CompressConfig } from "../../../runtime/policies/compress/index.ts";
import type { PackingConfig } from "../../../runtime/policies/compress/packing.ts";
import type { CompressOptions } from "../../../schema/policies.gen.ts";
import { type Lowered, type MakeIr, make } from "../../ir/config.ts";
import type { ParameterShape } from "../../ir/parameter.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";
import { list } from "../../text/words.ts";
import { onlyZstd, secretBesideInput, unusedLevel } from "./messages.gen.ts";

/** Answers of at most so many bytes are compressed in one call: some 100 µs in which nothing else runs. */
const whole = "64KiB";

const onTheWay = ["upstreamRequest", "answerHead", "answerStream", "answerBody", "response"] as const;

type Coding = CompressOptions["codings"][number];

const factories = {
  br: ["brotli", "createBrotliCoding"],
  gzip: ["gzip", "createGzipCoding"],
  zstd: ["zstd", "createZstdCoding"],
} as const;

/** Of longer bodies that a cache keeps. */
const longFactories = {
  br: ["long-codings", "createLongBrotli"],
  gzip: ["long-codings", "createLongGzip"],
  zstd: ["long-codings", "createLongZstd"],
} as const;

export const compress = definePolicy<CompressOptions>({
  name: "compress",
  stages: ["transform"],
  onFailure: "closed",

  check(options, context) {
    for (const coding of ["br", "gzip", "zstd"] as const)
      if (!options.codings.includes(coding) && context.writtenIn(`/levels/${coding}`) !== undefined)
        context.report(unusedLevel(context.at(`/levels/${coding}`), { coding }));
    if (options.codings.every((coding) => coding === "zstd")) context.report(onlyZstd(context.at("/codings")));
    checkSecrets(context);
  },

  lower({ codings, levels, types, minSize }, { present }) {
    const ranges = types.map((text) => {
      const [type, subtype] = text.split("/") as [string, string];
      return { type, subtype, parameters: [] };
    });
    const each = (made: Readonly<Record<Coding, readonly [module: string, name: string]>>): MakeIr[] =>
      codings.map((coding) =>
        make<CodingConfig>(`policies/compress/${made[coding][0]}`, made[coding][1], { level: levels[coding] }),
      );
    const config: Lowered<CompressConfig> = {
      codings: each(factories),
      types: ranges,
      minBytes: parseSize(minSize),
      wholeBytes: parseSize(whole),
      slot: { kind: "slot" },
    };
    const facts: Parameters<typeof call>[3] = {
      // What gzip keeps of a stream is no engine that has to be closed.
      hooks: [...onTheWay, ...(codings.some((coding) => coding !== "gzip") ? (["done"] as const) : [])],
      answer: { use: "transformed", place: "pack", most: whole, larger: "streamed" },
      fields: {
        request: ["if-none-match", "if-range", "range"],
        response: ["accept-ranges", "content-digest", "content-encoding", "content-md5", "digest", "etag", "repr-digest", "vary"],
      },
      sends: { constants: [], hidden: ["header if-none-match", "header if-range", "header range"] },
      summary: `${list(codings.map((coding) => `${coding} ${levels[coding]}${coding === "zstd" ? " (on Node 22.15, 23.8 or later)" : ""}`))}, from ${minSize} on`,
    };
    if (!present.has("cache")) return call<CompressConfig>("policies/compress", "createCompress", config, facts);
    const packing = { ...config, long: each(longFactories) };
    return call<PackingConfig>("policies/compress/packing", "createPacking", packing, { ...facts, roles: ["packs"] });
  },
});

/**
 * BREACH (https://breachattack.com): who can choose a part of an answer, and see how long it gets, learns a secret in it byte by
 * byte. What can be told from a spec: the answer of a request that a foreign page can make has a secret, and the URL takes text.
 */
function checkSecrets(context: PolicyContext): void {
  const { operation } = context;
  if (operation?.method !== "GET" || context.secrets()?.response === undefined) return;
  const chosen = (context.contract()?.parameters ?? []).filter(
    ({ in: place, shape }) => (place === "query" || place === "path") && takesText(shape),
  );
  if (chosen.length === 0) return;
  const parameters = list(chosen.map(({ in: place, name }) => `${place} parameter \`${name}\``));
  context.report(
    secretBesideInput(context.origin, { operation: operation.operationId, parameters }, { alike: operation.operationId }),
  );
}

const takesText = ({ scalar, items, properties, additional }: ParameterShape): boolean =>
  scalar.includes("string") ||
  [items, additional, ...Object.values(properties ?? {})].some((part) => part !== undefined && takesText(part));
