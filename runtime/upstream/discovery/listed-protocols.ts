import type { HttpVersion } from "../connector.ts";
import { fieldIn } from "./field-in.ts";
import type { Said } from "./places.ts";
import { Unusable } from "./unusable.ts";

export interface ListedProtocolsConfig {
  /** Of entries that name none. */
  readonly otherwise: HttpVersion;
  /** How all endpoints are reached: a registry has no say in whether there is TLS. */
  readonly scheme: "http" | "https";
}

export const createListedProtocols = (config: ListedProtocolsConfig): ListedProtocols => new ListedProtocols(config);

/** Which version of HTTP a registry says that an endpoint speaks: as `protocol`, or as that of its metadata. */
export class ListedProtocols {
  declare readonly __made: true;
  /** A part of what processes of one group have to agree about. */
  readonly otherwise: HttpVersion;
  readonly #scheme: "http" | "https";

  constructor({ otherwise, scheme }: ListedProtocolsConfig) {
    this.otherwise = otherwise;
    this.#scheme = scheme;
  }

  /** Throws `Unusable` where it speaks something else. */
  of(said: Said): HttpVersion {
    const named = said.protocol ?? fieldIn(said.metadata, "protocol") ?? "";
    if (named === "") return this.otherwise;
    const [version, scheme] = (typeof named === "string" ? meaningOf(named) : undefined) ?? [];
    if (version === undefined) throw new Unusable("its `protocol` is none of HTTP: `http1` and `http2` are");
    if (scheme !== undefined && scheme !== this.#scheme)
      throw new Unusable(`its \`protocol\` is one of ${scheme}, and the configuration says \`scheme: ${this.#scheme}\``);
    return version;
  }
}

/** With the scheme, where the word says it. Words of Kubernetes (`appProtocol`), of Consul, of ALPN and of people. */
function meaningOf(word: string): readonly [version: HttpVersion, scheme?: "http" | "https"] | undefined {
  switch (word.toLowerCase()) {
    case "http1":
    case "http/1.1":
    case "http":
      return ["http/1.1"];
    case "kubernetes.io/ws":
    case "ws":
      return ["http/1.1", "http"];
    case "https":
    case "kubernetes.io/wss":
    case "wss":
      return ["http/1.1", "https"];
    case "http2":
    case "http/2":
    case "h2":
    case "grpc":
      return ["h2"];
    case "kubernetes.io/h2c":
    case "h2c":
      return ["h2", "http"];
    case "grpcs":
      return ["h2", "https"];
    default:
      return undefined;
  }
}
