import { UsageError } from "../usage-error.ts";
import { type LiveAnswer, type LiveClient, textOption } from "./client.ts";

/** What `live revoke`, `live unrevoke` and `gatewright revocations` are given beside what is named. */
export interface RevocationOptions {
  readonly issuer?: unknown;
  readonly issuedBefore?: unknown;
  readonly until?: unknown;
  readonly reason?: unknown;
}

export const revocationKinds = ["key", "jti", "sid", "sub", "serial"] as const;

/** `key k_123 --until …` as an entry of the set. */
export function writtenEntry(
  command: string,
  kind: string | undefined,
  value: string | undefined,
  { issuer, issuedBefore, until, reason }: RevocationOptions,
): Readonly<Record<string, string>> {
  if (kind === undefined || value === undefined || !revocationKinds.some((one) => one === kind))
    throw new UsageError(`Write \`gatewright ${command} KIND VALUE\`, with one of ${revocationKinds.join(", ")} as KIND.`);
  const options = {
    issuer: textOption("--issuer", issuer),
    issuedBefore: textOption("--issued-before", issuedBefore),
    until: textOption("--until", until),
    reason: textOption("--reason", reason),
  };
  const given = Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { [kind]: value, ...Object.fromEntries(given) };
}

export const revoke = (client: LiveClient, kind: string | undefined, value: string | undefined, options: RevocationOptions) =>
  client.ask({ method: "POST", path: "/revocations", body: JSON.stringify(writtenEntry("live revoke", kind, value, options)) });

export function unrevoke(
  client: LiveClient,
  kind: string | undefined,
  value: string | undefined,
  options: RevocationOptions,
): Promise<LiveAnswer> {
  const named = writtenEntry("live unrevoke", kind, value, { issuer: options.issuer });
  const query = new URLSearchParams(named);
  return client.ask({ method: "DELETE", path: `/revocations?${query.toString().replaceAll("+", "%20")}` });
}

/** All, those of a kind and value, or those of an issuer. */
export function revocations(
  client: LiveClient,
  kind: string | undefined,
  value: string | undefined,
  { issuer }: RevocationOptions,
): Promise<LiveAnswer> {
  const wanted =
    kind === undefined && issuer !== undefined
      ? { issuer: textOption("--issuer", issuer)! }
      : kind === undefined
        ? {}
        : writtenEntry("live revocations", kind, value, { issuer });
  const query = new URLSearchParams(wanted).toString().replaceAll("+", "%20");
  return client.ask({ method: "GET", path: query === "" ? "/revocations" : `/revocations?${query}` });
}
