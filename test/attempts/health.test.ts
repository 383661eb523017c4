import { describe, expect, it } from "vitest";
import { built, startWorkers } from "../faults/gateway.ts";
import { endpointStates, gatewayFile, get, start, stateOf, statuses } from "./support/gateway.ts";
import { Origin } from "./support/origin.ts";

const soon = { timeout: 30_000, interval: 50 };

/** Checks on, and a path that says whether they are answered well. Only who is silent is waited for up to `timeout`. */
const active = (more = "", timeout = "20s") =>
  `health: { active: { path: /healthz, interval: 100ms, timeout: ${timeout}${more} } }`;

describe("active health checks", () => {
  it("take an endpoint that says it does not work out of the choice, and back", async () => {
    const [one, two] = [await Origin.start(), await Origin.start()];
    const gateway = await start(gatewayFile([one.url, two.url], active()));
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["usable", "usable"]);
    one.answer = (request, response) => void response.writeHead(request.url === "/healthz" ? 503 : 200).end();
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["unhealthy", "usable"]);
    expect((await stateOf(gateway)).state.endpoints[0]).toEqual({ url: one.url, state: "unhealthy", why: "it answered 503" });
    const before = one.count("/");
    await statuses(gateway.port, 20);
    expect(one.count("/")).toBe(before);
    one.answer = (_, response) => void response.end();
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["usable", "usable"]);
    await statuses(gateway.port, 40);
    expect(one.count("/")).toBeGreaterThan(before);
  });

  it("find one that is gone and comes back", async () => {
    const [one, two] = [await Origin.start(), await Origin.start()];
    const gateway = await start(gatewayFile([one.url, two.url], active()));
    await one.stop();
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["unhealthy", "usable"]);
    await one.start();
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["usable", "usable"]);
  });

  it("are not fooled by one that takes connections and says nothing", async () => {
    const [one, two] = [await Origin.start(() => {}), await Origin.start()];
    const gateway = await start(gatewayFile([one.url, two.url], active("", "500ms")));
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["unhealthy", "usable"]);
    expect((await stateOf(gateway)).state.endpoints[0]!.why).toBe("no answer within 500 ms");
  });

  it("never overlap at one endpoint: a slow answer is one bad check (kong#7409)", async () => {
    let most = 0;
    let underWay = 0;
    const one = await Origin.start((request, response) => {
      most = Math.max(most, ++underWay);
      request.socket.on("close", () => underWay--);
      setTimeout(() => response.end(), 2_000).unref();
    });
    const two = await Origin.start();
    const gateway = await start(gatewayFile([one.url, two.url], active("", "500ms")));
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["unhealthy", "usable"]);
    await expect.poll(() => one.seen.length, soon).toBeGreaterThan(3);
    expect(most).toBe(1);
  });

  it.each<[string, string, (origin: Origin) => void, string]>([
    [
      "a status that was asked for",
      ", expect: { status: [204] }",
      (origin) => (origin.answer = (_, response) => void response.writeHead(204).end()),
      "usable",
    ],
    ["another status", ", expect: { status: [204] }", () => {}, "unhealthy"],
    [
      "a range of statuses",
      ", expect: { status: [3xx] }",
      (origin) => (origin.answer = (_, response) => void response.writeHead(302).end()),
      "usable",
    ],
    [
      "a field with its value",
      ", expect: { field: { name: X-State, value: up } }",
      (origin) => (origin.answer = (_, response) => void response.writeHead(200, { "X-State": "up" }).end()),
      "usable",
    ],
    [
      "a field with another value",
      ", expect: { field: { name: X-State, value: up } }",
      (origin) => (origin.answer = (_, response) => void response.writeHead(200, { "X-State": "down" }).end()),
      "unhealthy",
    ],
    [
      "a text in the body",
      ', expect: { body: "UP" }',
      (origin) => (origin.answer = (_, response) => void response.end('{"status":"UP"}')),
      "usable",
    ],
    [
      "no such text",
      ', expect: { body: "UP" }',
      (origin) => (origin.answer = (_, response) => void response.end('{"status":"DOWN"}')),
      "unhealthy",
    ],
    [
      "a body without end that has the text",
      ', expect: { body: "UP" }',
      (origin) => (origin.answer = (_, response) => endless(response)),
      "usable",
    ],
  ])("go by %s", async (_, options, prepare, expected) => {
    const [one, two] = [
      await Origin.start(),
      await Origin.start((_request, response) => void response.writeHead(204, { "X-State": "up" }).end()),
    ];
    prepare(one);
    const gateway = await start(gatewayFile([one.url, two.url], active(options)));
    await expect.poll(() => one.seen.length, soon).toBeGreaterThan(0);
    await expect.poll(async () => (await endpointStates(gateway))[0], soon).toBe(expected);
  });

  it("keep what the service says of what it needs itself, bad news among it, for `/status` and the log", async () => {
    const tell =
      (status: number, replica: string) =>
      (_: unknown, response: import("node:http").ServerResponse): void => {
        response.writeHead(status, { "Content-Type": "application/vnd.spring-boot.actuator.v3+json" });
        response.end(
          JSON.stringify({ status: "UP", components: { db: { status: "UP" }, "rep\u001blica": { status: replica } } }),
        );
      };
    const [one, two] = [await Origin.start(tell(200, "UP")), await Origin.start()];
    const gateway = await start(gatewayFile([one.url, two.url], active(", dependencies: true")));
    const shown = async () => (await stateOf(gateway)).state.endpoints;
    const db = { name: "db", state: "pass" };
    await expect.poll(shown, soon).toEqual([
      { url: one.url, state: "usable", dependencies: [db, { name: "rep?lica", state: "pass" }] },
      { url: two.url, state: "usable" },
    ]);
    let said = "";
    gateway.process.stderr!.on("data", (text: string) => {
      said += text;
    });
    one.answer = tell(503, "DOWN");
    const dependencies = [db, { name: "rep?lica", state: "fail" }];
    await expect
      .poll(async () => (await shown())[0], soon)
      .toEqual({ url: one.url, state: "unhealthy", why: "it answered 503", dependencies });
    await expect.poll(() => said, soon).toMatch(/endpoint is unhealthy.*rep\?lica fail/);
    one.answer = (_, response) => void response.end();
    await expect.poll(async () => (await shown())[0], soon).toEqual({ url: one.url, state: "usable" });
  });

  it("ask with the fields and the host that were given, at the port that was given", async () => {
    const heads: unknown[] = [];
    const checks = await Origin.start((request, response) => {
      heads.push([request.method, request.url, request.headers.host, request.headers["x-probe"]]);
      response.end();
    });
    const one = await Origin.start();
    const port = new URL(checks.url).port;
    const options = active(`, port: ${port}, method: HEAD, host: orders.internal, headers: { X-Probe: "1" }`);
    await start(gatewayFile([`${one.url}/base`], options));
    await expect.poll(() => heads[0], soon).toEqual(["HEAD", "/base/healthz", "orders.internal", "1"]);
    expect(one.seen).toEqual([]);
  });

  it("are made by one worker of several (kong#6788), and all go by them", async () => {
    const [one, two] = [await Origin.start(), await Origin.start((_, response) => void response.writeHead(500).end())];
    const out = await built({ "gateway.yaml": gatewayFile([one.url, two.url], active()) });
    const { port } = await startWorkers(out, "http://127.0.0.1:1");
    await expect.poll(() => one.seen.length, soon).toBeGreaterThan(5);
    // Of two endpoints checked at the same pace by one worker, neither has many more checks than the other.
    expect(Math.abs(one.count("/healthz") - two.count("/healthz"))).toBeLessThan(4);
    const before = two.count("/");
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 8 }, () => get(port, "/")));
    expect(two.count("/")).toBe(before);
  });

  it("over a connection alone, where that is what was asked for", async () => {
    const [one, two] = [await Origin.start(() => {}), await Origin.start()];
    const gateway = await start(gatewayFile([one.url, two.url], "health: { active: { tcp: {}, interval: 100ms } }"));
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["usable", "usable"]);
    await one.stop();
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["unhealthy", "usable"]);
  });

  it("by the gRPC health checking protocol", async () => {
    const asked: string[] = [];
    const serving = (status: number) => Buffer.from([0, 0, 0, 0, 2, 0x08, status]);
    const health =
      (status: number) => (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => {
        const pieces: Buffer[] = [];
        request.on("data", (piece: Buffer) => pieces.push(piece));
        request.on("end", () => {
          asked.push(`${request.url} ${request.headers["content-type"]} ${Buffer.concat(pieces).toString("latin1").slice(7)}`);
          response.writeHead(200, { "Content-Type": "application/grpc", Trailer: "grpc-status" });
          response.addTrailers({ "grpc-status": "0" });
          response.end(serving(status));
        });
      };
    const [one, two] = [await Origin.start(health(1), 2), await Origin.start(health(2), 2)];
    const options = "protocol: http2\nhealth: { active: { grpc: { service: shop.Orders }, interval: 100ms } }";
    const gateway = await start(gatewayFile([one.url, two.url], options));
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["usable", "unhealthy"]);
    expect((await stateOf(gateway)).state.endpoints[1]!.why).toBe("it says NOT_SERVING");
    expect(asked[0]).toBe("/grpc.health.v1.Health/Check application/grpc shop.Orders");
  });

  it("leave a service that is required unready until one of them has ended", async () => {
    let answer: (() => void) | undefined;
    const one = await Origin.start((_, response) => {
      answer = () => void response.end();
    });
    const options = "required: true\nhealth: { active: { path: /healthz, interval: 100ms, timeout: 30s } }";
    const gateway = await start(gatewayFile([one.url], options));
    const readyz = () => get(gateway.adminPort!, "/readyz?verbose");
    await expect.poll(() => one.seen.length, soon).toBe(1);
    expect([(await readyz()).status, (await readyz()).body]).toEqual([503, expect.stringContaining("has been checked yet")]);
    answer!();
    await expect.poll(async () => (await readyz()).status, soon).toBe(200);
  });

  it("decide whether a service that is required is ready", async () => {
    const one = await Origin.start((request, response) => void response.writeHead(request.url === "/healthz" ? 500 : 200).end());
    const gateway = await start(gatewayFile([one.url], `required: true\n${active()}`));
    await expect.poll(async () => (await get(gateway.adminPort!, "/readyz")).status, soon).toBe(503);
    expect(JSON.parse((await get(gateway.adminPort!, "/readyz")).body)).toMatchObject({ unready: ["services.orders"] });
    one.answer = (_, response) => void response.end();
    await expect.poll(async () => (await get(gateway.adminPort!, "/readyz")).status, soon).toBe(200);
  });

  it("where none is left, requests go to all; with `refuse`, they are answered at once", async () => {
    const bad = await Origin.start((request, response) => void response.writeHead(request.url === "/healthz" ? 500 : 200).end());
    const all = await start(gatewayFile([bad.url], active()));
    await expect.poll(() => endpointStates(all), soon).toEqual(["unhealthy"]);
    expect(await statuses(all.port, 3)).toEqual([200, 200, 200]);
    const refused = await start(gatewayFile([bad.url], active().replace(" } }", " }, panic: { then: refuse } }")));
    await expect.poll(() => endpointStates(refused), soon).toEqual(["unhealthy"]);
    const answer = await get(refused.port, "/");
    expect(answer.status).toBe(503);
    expect(answer.body).toContain("urn:gatewright:problem:no-endpoint");
  });

  it("are told to operators as metrics", async () => {
    const [one, two] = [await Origin.start(), await Origin.start((_, response) => void response.writeHead(500).end())];
    const gateway = await start(gatewayFile([one.url, two.url], active()));
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["usable", "unhealthy"]);
    const { body } = await get(gateway.adminPort!, "/metrics");
    const state = (url: string) =>
      new RegExp(`^gatewright_service_endpoint_state\\{.*endpoint="${url}",state="unhealthy".*\\} (\\d)$`, "m").exec(body)?.[1];
    expect([state(one.url), state(two.url)]).toEqual(["0", "1"]);
  });
});

