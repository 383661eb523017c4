/** One endpoint as the processes of a group tell each other of it. */
export type Member = {
  /** Scheme, host, port and path. */
  readonly url: string;
  /** Name in its registry: another one at the same place is another endpoint, of which nothing is known. Absent: its place is its name. */
  readonly id?: string;
  readonly weight: number;
  readonly priority?: number;
  readonly zone?: string;
  /** Only what the configuration asks for. */
  readonly metadata?: { readonly [name: string]: string };
};

/** What a registry says of one endpoint. Nothing of it is trusted. */
export interface Listed {
  /** `host:port`, or a URL. */
  readonly address: unknown;
  readonly id?: unknown;
  readonly weight?: unknown;
  readonly priority?: unknown;
  readonly zone?: unknown;
  readonly metadata?: unknown;
}

/** What the configuration says of all endpoints, whatever a registry says. */
export interface Terms {
  readonly scheme: "http" | "https";
  /** Path of each endpoint without a slash at its end. */
  readonly path: string;
  /** Of entries without one. */
  readonly port?: number;
  /** Names of metadata that subsets go by. */
  readonly metadata?: readonly string[];
}

/** Characters of texts that a registry chooses. */
const longestAddress = 300;
const longestText = 200;

const mostWeight = 1_000;

/** Why an entry is of no use. */
export class Unusable extends Error {
  override readonly name = "Unusable";
}

/** Throws `Unusable` where the entry is of no use. */
export function memberOf(listed: Listed, terms: Terms): Member {
  const { id, zone } = listed;
  const weight = numberOf(listed.weight, "weight", 1, mostWeight);
  const priority = numberOf(listed.priority, "priority", 0, 100);
  const metadata = terms.metadata === undefined ? undefined : metadataOf(listed.metadata, terms.metadata);
  const member: Mutable<Member> = { url: urlOf(listed.address, terms), weight: weight ?? 1 };
  if (id !== undefined) member.id = textOf(id, "id");
  if (priority !== undefined && priority !== 0) member.priority = priority;
  if (zone !== undefined) member.zone = textOf(zone, "zone");
  if (metadata !== undefined) member.metadata = metadata;
  return member;
}

type Mutable<Of> = { -readonly [Key in keyof Of]: Of[Key] };

/** Undefined where it has none of it. What is no text says nothing: the endpoint is in no subset that asks for it. */
function metadataOf(listed: unknown, names: readonly string[]): { readonly [name: string]: string } | undefined {
  if (typeof listed !== "object" || listed === null) return undefined;
  const found: { [name: string]: string } = {};
  for (const name of names) {
    // An object, whose members are looked at one by one.
    const value = Object.hasOwn(listed, name) ? (listed as Readonly<Record<string, unknown>>)[name] : undefined;
    if (typeof value === "string" ? value.length <= longestText : typeof value === "number" || typeof value === "boolean")
      found[name] = String(value);
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

function urlOf(address: unknown, { scheme, path, port }: Terms): string {
  if (typeof address !== "string" || address.length > longestAddress || !/^[\x21-\x7e]+$/.test(address))
    throw new Unusable("its address is no text like `10.0.0.7:8080`");
  // Most are like this, and of thousands each takes its time.
  if (isPlain(address)) return `${scheme}://${address}${path}`;
  const written = /^([a-z]+):\/\//i.exec(address)?.[1]?.toLowerCase();
  // Whether a service is reached over TLS is a matter of the configuration, which is proven.
  if (written !== undefined && written !== scheme)
    throw new Unusable(`it is \`${written}\`, and the configuration says \`scheme: ${scheme}\``);
  const text = written === undefined ? `${scheme}://${address}` : address;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new Unusable("its address is none: `10.0.0.7:8080`, `[2001:db8::7]:8080` and `orders-1:8080` are");
  if (url.pathname !== "/" && url.pathname.replace(/\/$/, "") !== path)
    throw new Unusable("it has a path of its own, and the configuration says which path endpoints have (`path`)");
  const hasPort = url.port !== "" || /:\d+(?:\/|$)/.test(text.slice(scheme.length + 3));
  if (!hasPort && port === undefined) throw new Unusable("its address has no port, and neither has the configuration (`port`)");
  if (!hasPort) url.port = String(port);
  return `${url.origin}${path}`;
}

/** `10.0.0.7:8080`, as URLs have it: no octets with zeros in front, and none of the ports that URLs leave out. */
function isPlain(address: string): boolean {
  const [, a, b, c, d, port] =
    /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2}):([1-9]\d{0,4})$/.exec(address) ?? [];
  const isInRange = Number(a) < 256 && Number(b) < 256 && Number(c) < 256 && Number(d) < 256 && Number(port) < 65_536;
  return isInRange && port !== "80" && port !== "443";
}

function numberOf(value: unknown, name: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  // Labels of Prometheus are texts.
  const number = typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Unusable(`its ${name} is no whole number from ${least} to ${most}`);
}

function textOf(value: unknown, name: string): string {
  if (
    typeof value === "string" &&
    value.length <= longestText &&
    (/^[ -~]+$/.test(value) || /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(value))
  )
    return value;
  throw new Unusable(`its ${name} is no text of 1 to ${longestText} characters without control characters`);
}
