import { createHmac } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { built, type Workers, workersOf } from "../faults/gateway.ts";
import { type Received, sendRequest } from "../harness/http-client.ts";
import { Program } from "../harness/program.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { proofClient } from "../policies/jwt/support/proof-client.ts";
import { claims, issuer } from "../policies/jwt/support/scheme.ts";
import { signer } from "../policies/jwt/support/signer.ts";
import { RedisServer, until } from "../stores/support/redis-server.ts";

const secret = "secret-of-a-hook-0123456789";
const issuing = signer("one");
const alice = proofClient();
const token = issuing.token(claims({ cnf: { jkt: alice.jkt } }));
const origin = "https://shop.example.com";

const gateway = `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
stores: { default: { redis: { url: { env: REDIS_URL }, timeout: 10s, breaker: { failures: 1, open: 60s } } } }
identity:
  schemes:
    bearerAuth:
      jwt:
        issuer: "${issuer}"
        audience: shop
        jwks: { keys: [${JSON.stringify(issuing.jwk)}] }
        dpop: { required: true, origin: "${origin}", store: default }
    hook: { hmac: { layout: github, secret: { env: HOOK_SECRET }, once: {} } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
routes:
  bound: { match: { path: /bound }, service: backend, policies: { security: [{ bearerAuth: [] }] } }
  hooked: { match: { path: /hooked }, service: backend, policies: { security: [{ hook: [] }] } }
policies: { metrics: {} }
`;

/** A credential that counts once, new each time. */
const kinds = {
  "a DPoP proof": () => {
    const proof = alice.proof(token, { htu: `${origin}/bound` });
    return {
      method: "GET",
      target: "/bound",
      headers: [
        ["Authorization", `DPoP ${token}`],
        ["DPoP", proof],
      ] as const,
      body: "",
    };
  },
  "a signed delivery": () => {
    const body = JSON.stringify({ delivery: Math.random() });
    const signature = createHmac("sha256", secret).update(body).digest("hex");
    return { method: "POST", target: "/hooked", headers: [["X-Hub-Signature-256", `sha256=${signature}`]] as const, body };
  },
} as const;

const statusesOf = (answers: readonly Received[]): number[] => answers.map(({ status }) => status).sort();

/** Two instances of two workers each, behind which one service answers 200. */
async function instances(redis: RedisServer): Promise<readonly [Workers, Workers]> {
  const out = await built({ "gateway.yaml": gateway });
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const environment = { ...sampleEnvironment([upstream.url]), REDIS_URL: redis.url, HOOK_SECRET: secret };
  const start = async (): Promise<Workers> => {
    const program = new Program(`${out}/gateway.mjs`, ["--workers", "2"], { env: environment, cwd: out });
    onTestFinished(async () => void (await program.stop("SIGKILL")));
    const listens = /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+), 2 workers/;
    const [, port, admin] = await program.until(listens, "stderr");
    return { program, port: Number(port), admin: Number(admin) };
  };
  return [await start(), await start()];
}

async function server(): Promise<RedisServer> {
  const own = await RedisServer.start();
  onTestFinished(() => own.end());
  return own;
}

describe.each(Object.entries(kinds))("%s that a Redis remembers", (_name, make) => {
  it("counts once for two instances: whichever is asked, at once, one after the other, and over a reload", async () => {
    const [one, other] = await instances(await server());
    const ask = ({ port }: Workers, request: ReturnType<typeof make>) => sendRequest(port, request);
    for (let round = 0; round < 10; round++) {
      const request = make();
      const atOnce = await Promise.all([one, other, one, other].map((each) => ask(each, request)));
      expect(statusesOf(atOnce)).toEqual([200, 401, 401, 401]);
      expect(statusesOf([await ask(other, request), await ask(one, request)])).toEqual([401, 401]);
    }
    const used = make();
    expect((await ask(one, used)).status).toBe(200);
    const old = await workersOf(one.admin);
    process.kill(one.program.pid, "SIGHUP");
    await until("new workers serve", async () => {
      const now = await workersOf(one.admin).catch(() => []);
      return now.length === 2 && !now.some((pid) => old.includes(pid));
    });
    const again = [one, one, one, one, other].map((each) => ask(each, used));
    expect(statusesOf(await Promise.all(again))).toEqual([401, 401, 401, 401, 401]);
    expect((await ask(one, make())).status).toBe(200);
  });

  it("lets nobody in while the Redis does not answer: 503 with Retry-After, which is not the client's fault", async () => {
    const redis = await server();
    const [one] = await instances(redis);
    expect((await sendRequest(one.port, make())).status).toBe(200);
    await redis.stop();
    for (let time = 0; time < 4; time++) {
      const { status, headers } = await sendRequest(one.port, make());
      expect([status, headers.some(([name]) => name.toLowerCase() === "retry-after")]).toEqual([503, true]);
    }
  });
});
