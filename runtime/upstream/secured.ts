import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { StartError } from "../life/start-error.ts";
import type { PemSource, TlsConfig } from "./tls.ts";

/** What connections are secured with from some moment on. */
export interface Secured {
  readonly context: SecureContext;
  /** What the gateway shows of itself. */
  readonly leaf: X509Certificate | undefined;
}

/** Throws a `StartError` that names what cannot be used. */
export function secured({ service, ca, certificate, key }: TlsConfig): Secured {
  if (ca !== undefined) checkCertificates(service, ca);
  const leaf = certificate === undefined ? undefined : checkCertificates(service, certificate);
  try {
    // Settled by the compiler: both or neither.
    return { context: createSecureContext({ ca: ca?.pem, cert: certificate?.pem, key: key?.pem }), leaf };
  } catch (error) {
    const what = key === undefined ? ca! : key;
    throw new StartError(
      `service ${service}: ${what.from} cannot be used for TLS: ${reasonOf(error)}. ${key === undefined ? "Give it certificates in PEM." : `Give it the private key in PEM, without a passphrase, that belongs to ${certificate!.from}.`}`,
    );
  }
}

/** The first of them. */
function checkCertificates(service: string, { pem, from }: PemSource): X509Certificate {
  const blocks = pem.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[^-]*-----END [A-Z0-9 ]*CERTIFICATE-----/g) ?? [];
  const remedy = "Give it certificates in PEM, from -----BEGIN CERTIFICATE----- on.";
  if (blocks.length === 0) throw new StartError(`service ${service}: ${from} holds no certificate. ${remedy}`);
  const all = blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new StartError(`service ${service}: a certificate in ${from} cannot be read: ${reasonOf(error)}. ${remedy}`);
    }
  });
  return all[0]!;
}

/** OpenSSL's words without its numbers: `error:05800074:x509 certificate routines::key values mismatch`. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split(":").at(-1)!.trim();
