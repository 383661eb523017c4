import type { BodiesConfig } from "../../../runtime/policies/access-log/body-log.ts";
import type { AccessLogBodies } from "../../../schema/policies.gen.ts";
import { type Lowered, runtimeFunction } from "../../ir/config.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";

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
  const isPointer = (text: string): boolean => text.startsWith("/");
  const all = [...names, ...redact.filter((text) => !isPointer(text))].map((name) => name.toLowerCase());
  return {
    request,
    response,
    maxBytes: parseSize(maxBytes),
    secrets: {
      shapes: secrets?.shapes ?? [],
      names: [...new Set(all)],
      // RFC 6901 §4.
      pointers: redact.filter(isPointer).map((text) =>
        text
          .slice(1)
          .split("/")
          .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~")),
      ),
      values: redactValues.map((kind) =>
        runtimeFunction(`policies/access-log/values/${redactors[kind].module}`, redactors[kind].name),
      ),
    },
    requestSecret: secrets?.request ?? null,
    responseSecret: secrets?.response ?? null,
    slot: { kind: "slot" },
  };
}
