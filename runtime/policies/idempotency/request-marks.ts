// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { network } from "../../addresses/network.ts";
import type { Exchange, Identity } from "../../exchange/exchange.ts";

/** Who sends the request; undefined where nobody is known. Several where it needed the credentials of several. */
export const callerOf = ({ identity, furtherIdentities = [] }: Exchange): string | undefined =>
  identity === undefined ? undefined : JSON.stringify([identity, ...furtherIdentities].map(nameOf));

/** Two schemes, two issuers and two tenants may know different people by one name. */
const nameOf = ({ scheme, issuer, subject, tenant }: Identity): readonly (string | null)[] => [
  scheme,
  issuer ?? null,
  tenant ?? null,
  subject,
];

/** Of the same caller and operation, for whom a key is the same. Short, whatever a client sends. */
export const claimKey = (x: Exchange, caller: string | undefined, key: string): string =>
  crypto.hash("sha256", JSON.stringify([x.operation.id, caller ?? null, key]), "base64url");

/**
 * What a request asks for: its method, host, path, query and body, and the fields in `headers`. Of one that nobody is known
 * to have sent also where it is from and what credentials it has, so that nobody gets the answer of another.
 */
export function fingerprint(
  x: Exchange,
  body: Uint8Array,
  headers: readonly string[],
  credentials: readonly string[],
  isAnonymous: boolean,
): string {
  const fields = (names: readonly string[]) => names.map((name) => x.headers.get(name) ?? null);
  const who = isAnonymous ? [network(x.peer.ip), ...fields(credentials)] : [];
  const head = JSON.stringify([x.method, x.host, x.path, x.query, fields(headers), who]);
  return crypto.createHash("sha256").update(head).update("\n").update(body).digest("base64url");
}
