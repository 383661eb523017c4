import { UsageError } from "../usage-error.ts";
import { type LiveAnswer, type LiveClient, textOption } from "./client.ts";

/** What `live revoke`, `live unrevoke` and `gatewright revocations` are given beside what is named. */
export interface RevocationOptions {
  readonly issuer?: unknown;
  readonly issuedBefore?: unknown;
  readonly until?: unknown;
  readonly reason?: unknown;
}

/** The part of `/status` that is read. */
interface StatedThing {
  readonly name: string;
  readonly state?: { readonly file?: unknown };
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

/** What to do instead, where the gateway has no routes for revocations; undefined where it has, or does not say. */
export async function withoutRoutes(
  client: LiveClient,
  subject: string,
  kind: string | undefined,
  value: string | undefined,
): Promise<string | undefined> {
  const answer = await client.ask({ method: "GET", path: "/status" });
  if (answer.status !== 200 || answer.mediaType !== "application/json") return undefined;
  const { things = [] } = JSON.parse(answer.text) as { readonly things?: readonly StatedThing[] };
  const thing = things.find(({ name }) => name === "identity.revoked");
  if (thing === undefined)
    return `${client.where} has no list of revoked credentials. Give it one in gateway.yaml: \`identity: { revoked: { store: NAME, onStoreFailure: refuse } }\`.`;
  const file = thing.state?.file;
  if (typeof file !== "string") return undefined;
  const action = subject === "revoke" ? "add" : subject === "unrevoke" ? "remove" : "list";
  const named = action === "list" || kind === undefined || value === undefined ? "" : ` ${kind} ${value}`;
  return `The list of ${client.where} is the file ${file}, which it only reads and follows. Where the file lies, write \`gatewright revocations ${action}${named} --file ${file}\`.`;
}
