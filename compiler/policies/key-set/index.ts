import type { KeySetConfig } from "../../../runtime/policies/key-set/index.ts";
import type { KeySetOptions } from "../../../schema/policies.gen.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { signingKeys } from "../../resource/signing-keys.ts";
import { parseDuration } from "../../text/formats.ts";

export const keySet = definePolicy<KeySetOptions>({
  name: "keySet",
  stages: ["forward"],
  onFailure: "closed",
  terminal: true,

  lower({ key, algorithm, maxAge }, context) {
    return call<KeySetConfig>(
      "policies/key-set",
      "createKeySet",
      {
        at: formatOrigin(context.origin),
        keys: signingKeys(key, algorithm, context.at("/key")),
        maxAge: Math.floor(parseDuration(maxAge) / 1_000),
      },
      { hooks: ["request"], mayAnswer: true, roles: ["living"], summary: `public keys, ${algorithm}` },
    );
  },
});
