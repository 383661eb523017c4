import { createHash, X509Certificate } from "node:crypto";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

export interface PinsConfig {
  /** SHA-256 of SubjectPublicKeyInfo, in base64. */
  readonly pins: readonly string[];
}

/** Which public keys a service may have. Options of `tls.connect`. */
export interface Pins {
  readonly __made: true;
  checkServerIdentity(hostname: string, certificate: PeerCertificate): Error | undefined;
}

export const createPins = ({ pins }: PinsConfig): Pins =>
  ({
    // Called where the certificate is vouched for. Only its own key is looked at: what else the service sends along may be
    // no part of what vouches for it.
    checkServerIdentity(hostname: string, certificate: PeerCertificate): Error | undefined {
      const wrong = checkServerIdentity(hostname, certificate);
      if (wrong !== undefined) return wrong;
      const key = new X509Certificate(certificate.raw).publicKey.export({ type: "spki", format: "der" });
      const found = createHash("sha256").update(key).digest("base64");
      return pins.includes(found)
        ? undefined
        : Object.assign(new Error(`the service has the public key sha256/${found}, which is not in \`pins\``), {
            code: "wrongKey",
          });
    },
  }) as Pins;
