import type { Dropped } from "../../../runtime/policies/mirror/drop.ts";
import type { MirrorOptions } from "../../../schema/policies.gen.ts";
import type { PolicyContext } from "../../policy/contract.ts";

/** Fields in which credentials travel, whether a scheme of the gateway reads them or the service itself does. */
const credentialFields: readonly string[] = [
  "authorization",
  "proxy-authorization",
  "cookie",
  // RFC 9449, RFC 9421 and RFC 9440.
  "dpop",
  "signature",
  "signature-input",
  "client-cert",
  "client-cert-chain",
  "x-forwarded-client-cert",
  "x-api-key",
];

/** Policies that users tell what the service is to get: a key of the gateway, for instance. */
const tellsByHand: readonly string[] = ["headers"];

/** Query parameters with credentials of the caller, also under the names that the service gets, or of the gateway. */
function parametersIn({ credentials, told }: PolicyContext): readonly string[] {
  const renamed = told.flatMap((one) => one.renamed).filter(({ from }) => credentials.includes(from));
  return [...new Set([...credentials, ...renamed.map(({ to }) => to), ...told.flatMap((one) => one.confidential)])];
}

/** What would be dropped if nothing was kept: names in lower case, `x-*` for all that begin so. */
export const droppable = (context: PolicyContext): readonly string[] => [
  ...new Set([
    ...credentialFields,
    ...parametersIn(context).map((name) => name.toLowerCase()),
    ...context.told
      .filter(({ policy, isWho, isDecision }) => isWho || isDecision || tellsByHand.includes(policy))
      .flatMap(({ fields }) => fields),
  ]),
];

export const isDroppable = (name: string, names: readonly string[]): boolean =>
  names.some((one) => (one.endsWith("*") ? name.toLowerCase().startsWith(one.slice(0, -1)) : one === name.toLowerCase()));

export function droppedFrom({ keep = {} }: MirrorOptions, context: PolicyContext): Dropped {
  const kept = Object.keys(keep).map((name) => name.toLowerCase());
  const names = droppable(context).filter((name) => !kept.includes(name));
  return {
    fields: names.filter((name) => !name.endsWith("*")),
    prefixes: names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1)),
    kept,
    parameters: parametersIn(context).filter((name) => !kept.includes(name.toLowerCase())),
  };
}

/** As steps name what they send (`SentIr`). */
export const namesOf = ({ fields, prefixes, parameters }: Dropped): readonly string[] => [
  ...fields.map((name) => `header ${name}`),
  ...prefixes.map((prefix) => `header ${prefix}*`),
  ...parameters.map((name) => `query ${name}`),
];
