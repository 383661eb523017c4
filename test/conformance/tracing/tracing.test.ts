import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendRequest } from "../../harness/http-client.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { attribute, Collector, milliseconds, Peer } from "./support/peers.ts";

const gatewayFile = `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
exporters:
  collector: { otlp: { url: "\${env:COLLECTOR}", protocol: json, batch: { delay: 10ms } } }
identity:
  schemes:
    opaque:
      introspection: { endpoint: "\${env:UPSTREAM}/introspect?sig=abc", audience: shop, client: { id: shop, secret: { env: SECRET } } }
policies:
  metrics: {}
  tracing: { sample: 100%, trust: always, baggage: { allow: [userId], to: [service] } }
routes:
  things: { match: { path: "/things/{id}" }, service: service, policies: { public: sample } }
  partner: { match: { path: "/partner", methods: [GET] }, service: partner, policies: { public: sample } }
  hosted: { match: { path: "/hosted", hosts: [shop.example] }, service: partner, policies: { public: sample } }
  socket: { match: { path: "/socket" }, service: service, policies: { public: sample, upgrade: { protocols: [bytes] } } }
  stream: { match: { path: "/stream" }, service: service, policies: { public: sample } }
  decided:
    match: { path: "/decided" }
    service: service
    policies: { public: sample, externalAuthorization: { http: { url: "\${env:UPSTREAM}/decide", input: { a: "1" } } } }
  secret: { match: { path: "/secret" }, service: given, policies: { security: [{ opaque: [] }] } }
  foreign: { match: { path: "/foreign" }, service: service, policies: { public: sample, tracing: { trust: never } } }
  rare: { match: { path: "/rare" }, service: service, policies: { public: sample, tracing: { sample: 0%, keep: {} } } }
  formats:
    match: { path: "/formats" }
    service: service
    policies:
      public: sample
      tracing: { propagation: { in: [traceparent, b3], out: [b3-multi, uber-trace-id] } }
services:
  service: { endpoints: ["\${env:UPSTREAM}"], retry: { attempts: 3, on: [503], backoff: { base: 1ms, max: 1ms } } }
  partner: { endpoints: ["\${env:UPSTREAM}"] }
  given:
    endpoints: ["\${env:UPSTREAM}"]
    authenticate: { exchange: { token: "\${env:UPSTREAM}/token", client: { id: shop, secret: { env: SECRET } } } }
`;

const introspect = "/introspect?sig=abc";
/** What the peer says where it is a decision service and an issuer. */
const ownAnswers: Readonly<Record<string, string>> = {
  "/decide": '{"allow":true}',
  [introspect]: '{"active":true,"sub":"ann","aud":"shop"}',
  "/token":
    '{"access_token":"given","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":60}',
};

const id = "12345678901234567890123456789012";
const parent = (flags = "00", trace = id): string => `00-${trace}-1234567890123456-${flags}`;

