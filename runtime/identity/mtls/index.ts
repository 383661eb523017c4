import type {
  Authentication,
  ClientCertificate,
  Exchange,
  Rejection,
  SecurityScheme,
  UpstreamRequest,
} from "../../exchange/exchange.ts";
import { createRule, type MtlsRule, type MtlsRuleConfig } from "./rules.ts";
import { type Certificate, readCertificate, spiffeId } from "./x509/certificate.ts";

export interface MtlsConfig {
  /** Name of the security scheme. */
  readonly name: string;
  readonly challenge: string;
  readonly subject: SubjectSource;
  /** Empty: every certificate that the listener found good. */
  readonly rules: readonly MtlsRuleConfig[];
}

export type SubjectSource = "distinguishedName" | "commonName" | "dns" | "uri" | "spiffe" | "email" | "fingerprint";

export const createMtls = (config: MtlsConfig): SecurityScheme<Authentication> => new Mtls(config);

/** The certificate that a client has shown to the listener, which judges it: here it is only asked who that is. */
class Mtls implements SecurityScheme<Authentication> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly grants = "roles";
  readonly #subject: SubjectSource;
  readonly #rules: readonly MtlsRule[];
  /** Read once for each connection. */
  readonly #known = new WeakMap<ClientCertificate, Authentication>();

  constructor({ name, challenge, subject, rules }: MtlsConfig) {
    this.name = name;
    this.challenge = challenge;
    this.#subject = subject;
    this.#rules = rules.map(createRule);
  }

  authenticate({ peer, host }: Exchange): Authentication {
    const { certificate } = peer;
    if (certificate === undefined) {
      const { certificateProblem } = peer;
      return certificateProblem === undefined ? "absent" : rejected(certificateProblem);
    }
    // A connection that was opened for another host may have the certificate for that one (RFC 9110 §7.4).
    const { serverName } = peer;
    if (serverName !== undefined && serverName !== host) return misdirected();
    let known = this.#known.get(certificate);
    if (known === undefined) {
      known = this.#read(certificate);
      this.#known.set(certificate, known);
    }
    return known;
  }

  #read({ raw, thumbprint }: ClientCertificate): Authentication {
    let read: Certificate;
    try {
      read = readCertificate(raw);
    } catch {
      return rejected("The client certificate cannot be read in one way only.");
    }
    const matching = this.#rules.filter((rule) => rule.matches(read));
    if (this.#rules.length > 0 && matching.length === 0) return rejected("The client certificate is of nobody who may call.");
    const subject = subjectOf(this.#subject, read, thumbprint);
    if (subject === undefined) return rejected("The client certificate does not say whose it is.");
    return {
      subject,
      scheme: this.name,
      issuer: read.issuer.text,
      roles: [...new Set(matching.flatMap(({ roles }) => roles))],
      scopes: [...new Set(matching.flatMap(({ scopes }) => scopes))],
      claims: claimsOf(read, thumbprint),
      expiresAt: read.notAfter,
      marks: { serial: read.serial, issuedAt: read.notBefore },
    };
  }

  /** A certificate is part of no request. */
  conceal(_upstream: UpstreamRequest): void {}
}

const rejected = (reason: string): Rejection => ({ rejected: "invalid", reason });

const misdirected = (): Rejection => ({
  rejected: "invalid",
  isMisdirected: true,
  reason: "The connection was opened for another host. Send the request on a connection for its own.",
});

/** Undefined where the certificate has none, or more than one that would do. */
function subjectOf(source: SubjectSource, read: Certificate, fingerprint: string): string | undefined {
  const { subject, alternatives } = read;
  switch (source) {
    case "distinguishedName":
      return subject.text || undefined;
    case "commonName":
      return only(subject.attributes.get("CN"));
    case "spiffe":
      return spiffeId(read);
    case "fingerprint":
      return fingerprint;
    default:
      return only(alternatives[source]);
  }
}

const only = (values: readonly string[] = []): string | undefined => (values.length === 1 ? values[0] || undefined : undefined);

/** As the schema of the claims in the compiler has it. */
function claimsOf(read: Certificate, fingerprint: string): Readonly<Record<string, unknown>> {
  const { subject, issuer, serial, alternatives } = read;
  const spiffe = spiffeId(read);
  return {
    subject: nameClaims(subject.text, subject.attributes),
    issuer: nameClaims(issuer.text, issuer.attributes),
    serial,
    fingerprint,
    ...alternatives,
    ...(spiffe === undefined ? {} : { spiffe }),
  };
}

function nameClaims(text: string, attributes: ReadonlyMap<string, readonly string[]>): Readonly<Record<string, unknown>> {
  const commonName = only(attributes.get("CN"));
  return {
    distinguishedName: text,
    ...(commonName === undefined ? {} : { commonName }),
    organization: attributes.get("O") ?? [],
    organizationalUnit: attributes.get("OU") ?? [],
  };
}
