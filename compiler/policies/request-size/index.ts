import type { RequestSizeConfig } from "../../../runtime/policies/request-size/index.ts";
import type { RequestSizeOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";
import { startNumber, withDefaults } from "../../text/setting.ts";

/** A petabyte: days of one connection. */
const largest = 2 ** 50;

export const requestSize = definePolicy<RequestSizeOptions>({
  name: "requestSize",
  stages: ["admit"],
  onFailure: "closed",
  canRefuse: true,

  weakness({ max }) {
    // What only the environment says is known when the gateway starts.
    const known = withDefaults(max);
    return known !== undefined && parseSize(known) >= largest ? `no request is larger than \`${max}\`` : undefined;
  },

  lower(options, context) {
    const bounds = context.mode === "enforce";
    return call<RequestSizeConfig>(
      "policies/request-size",
      "createRequestSize",
      { max: startNumber(options.max, parseSize, () => context.at("/max"), "size"), bounds },
      // In report mode a body of unknown length is judged when all of it has come.
      {
        hooks: bounds ? ["request"] : ["request", "done"],
        mayAnswer: true,
        body: "counted",
        bodyBound: "/max",
        summary: `at most ${options.max}`,
      },
    );
  },
});
