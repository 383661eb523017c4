import type { RequestSizeConfig } from "../../../runtime/policies/request-size/index.ts";
import type { RequestSizeOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";

/**
 * There is no report mode: a body of unknown length is counted while it is on its way to the service, where an answer
 * that is only reported could not be told from one that is sent.
 */
export const requestSize = definePolicy<RequestSizeOptions>({
  name: "requestSize",
  stages: ["admit"],
  onFailure: "closed",

  lower(options) {
    return call<RequestSizeConfig>(
      "policies/request-size",
      "createRequestSize",
      { max: parseSize(options.max) },
      { hooks: ["request"], mayAnswer: true, body: "counted", summary: `at most ${options.max}` },
    );
  },
});
