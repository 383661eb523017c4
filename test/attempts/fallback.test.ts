import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { RawClient } from "../runtime/support/raw-client.ts";
import { get } from "./support/gateway.ts";
import type { Origin } from "./support/origin.ts";
import { Shared } from "./support/shared.ts";

/** Pairs of services: the first of each fails at once, and the second takes its place. */
const file = (failing: string, standby: string, hanging: string): string => `gateway: fallback
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
policies: { accessLog: { fields: [path, attempts, error] } }
routes:
${["limited", "own", "taken", "given", "retried", "small", "full", "crowded"]
  .map((name) => `  ${name}: { match: { path: "/${name}/**" }, service: ${name}, policies: { public: fallback } }`)
  .join("\n")}
  direct: { match: { path: "/direct/**" }, service: limitedTo, policies: { public: fallback } }
services:
  limited: { ${broken(failing)}, concurrency: { limit: 1 }, fallback: { service: limitedTo } }
  limitedTo: { endpoints: ["${hanging}"], concurrency: { limit: 2 } }
  own: { ${broken(failing)}, authenticate: { bearer: { env: OWN } }, fallback: { service: ownTo } }
  ownTo: { endpoints: ["${standby}"], authenticate: { bearer: { env: OTHER } } }
  taken: { ${broken(failing)}, authenticate: { bearer: { env: OWN } }, fallback: { service: plain } }
  given: { ${broken(failing)}, fallback: { service: ownTo } }
  plain: { endpoints: ["${standby}"] }
  retried: { ${broken(failing, 2)}, ${retry}, fallback: { service: retriedTo } }
  retriedTo: { endpoints: ["${standby}"], concurrency: { limit: 1 } }
  small: { ${broken(failing, 2)}, ${retry.replace("attempts", "bodyBytes: 10B, attempts")}, fallback: { service: plain } }
  full: { endpoints: ["${hanging}", "${standby}"], loadBalancer: { algorithm: roundRobin }, ${one} }
  crowded: { endpoints: ["${hanging}", "${hanging}/other"], ${one} }
`;
const broken = (url: string, consecutive = 1): string =>
  `endpoints: ["${url}"], breaker: { consecutive: ${consecutive}, open: 5m }`;
const retry = "retry: { attempts: 4, backoff: { base: 1ms, max: 1ms } }";
const one = "connections: { max: 1, pending: 0 }";

let failing: Origin;
let standby: Origin;
let hanging: Origin;
let gateway: RunningGateway;
const held: ServerResponse[] = [];
const shared = new Shared();

/** What the standby saw, as its answer. */
function tell(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, authorization: headers.authorization, body: Buffer.concat(pieces).toString() }));
  });
}

beforeAll(async () => {
  failing = await shared.origin((request, response) => void request.resume().on("end", () => response.writeHead(500).end()));
  standby = await shared.origin(tell);
  hanging = await shared.origin((_, response) => void held.push(response));
  const environment = { OWN: "own-token", OTHER: "other-token" };
  gateway = await shared.gateway(file(failing.url, standby.url, hanging.url), environment);
});

afterAll(() => shared.end());

/** Sends `count` requests that open the breaker. */
async function opened(name: string, count = 1): Promise<void> {
  for (let index = 0; index < count; index++) expect((await get(gateway.port, `/${name}/first`)).status).toBe(500);
}

/** The line about the request for this path. */
async function logged(path: string): Promise<string> {
  for (;;) {
    const line = await gateway.log.next();
    if (line.includes(`"path":"${path}"`)) return line;
  }
}

const soon = { timeout: 30_000, interval: 20 };

describe("a service that is asked in place of another one", () => {
  it("has its own limit of requests at a time, and takes none of the other's", async () => {
    await opened("limited");
    // The place at the service that is not asked is free again, or its limit of one would refuse the second.
    const both = [get(gateway.port, "/limited/one"), get(gateway.port, "/limited/two")];
    await expect.poll(() => held.length, soon).toBe(2);
    for (const way of ["limited", "direct"]) {
      const refused = await get(gateway.port, `/${way}/three`);
      expect([refused.status, refused.body]).toEqual([503, expect.stringContaining("concurrency-limit")]);
    }
    for (const response of held.splice(0)) response.end("standby");
    expect((await Promise.all(both)).map(({ body }) => body)).toEqual(["standby", "standby"]);
    const next = get(gateway.port, "/direct/four");
    await expect.poll(() => held.length, soon).toBe(1);
    held.shift()!.end();
    expect((await next).status).toBe(200);
  });

  it.each<[string, string, string | undefined]>([
    ["its own credential where both have one", "own", "Bearer other-token"],
    ["no credential of the other where it has none", "taken", undefined],
    ["its credential where the other has none", "given", "Bearer other-token"],
  ])("gets %s", async (_, name, authorization) => {
    await opened(name);
    const { status, body } = await get(gateway.port, `/${name}/a?b=1`);
    expect([status, JSON.parse(body)]).toEqual([200, { method: "GET", url: `/${name}/a?b=1`, authorization, body: "" }]);
  });
});

describe("a breaker that opens in the pause of a retry gives the fallback", () => {
  const put = (name: string, body: string, framing = `Content-Length: ${body.length}`): Promise<string> => {
    const head = `PUT /${name}/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framing}\r\n\r\n`;
    const text = framing.startsWith("Transfer") ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
    return new RawClient(gateway.port).write(head + text).rest();
  };

  it("with the body that was sent before, and within its limit", async () => {
    const before = failing.seen.length;
    const answer = await put("retried", "an order of three");
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(JSON.stringify({ method: "PUT", url: "/retried/x", body: "an order of three" }));
    expect(failing.seen.length - before).toBe(2);
    // Nobody's place was kept.
    expect((await get(gateway.port, "/retried/y")).status).toBe(200);
    expect(failing.seen.length - before).toBe(2);
  });

  it("and logs tell of the attempts at both", async () => {
    const line = await logged("/retried/x");
    const { attempts } = JSON.parse(line) as { readonly attempts: readonly { readonly endpoint: string }[] };
    expect(attempts.map(({ endpoint }) => endpoint)).toEqual([failing.url, failing.url, standby.url]);
  });

  it("not where more of the body was sent than is kept", async () => {
    // The failure of a body that cannot be sent again is the client's answer; the next request finds the breaker open.
    expect(await put("small", "an order of three")).toMatch(/^HTTP\/1\.1 500 /);
    expect(await put("small", "an order of three")).toMatch(/^HTTP\/1\.1 500 /);
    expect(await put("small", "an order of three", "Transfer-Encoding: chunked")).toContain('"body":"an order of three"');
  });
});

describe("an endpoint whose connections are all taken", () => {
  it("leaves the request to another one that has room", async () => {
    const taken = [get(gateway.port, "/full/one"), get(gateway.port, "/full/two")];
    await expect.poll(() => held.length, soon).toBe(1);
    for (let count = 0; count < 4; count++) expect((await get(gateway.port, "/full/more")).status).toBe(200);
    held.shift()!.end();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it("leaves 503 where all are taken, and the log says so", async () => {
    const taken = [get(gateway.port, "/crowded/one"), get(gateway.port, "/crowded/two")];
    await expect.poll(() => held.length, soon).toBe(2);
    const answer = await get(gateway.port, "/crowded/three");
    expect([answer.status, answer.body]).toEqual([503, expect.stringContaining("upstream-busy")]);
    expect(await logged("/crowded/three")).toContain('"error":"allFull"');
    for (const response of held.splice(0)) response.end();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200]);
  });
});
