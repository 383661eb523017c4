import type { ExpressionIr } from "../ir/expression.ts";

/** Fields and parameters whose values are credentials, whoever reads them (RFC 9110, 6265, 9449, 6750 and 6749). */
const secretNames = [
  ...["authorization", "cookie", "proxy-authorization", "set-cookie", "dpop"],
  ...["access_token", "id_token", "refresh_token", "client_secret"],
];

/**
 * The name of a credential that an expression reads and could show; undefined where it reads none. `credentials`: names in
 * which security schemes look for them.
 */
export function secretRead({ reads }: Pick<ExpressionIr, "reads">, credentials: readonly string[]): string | undefined {
  const secrets = new Set([...secretNames, ...credentials.map((name) => name.toLowerCase())]);
  const { headers, query, answerHeaders = [] } = reads;
  return [...headers, ...query, ...answerHeaders].find((one) => secrets.has(one.toLowerCase()));
}
