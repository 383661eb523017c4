const unknownAuthority = "Name the authority of its certificate under `tls.ca`.";
const credentials = "Check `username` and `password` of the store.";
const unheard = "Check that the server runs, where the store is, and whether the server speaks TLS (`rediss://`).";

/** By the code of an error, or the first word of a reply. */
const remedies: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "Set `tls.serverName` to a name in the certificate.",
  CERT_HAS_EXPIRED: "Renew the certificate of the server.",
  CERT_NOT_YET_VALID: "Look at the clock of this machine.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "Name the certificate of the server under `tls.ca`.",
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "The server asks for a certificate: set `tls.certificate` and `tls.key`.",
  WRONGPASS: credentials,
  NOAUTH: credentials,
  ECONNRESET: unheard,
  ETIMEDOUT: unheard,
};

/** What stands between the gateway and a server, for whoever runs it. */
export interface Problem {
  readonly reason: string;
  readonly remedy: string;
}

export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { reason: String(error), remedy: elsewhere };
  // What OpenSSL says has a short form beside it, and a long one with lines of its source.
  const { message, code = "", reason = message } = error as Error & { readonly code?: string; readonly reason?: string };
  const [word = ""] = /^[A-Z]+\b/.exec(message) ?? [];
  return { reason, remedy: remedies[code] ?? remedies[word] ?? elsewhere };
}

const elsewhere = "Start the server, or correct where the store is.";
