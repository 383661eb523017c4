// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { ClientCertificate, Peer } from "../exchange/exchange.ts";
import { keptText } from "../exchange/kept-text.ts";
import type { HeaderList } from "../fields/header-list.ts";
import { type Certificate, readCertificate } from "../identity/mtls/x509/certificate.ts";
import { certificateLabel, pemBlocks } from "../identity/mtls/x509/pem.ts";
import { clock } from "../life/clock.ts";
import { type createPeerResolver, PeerResolver } from "./peer.ts";

/** How proxies write the certificate of a client: RFC 9440, Envoy, nginx (`$ssl_client_escaped_cert`), AWS. */
export type CertificateFormat = "clientCert" | "xfcc" | "nginx" | "alb";

export interface ForwardedCertificateConfig {
  readonly format: CertificateFormat;
  /** In lower case. */
  readonly field: string;
}

/** Longest field that is read, in characters: a certificate of 16 KiB, escaped. */
const longestField = 32_768;

/** Fields that were read, at most. */
const mostKnown = 1_000;

type Read =
  | { readonly certificate: ClientCertificate; readonly says: Certificate }
  | { readonly certificate?: undefined; readonly problem: string };

/** Resolves clients as `createPeerResolver` does, and believes trusted proxies about their certificates. */
export const createCertifiedPeerResolver =
  (config: ForwardedCertificateConfig): typeof createPeerResolver =>
  (
    trustedProxies,
    family = "x-forwarded-for",
    keptFields = [],
    writtenFields = ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"],
  ) =>
    new CertifiedPeerResolver(config, trustedProxies, family, keptFields, writtenFields);

class CertifiedPeerResolver extends PeerResolver {
  readonly #config: ForwardedCertificateConfig;
  /** By the text of the field: the same object for the same certificate, so that it is judged once. */
  readonly #known = new Map<string, Read>();

  constructor(config: ForwardedCertificateConfig, ...others: ConstructorParameters<typeof PeerResolver>) {
    super(...others);
    this.#config = config;
  }

  /** What a proxy shows of itself says nothing of a client: only the field counts. */
  override behind(connection: Peer, headers: HeaderList): Peer {
    const { ip, connectionIp, port, secure } = super.behind(connection, headers);
    const client = { ip, connectionIp, port, secure };
    const value = headers.single(this.#config.field);
    if (value === undefined) return client;
    if (value === null) return { ...client, certificateProblem: problems.twice };
    const read = this.#read(value);
    if (read.certificate === undefined) return { ...client, certificateProblem: read.problem };
    const now = clock.wall();
    if (now > read.says.notAfter) return { ...client, certificateProblem: problems.expired };
    if (now < read.says.notBefore) return { ...client, certificateProblem: problems.early };
    return { ...client, certificate: read.certificate };
  }

  #read(value: string): Read {
    const before = this.#known.get(value);
    if (before !== undefined) return before;
    const read = readField(value, this.#config.format);
    if (this.#known.size >= mostKnown) this.#known.clear();
    if (value.length <= longestField) this.#known.set(keptText(value), read);
    return read;
  }
}

const problems = {
  twice: "The field with the client certificate came twice.",
  unreadable: "The field with the client certificate cannot be read.",
  expired: "The client certificate has expired.",
  early: "The client certificate is not valid yet.",
} as const;

function readField(value: string, format: CertificateFormat): Read {
  try {
    const raw = value.length > longestField ? undefined : derIn(value, format);
    if (raw === undefined) return { problem: problems.unreadable };
    return { certificate: { raw, thumbprint: crypto.hash("sha256", raw, "base64url") }, says: readCertificate(raw) };
  } catch {
    return { problem: problems.unreadable };
  }
}

function derIn(value: string, format: CertificateFormat): Buffer | undefined {
  if (format === "clientCert") return byteSequence(value);
  const escaped = format === "xfcc" ? certOfXfcc(value) : value;
  const blocks = escaped === undefined ? [] : pemBlocks(decodeURIComponent(escaped), certificateLabel);
  return blocks.length === 1 ? blocks[0] : undefined;
}

/** An Item of type Byte Sequence (RFC 9440 §2.2, RFC 9651 §4.2.7), without parameters. */
function byteSequence(value: string): Buffer | undefined {
  const text = value.trim();
  if (text.length < 2 || !text.startsWith(":") || !text.endsWith(":")) return undefined;
  const bytes = Buffer.from(text.slice(1, -1), "base64");
  // Other spellings of the same bytes, and what is no base64, are not printed so.
  return bytes.length > 0 && bytes.toString("base64") === text.slice(1, -1) ? bytes : undefined;
}

/**
 * `Cert` of the only element of `X-Forwarded-Client-Cert`. With several elements, each is of another hop: which one is the
 * client nobody says. Quotes are read as quotes, so that no value ends where it does not (CVE-2026-47778).
 */
export function certOfXfcc(value: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; ; at++) {
    const equals = value.indexOf("=", at);
    if (equals < 0) return undefined;
    const key = value.slice(at, equals).trim().toLowerCase();
    if (!/^[a-z]+$/.test(key)) return undefined;
    let text = "";
    at = equals + 1;
    if (value[at] === '"') {
      for (at++; value[at] !== '"'; at++) {
        if (value[at] === "\\") at++;
        if (at >= value.length) return undefined;
        text += value[at];
      }
      at++;
    } else {
      const start = at;
      while (at < value.length && value[at] !== ";" && value[at] !== "," && value[at] !== '"') at++;
      text = value.slice(start, at);
    }
    if (key === "cert") {
      if (found !== undefined) return undefined;
      found = text;
    }
    if (at >= value.length) return found;
    if (value[at] !== ";") return undefined;
  }
}
