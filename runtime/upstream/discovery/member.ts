import { hashText } from "../balance/hash-text.ts";
import type { Endpoint } from "../endpoint.ts";
import type { ListedProtocols } from "./listed-protocols.ts";
import { type Place, Places, type Said, textOf } from "./places.ts";
import { plainAddress } from "./plain-address.ts";
import { Unusable } from "./unusable.ts";

/** One endpoint of those that were found. */
export class Member {
  /** Host and port as URLs have them. Scheme and path are those of the configuration, and the same for all. */
  readonly authority: string;
  /** Name in its registry: another one at the same place is another endpoint, of which nothing is known. Undefined: its address is its name. */
  readonly id: string | undefined;
  readonly place: Place;
  /** Of the authority, 32 bits. */
  readonly hash: number;
  /** What requests are sent to, once it is in use. */
  endpoint: Endpoint | undefined = undefined;

  constructor(authority: string, id: string | undefined, place: Place) {
    this.authority = authority;
    this.id = id;
    this.place = place;
    // Below zero as well: these take no memory of their own.
    this.hash = hashText(authority) | 0;
  }
}

/** What a registry says of one endpoint. Nothing of it is trusted. */
export interface Listed extends Said {
  /** `host:port`, or a URL; or why it has none. */
  readonly address: unknown;
  readonly id?: unknown;
}

/** What is listed of an endpoint, or what was made of that already. */
export type Entry = Listed | Member;

/** What the configuration says of all endpoints, whatever a registry says. */
export interface Terms {
  readonly scheme: "http" | "https";
  /** Path of each endpoint without a slash at its end. */
  readonly path: string;
  /** Of entries without one. */
  readonly port?: number;
  /** Names of metadata that subsets go by. */
  readonly metadata?: readonly string[];
  /** Where each endpoint has a protocol of its own. */
  readonly protocols?: ListedProtocols;
}

/** Characters of an address. */
const longestAddress = 300;

/** Makes endpoints of entries, by the terms of a service. */
export class MemberReader {
  readonly #terms: Terms;
  readonly #places: Places;

  constructor(terms: Terms) {
    this.#terms = terms;
    this.#places = new Places(terms.metadata, terms.protocols);
  }

  /** Throws `Unusable` where the entry is of no use. */
  read(listed: Listed): Member {
    const place = this.#places.of(listed);
    const { address, id } = listed;
    // Most are like this, and of thousands each takes its time.
    const authority = typeof address === "string" && plainAddress(address) ? address : authorityOf(address, this.#terms);
    return new Member(authority, id === undefined ? undefined : textOf(id, "id"), place);
  }
}

function authorityOf(address: unknown, { scheme, path, port }: Terms): string {
  if (address instanceof Unusable) throw address;
  if (typeof address !== "string" || address.length > longestAddress || !/^[\x21-\x7e]+$/.test(address))
    throw new Unusable("its address is no text like `10.0.0.7:8080`");
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
  return url.host;
}
