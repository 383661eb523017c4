import type { ExpressionIr } from "../ir/expression.ts";

/** Fields and parameters whose values are credentials, whoever reads them (RFC 9110, 6265, 9449, 6750 and 6749). */
const secretNames = [
  ...["authorization", "cookie", "proxy-authorization", "set-cookie", "dpop"],
  ...["access_token", "id_token", "refresh_token", "client_secret"],
];

/** `field`: its name. `map`: whatever is in it, by whatever name. */
export type SecretRead = { readonly field: string } | { readonly map: string };

/**
 * The credential that an expression reads and could show; undefined where it reads none, or says no more than yes or no.
 * `credentials`: names in which security schemes look for them.
 */
export function secretRead(
  { reads, type }: Pick<ExpressionIr, "reads" | "type">,
  credentials: readonly string[],
): SecretRead | undefined {
  if (type.kind === "bool") return undefined;
  const [map] = reads.whole ?? [];
  if (map !== undefined) return { map };
  const secrets = new Set([...secretNames, ...credentials.map((name) => name.toLowerCase())]);
  const { headers, query, answerHeaders = [] } = reads;
  const field = [...headers, ...query, ...answerHeaders].find((one) => secrets.has(one.toLowerCase()));
  return field === undefined ? undefined : { field };
}
