import type { CompressConfig } from "../../../runtime/policies/compress/index.ts";
import type { CompressOptions } from "../../../schema/policies.gen.ts";
import type { ParameterShape } from "../../ir/parameter.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";
import { list } from "../../text/words.ts";
import { secretBesideInput, unusedLevel } from "./messages.gen.ts";

/** Answers of at most so many bytes are compressed in one call: some 100 µs in which nothing else runs. */
const whole = "64KiB";

export const compress = definePolicy<CompressOptions>({
  name: "compress",
  stages: ["transform"],
  onFailure: "closed",

  check(options, context) {
    for (const coding of ["br", "gzip"] as const)
      if (!options.codings.includes(coding) && context.writtenIn(`/levels/${coding}`) !== undefined)
        context.report(unusedLevel(context.at(`/levels/${coding}`), { coding }));
    checkSecrets(context);
  },

  lower({ codings, levels, types, minSize }) {
    const ranges = types.map((text) => {
      const [type, subtype] = text.split("/") as [string, string];
      return { type, subtype, parameters: [] };
    });
    return call<CompressConfig>(
      "policies/compress",
      "createCompress",
      {
        codings,
        levels: { br: levels.br, gzip: levels.gzip },
        types: ranges,
        minBytes: parseSize(minSize),
        wholeBytes: parseSize(whole),
        slot: { kind: "slot" },
      },
      {
        hooks: ["upstreamRequest", "answerHead", "answerStream", "answerBody", "response"],
        answer: { use: "transformed", place: "pack", most: whole, larger: "streamed" },
        fields: {
          request: ["if-none-match", "if-range", "range"],
          response: [
            "accept-ranges",
            "content-digest",
            "content-encoding",
            "content-md5",
            "digest",
            "etag",
            "repr-digest",
            "vary",
          ],
        },
        sends: { constants: [], hidden: ["header if-none-match", "header if-range", "header range"] },
        summary: `${list(codings.map((coding) => `${coding} ${levels[coding]}`))}, from ${minSize} on`,
      },
    );
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