describe("a running gateway", () => {
  const collector = new Collector();
  const seen: IncomingMessage[] = [];
  /** What came in requests of the gateway's own: by path, the last one. */
  const asked = new Map<string, IncomingMessage[]>();
  let service: Peer;
  let gateway: RunningGateway;
  let dispose: () => void;

  beforeAll(async () => {
    let attempts = 0;
    service = await Peer.start(
      (request, response) => {
        const own = ownAnswers[request.url ?? ""];
        if (own !== undefined) {
          const before = asked.get(request.url!) ?? [];
          asked.set(request.url!, [...before, request]);
          // The introspection endpoint fails once.
          const status = request.url === introspect && before.length === 0 ? 503 : 200;
          return void response.writeHead(status, { "Content-Type": "application/json" }).end(own);
        }
        seen.push(request);
        request.resume();
        if (request.url === "/stream")
          return void response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: 1\n\n");
        const fails = request.url === "/things/flaky" ? attempts++ < 2 : request.url === "/rare";
        response.writeHead(fails ? 503 : request.url === "/things/none" ? 404 : 200).end("ok");
      },
      (request, socket) => {
        seen.push(request);
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n");
        socket.on("end", () => socket.end());
      },
    );
    const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
    writeFileSync(join(folder, "gateway.yaml"), gatewayFile);
    const built = await buildForTest(join(folder, "gateway.yaml"));
    expect(built.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
    dispose = () => {
      built.dispose();
      rmSync(folder, { recursive: true, force: true });
    };
    const environment = {
      PORT: "0",
      ADMIN_PORT: "0",
      UPSTREAM: service.url,
      SECRET: "a secret of tests",
      COLLECTOR: await collector.start(),
    };
    gateway = await startGateway(built.out, environment);
  });

  afterAll(async () => {
    await gateway?.stop();
    await Promise.all([service?.stop(), collector.stop()]);
    dispose?.();
  });

  /** What the service got of a request with these lines. */
  async function told(target: string, ...lines: readonly (readonly [string, string])[]): Promise<IncomingMessage> {
    const before = seen.length;
    await sendRequest(gateway.port, { method: "GET", target, headers: lines, body: "" });
    expect(seen.length, "requests to the service").toBe(before + 1);
    return seen[before]!;
  }

  // The cases of test/test.py in w3c/trace-context, at STRICT_LEVEL 2, where it wants a trace to go on or to begin anew.
  describe("answers the W3C Trace Context suite", () => {
    it.each<[string, readonly (readonly [string, string])[], boolean]>([
      ["traceparent_included_tracestate_missing", [["traceparent", parent("01")]], true],
      [
        "traceparent_duplicated",
        [
          ["traceparent", parent("01")],
          ["traceparent", parent("01", id.replace("2", "3"))],
        ],
        false,
      ],
      ["traceparent_header_name", [["trace-parent", parent("01")]], false],
      ["traceparent_header_name, dotted", [["trace.parent", parent("01")]], false],
      ["traceparent_header_name_valid_casing", [["TrAcEpArEnT", parent("01")]], true],
      ["traceparent_version_0x00", [["traceparent", `${parent("01")}.`]], false],
      ["traceparent_version_0x00, more", [["traceparent", `${parent("01")}-what-the-future-will-be-like`]], false],
      ["traceparent_version_0xcc", [["traceparent", `cc${parent("01").slice(2)}-what-the-future-will-be-like`]], true],
      ["traceparent_version_0xff", [["traceparent", `ff${parent("01").slice(2)}`]], false],
      ["traceparent_trace_id_too_long", [["traceparent", parent("01", `${id}3`)]], false],
      ["traceparent_ows_handling", [["traceparent", ` \t${parent("01")}\t `]], true],
    ])("%s", async (_case, lines, goesOn) => {
      const { headers } = await told("/things/1", ...lines);
      const [version, traceId, spanId, flags] = String(headers.traceparent).split("-");
      expect([version, flags]).toEqual(["00", "01"]);
      expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(spanId).toMatch(/^(?!0{16}|1234567890123456)[0-9a-f]{16}$/);
      expect(traceId === id).toBe(goesOn);
    });

    it.each<[string, readonly string[], string | undefined]>([
      ["tracestate_included_traceparent_included", ["foo=1,bar=2"], "foo=1,bar=2"],
      ["tracestate_empty_header", [""], undefined],
      ["tracestate_empty_header, after one", ["foo=1", ""], "foo=1"],
      [
        "tracestate_multiple_headers_different_keys",
        ["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
        "foo=1,bar=2,rojo=1,congo=2,baz=3",
      ],
      ["tracestate_ows_handling", ["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"],
      ["tracestate_key_illegal_characters", ["foo.bar=1"], undefined],
      ["tracestate_value_illegal_characters", ["foo=bar=baz"], undefined],
    ])("%s", async (_case, states, expected) => {
      const lines = states.map((state) => ["tracestate", state] as const);
      const { headers } = await told("/things/1", ["traceparent", parent("00")], ...lines);
      expect(headers.tracestate).toBe(expected);
      expect(String(headers.traceparent)).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-00$`));
    });

    it("tracestate_included_traceparent_missing", async () => {
      expect((await told("/things/1", ["tracestate", "foo=1"])).headers.tracestate).toBeUndefined();
    });
  });

  it("sends the formats that are configured, and nothing of what the client wrote in others (Tracing row 11)", async () => {
    const stale = [
      ["b3", `${id}-1234567890123456-1`],
      ["X_B3_TraceId", "stale"],
      ["tracestate", "a=1"],
      ["baggage", "userId=1"],
    ] as const;
    const { headers } = await told("/formats", ...stale);
    expect(headers["x-b3-traceid"]).toBe(id);
    expect(headers["uber-trace-id"]).toBe(`${id}:${String(headers["x-b3-spanid"])}:0:1`);
    for (const name of ["traceparent", "tracestate", "b3", "x_b3_traceid"]) expect(headers[name], name).toBeUndefined();
  });

  it("sends baggage on by the list, to the services that are named (Tracing row 18)", async () => {
    const baggage = ["baggage", "userId=42,secret=x"] as const;
    expect((await told("/things/1", baggage)).headers.baggage).toBe("userId=42");
    expect((await told("/partner", baggage)).headers.baggage).toBeUndefined();
  });

  const soon = { timeout: 20_000, interval: 20 };
  /** Batches wait by the gateway's clock, which the test turns. */
  const exported = async (path: string, count: number) => {
    const look = async (): Promise<number> => {
      await gateway.advance(20);
      return collector.of(path).length;
    };
    await expect.poll(look, soon).toBe(count);
    return collector.of(path);
  };
  const get = (target: string, ...headers: readonly (readonly [string, string])[]) =>
    sendRequest(gateway.port, { method: "GET", target, headers, body: "" });

  it("exports a span of the request, and one of the attempt whose id the service was told (Tracing rows 2, 12 and 15)", async () => {
    const { headers } = await told("/things/new?sig=abc&access_token=abc&q=1", ["traceparent", parent("01")]);
    const [server, client] = await exported("/things/new", 2);
    expect(server).toMatchObject({ traceId: id, parentSpanId: "1234567890123456", name: "GET /things/{id}", kind: 2 });
    expect(client).toMatchObject({ traceId: id, name: "GET", kind: 3 });
    expect(headers.traceparent).toBe(`00-${id}-${client!.spanId}-01`);
    expect(attribute(server, "url.query")).toBe("sig=REDACTED&access_token=REDACTED&q=1");
    expect(attribute(client, "url.full")).toBe(`${service.url}/things/new?sig=REDACTED&access_token=REDACTED&q=1`);
  });

  it("exports one span for each attempt of a retry, and told each service its own (Tracing row 16)", async () => {
    const before = seen.length;
    expect((await get("/things/flaky")).status).toBe(200);
    const [server, ...clients] = await exported("/things/flaky", 4);
    const ids = seen.slice(before).map(({ headers }) => String(headers.traceparent).split("-")[2]);
    expect(clients.map(({ spanId }) => spanId)).toEqual(ids);
    expect(clients.map((span) => attribute(span, "http.request.resend_count"))).toEqual([undefined, "1", "2"]);
    expect(clients.map((span) => attribute(span, "error.type"))).toEqual(["503", "503", undefined]);
    expect(server!.status?.code ?? 0).toBe(0);
  });

  it("calls 404 an error of who asks, and not of who answers (Tracing row 13)", async () => {
    await get("/things/none");
    const [server, client] = await exported("/things/none", 2);
    expect([server!.status?.code ?? 0, client!.status?.code]).toEqual([0, 2]);
  });

  it("exports a span for what a request waits for, and one for the question, which tells of it and of no baggage", async () => {
    await get("/decided", ["traceparent", parent("01")], ["baggage", "userId=42"]);
    const spans = await exported("/decided", 4);
    expect(spans.map(({ name, kind }) => [name, kind])).toContainEqual(["externalAuthorization", 1]);
    const question = spans.find((span) => attribute(span, "url.full") === `${service.url}/decide`);
    expect([question!.name, question!.kind, attribute(question, "http.response.status_code")]).toEqual(["POST", 3, "200"]);
    const [{ headers }] = asked.get("/decide") as [IncomingMessage];
    expect([headers.traceparent, headers.baggage]).toEqual([`00-${id}-${question!.spanId}-01`, undefined]);
  });

  it("tells the issuer that is asked about a token, and the one that gives another, of the trace (Tracing rows 15 and 16)", async () => {
    expect((await get("/secret", ["authorization", "Bearer opaque"])).status).toBe(200);
    const spans = await exported("/secret", 7);
    const [server, ...others] = spans;
    const calls = others.filter((span) => attribute(span, "gatewright.service") === undefined && span.kind === 3);
    const shown = ["url.full", "http.response.status_code", "http.request.resend_count", "error.type"];
    expect(calls.map((span) => shown.map((key) => attribute(span, key)))).toEqual([
      [`${service.url}/introspect?sig=REDACTED`, "503", undefined, "503"],
      [`${service.url}/introspect?sig=REDACTED`, "200", "1", undefined],
      [`${service.url}/token`, "200", undefined, undefined],
    ]);
    const told = [...asked.get(introspect)!, ...asked.get("/token")!].map(({ headers }) => headers.traceparent);
    expect(told).toEqual(calls.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
    expect(new Set(calls.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([server!.spanId]));
  });

  it.each<[string, string, number, string]>([
    ["a line that is none", "GET / HTTP/1.1 and more\r\n\r\n", 400, "bad-request"],
    ["a field without a name", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", 400, "bad-request"],
    ["a version that nobody has", "GET / HTTP/2.7\r\nHost: a\r\n\r\n", 505, "bad-version"],
    ["a head that is too large", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}\r\n\r\n`, 431, "head-too-large"],
  ])("a request that cannot be read has a span without method, path and route: %s", async (_what, bytes, status, problem) => {
    const before = collector.spans.length;
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume().write(bytes);
    const spans = await expect
      .poll(async () => {
        await gateway.advance(20);
        return collector.spans.slice(before);
      }, soon)
      .toHaveLength(1)
      .then(() => collector.spans.slice(before));
    socket.destroy();
    const [span] = spans;
    const keys = ["http.request.method", "url.scheme", "client.address", "http.response.status_code", "gatewright.problem"];
    expect([span!.name, span!.kind, ...keys.map((key) => attribute(span, key))]).toEqual([
      "HTTP",
      2,
      "_OTHER",
      "http",
      "127.0.0.1",
      String(status),
      problem,
    ]);
    // Semantic conventions for HTTP spans, Status: what the client did wrong is no error of the server.
    expect([span!.status?.code ?? 0, attribute(span, "error.type")]).toEqual(status === 505 ? [2, "505"] : [0, undefined]);
    for (const key of ["http.route", "url.path"]) expect(attribute(span, key)).toBeUndefined();
    expect(span!.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
  });

  it.each<[string, string, number, string]>([
    ["a method that the resource does not have", "DELETE /partner", 405, "DELETE"],
    ["a method that nobody knows", "BREW /partner", 405, "HTTP"],
    ["a path that is none", "GET /a%00b", 400, "GET"],
    ["a method that the gateway never takes", "TRACE /partner", 405, "TRACE"],
    ["a host that nobody has", "GET /hosted", 404, "GET"],
  ])("a request that is refused before it is routed has a span that its method names: %s", async (_what, line, status, name) => {
    const [method, target] = line.split(" ") as [string, string];
    const before = collector.spans.length;
    const headers = status === 404 ? ([["Host", "nobody.example"]] as const) : [];
    expect((await sendRequest(gateway.port, { method, target, headers, body: "" })).status).toBe(status);
    await expect
      .poll(async () => {
        await gateway.advance(20);
        return collector.spans.length - before;
      }, soon)
      .toBe(1);
    const span = collector.spans[before]!;
    expect([span.name, span.kind, attribute(span, "http.response.status_code"), attribute(span, "http.route")]).toEqual([
      name,
      2,
      String(status),
      undefined,
    ]);
    expect([span.status?.code ?? 0, attribute(span, "error.type")]).toEqual([0, undefined]);
  });

  it("takes nobody's word where nobody is trusted, and links what it says (Tracing row 4)", async () => {
    const { headers } = await told("/foreign", ["traceparent", parent("00", "f".repeat(32))]);
    expect(String(headers.traceparent)).toMatch(/^00-(?!f{32}).*-01$/);
    const [server] = await exported("/foreign", 2);
    expect(server!.links?.map(({ traceId }) => traceId)).toEqual(["f".repeat(32)]);
  });

  it("keeps what failed although it was not sampled, which the service was told (C2)", async () => {
    const before = seen.length;
    expect((await get("/rare")).status).toBe(503);
    expect(seen.slice(before).map(({ headers }) => String(headers.traceparent).slice(-2))).toEqual(["00", "00", "00"]);
    expect((await exported("/rare", 4)).slice(1).map(({ spanId }) => spanId)).toEqual(
      seen.slice(before).map(({ headers }) => String(headers.traceparent).split("-")[2]),
    );
  });

  it("names the trace in problem details", async () => {
    const { body } = await get("/nothing/here/at/all", ["traceparent", parent("01")]);
    const [server] = await exported("/nothing/here/at/all", 1);
    expect(JSON.parse(body)).toMatchObject({ status: 404, traceId: id, spanId: server!.spanId });
    expect([server!.name, attribute(server, "gatewright.problem")]).toEqual(["GET", "not-found"]);
  });

  it("ends the spans of a tunnel with the tunnel (Tracing row 17)", async () => {
    const socket = connect(gateway.port, "127.0.0.1");
    socket.write("GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    await gateway.advance(5_000);
    expect(collector.of("/socket")).toEqual([]);
    socket.end();
    const spans = await exported("/socket", 2);
    for (const span of spans) expect(milliseconds(span)).toBeGreaterThanOrEqual(5_000);
  });

  it("ends the spans of an event stream whose client leaves with what was sent, once (Tracing rows 14 and 17)", async () => {
    const socket = connect(gateway.port, "127.0.0.1");
    socket.write("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    await gateway.advance(7_000);
    expect(collector.of("/stream")).toEqual([]);
    socket.destroy();
    const [server, client] = await exported("/stream", 2);
    const told = ["error.type", "http.response.status_code"].map((key) => attribute(server, key));
    expect([...told, client!.status?.code ?? 0]).toEqual(["client_gone", "200", 0]);
    for (const span of [server!, client!]) expect(milliseconds(span)).toBeGreaterThanOrEqual(7_000);
  });

  it("makes no spans of its exports, and counts what it exported", async () => {
    const { body } = await sendRequest(gateway.adminPort!, { method: "GET", target: "/metrics", headers: [], body: "" });
    expect(collector.loops).toBe(0);
    expect(collector.spans.filter((span) => attribute(span, "url.path")?.startsWith("/v1/"))).toEqual([]);
    const requests = collector.spans.filter(({ kind }) => kind === 2).length;
    const count = (reason: string): number =>
      Number(new RegExp(`^gatewright_traces_exported_total\\{reason="${reason}"\\} (\\d+)$`, "m").exec(body)?.[1]);
    expect([count("sampled") + count("kept"), count("kept")]).toEqual([requests, 1]);
  });
});
