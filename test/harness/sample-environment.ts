import { generateKeyPairSync } from "node:crypto";

// One for all that a test starts, as compiled and interpreted gateways must publish the same.
const { privateKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

/**
 * What samples may read from the environment: URLs of services, one of which nobody listens on, ports, the keys of
 * three consumers, and a private key of the gateway.
 */
export const sampleEnvironment = (upstreams: readonly string[]): Readonly<Record<string, string>> => ({
  PORT: "0",
  ADMIN_PORT: "0",
  UPSTREAM: upstreams[0] ?? "",
  UPSTREAM_2: upstreams[1] ?? "",
  UPSTREAM_3: upstreams[2] ?? "",
  // The port of tcpmux (RFC 1078), which nothing has served for decades.
  UPSTREAM_DOWN: "http://127.0.0.1:1",
  REGION: "eu-1",
  EMPTY: "",
  MOST_CONNECTIONS: "50",
  MOST_BYTES: "8B",
  SHORT_WAIT: "1500ms",
  ACME_KEY: "acme-key-for-tests-0001",
  ZENITH_KEY: "zenith-key-for-tests-0001",
  WIDGET_KEY: "widget-key-for-tests-0001",
  SIGNING_KEY: privateKey,
});