function endless(response: import("node:http").ServerResponse): void {
  response.write("UP");
  const timer = setInterval(() => response.write("x".repeat(16_384)), 1);
  response.on("close", () => clearInterval(timer));
}

describe("passive health checks", () => {
  it("eject an endpoint that fails at once, and its share falls to nothing (linkerd2#11669)", async () => {
    const good = [await Origin.start(), await Origin.start()];
    const bad = await Origin.start((_, response) => void response.writeHead(500).end());
    const urls = [...good, bad].map(({ url }) => url);
    const gateway = await start(
      gatewayFile(urls, "loadBalancer: { algorithm: roundRobin }\nhealth: { passive: { consecutive: 3 } }"),
    );
    const all = await statuses(gateway.port, 60);
    expect(all.filter((status) => status === 500)).toHaveLength(3);
    expect(await endpointStates(gateway)).toEqual(["usable", "usable", "ejected"]);
    const { body } = await get(gateway.adminPort!, "/metrics");
    expect(body).toMatch(/^gatewright_service_ejections_total\{service="orders"[^}]*\} 1$/m);
  });

  it("take it back after its time", async () => {
    const [good, bad] = [await Origin.start(), await Origin.start((_, response) => void response.writeHead(500).end())];
    const gateway = await start(
      gatewayFile(
        [good.url, bad.url],
        "loadBalancer: { algorithm: roundRobin }\nhealth: { passive: { consecutive: 3, eject: 500ms } }",
      ),
    );
    await statuses(gateway.port, 20);
    // It may be back by now, which the machine decides.
    expect((await get(gateway.adminPort!, "/metrics")).body).toMatch(/^gatewright_service_ejections_total\{.*\} [1-9]/m);
    bad.answer = (_, response) => void response.end();
    await expect.poll(() => endpointStates(gateway), soon).toEqual(["usable", "usable"]);
    expect(new Set(await statuses(gateway.port, 10))).toEqual(new Set([200]));
  });

  it("say nothing of an endpoint for 429, which is about a client", async () => {
    const [one, two] = [await Origin.start((_, response) => void response.writeHead(429).end()), await Origin.start()];
    const gateway = await start(
      gatewayFile([one.url, two.url], "loadBalancer: { algorithm: roundRobin }\nhealth: { passive: { consecutive: 3 } }"),
    );
    await statuses(gateway.port, 30);
    expect(await endpointStates(gateway)).toEqual(["usable", "usable"]);
  });
});
