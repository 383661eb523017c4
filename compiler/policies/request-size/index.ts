import type { RequestSizeConfig } from "../../../runtime/policies/request-size/index.ts";
import type { RequestSizeOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";

/** A petabyte: days of one connection. */
const largest = 2 ** 50;

export const requestSize = definePolicy<RequestSizeOptions>({
  name: "requestSize",
  stages: ["admit"],
  onFailure: "closed",
  canRefuse: true,

  weakness: ({ max }) => (parseSize(max) >= largest ? `no request is larger than \`${max}\`` : undefined),

  lower(options, { mode }) {
    const bounds = mode === "enforce";
    return call<RequestSizeConfig>(
      "policies/request-size",
      "createRequestSize",
      { max: parseSize(options.max), bounds },
      // In report mode a body of unknown length is judged when all of it has come.
      { hooks: bounds ? ["request"] : ["request", "done"], mayAnswer: true, body: "counted", summary: `at most ${options.max}` },
    );
  },
});
