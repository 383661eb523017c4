import { createSecureContext, type SecureContext } from "node:tls";
import { messageOf } from "../life/message-of.ts";
import { StartError } from "../life/start-error.ts";
import type { CallTls } from "./connect.ts";

/**
 * TLS to servers for which only these authorities may vouch. Throws a `StartError` where the text has no certificates.
 *
 * @param ca certificates in PEM
 * @param option where they were configured, for the message
 */
export function trusting(ca: string, option: string): CallTls {
  let context: SecureContext;
  try {
    if (!ca.includes("-----BEGIN CERTIFICATE-----")) throw new Error("no certificate begins in it");
    context = createSecureContext({ ca });
  } catch (error) {
    throw new StartError(`${option} does not hold certificates in PEM: ${messageOf(error)}. Look at what it refers to.`);
  }
  return { context: () => context };
}
