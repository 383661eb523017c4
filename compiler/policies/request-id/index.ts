import type { RequestIdConfig } from "../../../runtime/policies/request-id/index.ts";
import type { RequestIdOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { forbiddenField } from "../../text/field.ts";
import { own } from "../../text/own.ts";
import { unsuitableHeader } from "./messages.gen.ts";

export const requestId = definePolicy<RequestIdOptions>({
  name: "requestId",
  stages: ["observe"],
  onFailure: "closed",
  concerns: "answers",
  unmatched: true,

  check({ header }, context) {
    const problem = forbiddenField(header) ?? own(taken, header.toLowerCase());
    if (problem !== undefined) context.report(unsuitableHeader(context.at("/header"), { header, problem }));
  },

  lower({ header, trust }) {
    return call<RequestIdConfig>(
      "policies/request-id",
      "createRequestId",
      { header, trust },
      {
        hooks: ["request", "upstreamRequest", "response"],
        fields: { request: [header], response: [header] },
        summary: `${header}${trust ? ", the client's where it is fit" : ""}`,
      },
    );
  },
});

/** Fields that mean something else to everybody who reads the message. */
const taken: { readonly [name: string]: string | undefined } = {
  authorization: "It carries the credentials of the client.",
  "content-type": "It says what the body is.",
  cookie: "It carries the cookies of the client.",
  host: "It says which site is asked for.",
  "set-cookie": "It sets cookies.",
};
