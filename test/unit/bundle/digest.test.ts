import { expect, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { gatewayDigest } from "../../../compiler/ir/gateway-digest.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";

const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 0, tls: { certificates: [{ certificate: { file: a.pem }, key: { file: a.key } }] } } }
stores: { default: { redis: { url: redis://redis-1:6379 } } }
services: { orders: { endpoints: [https://orders], tls: { ca: { file: ca.pem } } } }
routes:
  all: { match: { path: "/**" }, service: orders, policies: { public: a test, rateLimit: { limit: 1/s, onStoreFailure: refuse } } }
`;

async function digestOf(text: string): Promise<string> {
  const { ir, diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map([["gateway.yaml", text]])) });
  expect(diagnostics).toEqual([]);
  return gatewayDigest(ir!);
}

test("where certificates and stores are written does not count for the digest of a gateway, what they say does", async () => {
  const digest = await digestOf(gateway);
  const moved = gateway
    .replace("stores:", "# A comment.\nstores:")
    .replace("services:", "\n\nservices:")
    .replace("listeners:", "\nlisteners:");
  expect((await digestOf(gateway.replace("ca.pem", "other.pem"))) === digest).toBe(false);
  expect(await digestOf(moved)).toBe(digest);
});
