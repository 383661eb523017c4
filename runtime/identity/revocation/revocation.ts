/** What a credential may be revoked by: members of `CredentialMarks`, and the subject. */
export type RevocationKind = "key" | "jti" | "sid" | "sub" | "serial";

/** In the order in which lists and messages name them. */
export const isRevocationKind = (name: string): name is RevocationKind =>
  name === "key" || name === "jti" || name === "sid" || name === "sub" || name === "serial";

/** One entry of the revocation set. Times are milliseconds since the epoch. */
export interface Revocation {
  readonly kind: RevocationKind;
  readonly value: string;
  /** Only credentials of this issuer; absent: of any. */
  readonly issuer?: string;
  /** Only what was issued before; absent: all there is. What does not say when it was issued is revoked as well. */
  readonly issuedBefore?: number;
  /** Forgotten then, as every credential that it names has ended by itself; absent: it stays until it is removed. */
  readonly until?: number;
  /** For those who read the list. */
  readonly reason?: string;
}

/** As people and files write one: `{ "jti": "…", "until": "2027-01-01T00:00:00Z" }`. */
export type WrittenRevocation = { readonly [Kind in RevocationKind]?: string } & {
  readonly issuer?: string;
  readonly issuedBefore?: string;
  readonly until?: string;
  readonly reason?: string;
};

/** Two entries of the same name are one: the later replaces the earlier. */
export const nameOf = ({ kind, value, issuer }: Pick<Revocation, "kind" | "value" | "issuer">): string =>
  JSON.stringify(issuer === undefined ? [kind, value] : [kind, value, issuer]);

export const writtenOf = ({ kind, value, issuer, issuedBefore, until, reason }: Revocation): WrittenRevocation => ({
  [kind]: value,
  ...(issuer === undefined ? {} : { issuer }),
  ...(issuedBefore === undefined ? {} : { issuedBefore: new Date(issuedBefore).toISOString() }),
  ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
  ...(reason === undefined ? {} : { reason }),
});

/** Most characters of a value: no credential has a longer id, and a set of them has to fit into memory. */
const longest = 1024;

const members: readonly string[] = ["key", "jti", "sid", "sub", "serial", "issuer", "issuedBefore", "until", "reason"];

/** Throws an `Error` whose message says what is wrong with it, without naming its place. */
export function readRevocation(written: unknown): Revocation {
  if (typeof written !== "object" || written === null || Array.isArray(written)) throw new Error("is not an object");
  const entries = Object.entries(written);
  const unknown = entries.find(([name]) => !members.includes(name));
  if (unknown !== undefined)
    throw new Error(`has \`${unknown[0].slice(0, 40)}\`, which is unknown. Write one of key, jti, sid, sub and serial`);
  for (const [name, value] of entries) {
    if (typeof value !== "string" || value === "") throw new Error(`has a \`${name}\` that is not text, or is empty`);
    if (value.length > longest) throw new Error(`has a \`${name}\` of more than ${longest} characters`);
  }
  const named = entries.filter(([name]) => isRevocationKind(name)) as [RevocationKind, string][];
  const [first] = named;
  if (first === undefined || named.length > 1) throw new Error("needs exactly one of key, jti, sid, sub and serial");
  const { issuer, issuedBefore, until, reason } = written as WrittenRevocation;
  const [kind, value] = first;
  return {
    kind,
    value: kind === "serial" ? serialOf(value) : value,
    ...(issuer === undefined ? {} : { issuer }),
    ...(issuedBefore === undefined ? {} : { issuedBefore: timeOf("issuedBefore", issuedBefore) }),
    ...(until === undefined ? {} : { until: timeOf("until", until) }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** As certificates are shown, `0A:1B` among others; compared as in `CredentialMarks.serial`. */
function serialOf(written: string): string {
  const digits = written.replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]+$/.test(digits)) throw new Error("has a `serial` that is not hexadecimal");
  return digits.replace(/^0+(?=.)/, "");
}

/** RFC 3339, in UTC or with an offset: a time without one means another moment on each machine. */
const timePattern = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

function timeOf(name: string, written: string): number {
  const time = timePattern.test(written) ? Date.parse(written) : Number.NaN;
  if (Number.isNaN(time))
    throw new Error(
      `has \`${name}: ${written.slice(0, 40)}\`, which is not a time. Write it as in RFC 3339: 2027-01-01T00:00:00Z`,
    );
  return time;
}
