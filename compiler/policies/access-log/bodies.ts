import type { BodiesConfig } from "../../../runtime/policies/access-log/body-log.ts";
import type { AccessLogBodies } from "../../../schema/policies.gen.ts";
import { type Lowered, runtimeFunction } from "../../ir/config.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";
import { jsonWays } from "../../text/json-ways.ts";

const redactors: Readonly<Record<AccessLogBodies["redactValues"][number], { readonly module: string; readonly name: string }>> = {
  cardNumber: { module: "card-numbers", name: "redactCardNumbers" },
  email: { module: "emails", name: "redactEmails" },
  iban: { module: "ibans", name: "redactIbans" },
  jwt: { module: "jwts", name: "redactJwts" },
};

/** @param names further names of secrets, of parameters, fields and members alike */
export function bodiesConfig(
  { request, response, maxBytes, redact, redactValues }: AccessLogBodies,
  names: readonly string[],
  context: PolicyContext,
): Omit<Lowered<BodiesConfig>, "least"> {
  const secrets = context.secrets();
  const ways = jsonWays(redact);
  return {
    request,
    response,
    maxBytes: parseSize(maxBytes),
    secrets: {
      shapes: secrets?.shapes ?? [],
      names: [...new Set([...names.map((name) => name.toLowerCase()), ...ways.names])],
      pointers: ways.pointers,
      values: redactValues.map((kind) =>
        runtimeFunction(`policies/access-log/values/${redactors[kind].module}`, redactors[kind].name),
      ),
    },
    requestSecret: secrets?.request ?? null,
    responseSecret: secrets?.response ?? null,
    slot: { kind: "slot" },
  };
}
