import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { built, metricsOf, running, sumOf } from "../../faults/gateway.ts";
import { echoUpstream } from "../../listeners/support/echo-upstream.ts";
import { answerTo, client } from "../../tunnels/support.ts";

const secret = "secret-of-a-partner-0123456789";
/** The clock of a gateway in tests stands at 2026-12-01. */
const date = "20261201T000000Z";
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const mac = (text: string): string => createHmac("sha256", secret).update(text).digest("hex");

/** As the page of the scheme says how a client signs. */
function signed(method: string, path: string, body = "", host = "shop.example.com"): string {
  const canonical = [method, path, "", `host:${host}\nx-date:${date}\n`, "host;x-date", sha256(body)].join("\n");
  return `HMAC-SHA256 Credential=partner, SignedHeaders=host;x-date, Signature=${mac(`HMAC-SHA256\n${date}\n${sha256(canonical)}`)}`;
}

const text = `gateway: signed
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true }
  admin: { port: "\${env:ADMIN_PORT}" }
identity:
  damping: { failures: 20/m, delay: 20ms }
  schemes:
    partner: { hmac: { signature: { keys: { partner: { secret: { env: PARTNER_SECRET } } } }, maxBody: 64B } }
    hook: { hmac: { layout: github, secret: { env: PARTNER_SECRET }, maxBody: 64B, once: {} } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
routes:
  hook: { match: { path: /hook }, service: backend, policies: { security: [{ hook: [] }] } }
  all: { match: { path: "/**" }, service: backend, policies: { security: [{ partner: [] }] } }
policies: { metrics: {}, accessLog: {} }
`;

async function started(url: string) {
  const gateway = await running(await built({ "gateway.yaml": text }), url, { PARTNER_SECRET: secret });
  return Object.assign(gateway, {
    wrong: async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_wrong_credentials_total"),
  });
}

async function echoing() {
  const upstream = await echoUpstream();
  onTestFinished(() => upstream.close());
  return upstream;
}

const head = (method: string, target: string, lines: readonly string[]): string =>
  `${[`${method} ${target} HTTP/1.1`, "Host: shop.example.com", `X-Date: ${date}`, ...lines].join("\r\n")}\r\n\r\n`;

/** A request with its signature, on a connection of its own. */
const statusOf = async (port: number, method: string, signature: string, body = "", target = "/a"): Promise<number> => {
  const lines = [`Authorization: ${signature}`, ...(body === "" ? [] : [`Content-Length: ${body.length}`]), "Connection: close"];
  const line = client(port, head(method, target, lines) + body);
  await line.has("\r\n\r\n");
  return Number(line.text.split(" ")[1]);
};

describe("a request that is signed as a whole", () => {
  it("counts for its own method, path, host and body, whatever method it has", async () => {
    const { port, wrong } = await started((await echoing()).url);
    for (const [method, body] of [
      ["GET", ""],
      ["HEAD", ""],
      ["OPTIONS", ""],
      ["DELETE", "why"],
      ["GET", "odd"],
      ["POST", "{}"],
    ] as const) {
      expect([method, await statusOf(port, method, signed(method, "/a", body), body)]).toEqual([method, 200]);
      for (const other of [
        signed(method === "GET" ? "HEAD" : "GET", "/a", body),
        signed(method, "/b", body),
        signed(method, "/a", `${body} `),
        signed(method, "/a", body, "other.example.com"),
      ])
        expect([method, await statusOf(port, method, other, body)]).toEqual([method, 401]);
    }
    expect(await wrong()).toBe(24);
  });

  it("is that of the host in an absolute target, which replaces Host (RFC 9112 §3.2.2)", async () => {
    const { port } = await started((await echoing()).url);
    const target = "http://inner.example.com/a";
    expect(await statusOf(port, "GET", signed("GET", "/a", "", "inner.example.com"), "", target)).toBe(200);
    expect(await statusOf(port, "GET", signed("GET", "/a"), "", target)).toBe(401);
  });

  it("is never an upgrade: with one the operation does not build, and without one the field has no effect", async () => {
    const upgrading = text.replace(
      "policies: { security: [{ hook: [] }] }",
      "policies: { security: [{ hook: [] }], upgrade: { protocols: [bytes] } }",
    );
    await expect(built({ "gateway.yaml": upgrading })).rejects.toThrow("check/stream-taken");
    const upstream = await echoing();
    const { port } = await started(upstream.url);
    const upgrade = ["Connection: Upgrade", "Upgrade: bytes", `Authorization: ${signed("GET", "/a")}`];
    expect((await answerTo(port, head("GET", "/a", upgrade))).status).toBe(200);
    expect(upstream.seen[0]?.field("upgrade")).toBeUndefined();
  });

  it("is not asked for its body where the signature is missing, or too old (RFC 9110 §10.1.1)", async () => {
    const { port } = await started((await echoing()).url);
    const waits = ["Expect: 100-continue", "Content-Length: 2"];
    const missing = await answerTo(port, head("POST", "/a", waits));
    const old = await answerTo(
      port,
      head("POST", "/a", [...waits, `Authorization: ${signed("POST", "/a", "{}")}`]).replace(date, "20261130T000000Z"),
    );
    expect([missing.status, old.status]).toEqual([401, 401]);
    const good = client(
      port,
      head("POST", "/a", [...waits, `Authorization: ${signed("POST", "/a", "{}")}`, "Connection: close"]),
    );
    await good.has("100 Continue");
    good.socket.write("{}");
    await good.has("HTTP/1.1 200");
  });
});

describe("a signed body over HTTP/2", () => {
  it("counts in as many pieces as it comes, with `:authority` for the host; more than `maxBody` is 413", async () => {
    const { port } = await started((await echoing()).url);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    const send = async (method: string, signature: string, pieces: readonly string[], authority = "shop.example.com") => {
      const stream = session.request(
        { ":method": method, ":path": "/a", ":authority": authority, "x-date": date, authorization: signature },
        { endStream: pieces.length === 0 },
      );
      stream.on("error", () => {});
      for (const piece of pieces) stream.write(piece);
      if (pieces.length > 0) stream.end();
      stream.resume();
      const [fields] = (await once(stream, "response")) as [Record<string, unknown>];
      return fields[":status"];
    };
    expect(await send("POST", signed("POST", "/a", "abc"), ["a", "b", "c"])).toBe(200);
    expect(await send("HEAD", signed("HEAD", "/a"), [])).toBe(200);
    expect(await send("OPTIONS", signed("OPTIONS", "/a"), [])).toBe(200);
    expect(await send("POST", signed("POST", "/a", "abc"), ["a", "b"])).toBe(401);
    expect(await send("POST", signed("POST", "/a", "abc"), ["abc"], "other.example.com")).toBe(401);
    expect(await send("POST", signed("POST", "/a", "x".repeat(65)), ["x".repeat(65)])).toBe(413);
  });
});

describe("a client that leaves in the middle of a signed body", () => {
  it("has not shown a wrong credential: it is not counted, nobody is slowed, and the delivery may come again", {
    timeout: 60_000,
  }, async () => {
    const upstream = await echoing();
    const { port, adminPort, wrong, log } = await started(upstream.url);
    const inFlight = async () => sumOf(await metricsOf(adminPort!), "gatewright_requests_in_flight");
    const body = "{}".padEnd(20);
    const hook = (lines: readonly string[]): string =>
      head("POST", "/hook", [`X-Hub-Signature-256: sha256=${mac(body)}`, ...lines]);
    const starts = [
      hook(["Content-Length: 20"]),
      hook(["Transfer-Encoding: chunked"]).concat("14\r\n"),
      head("POST", "/a", [`Authorization: ${signed("POST", "/a", body)}`, "Content-Length: 20"]),
    ];
    for (const start of starts) {
      const ours = client(port, `${start}{}`);
      // So that the gateway is in the middle of it.
      await vi.waitFor(async () => expect(await inFlight()).toBe(1), { timeout: 20_000 });
      ours.socket.destroy();
      expect(await log.next()).toContain('"outcome":"clientGone"');
    }
    for (const leaves of ["the stream", "the connection"]) {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      session.on("error", () => {});
      // Node ends a stream before it resets it: the length says that this is not its end.
      const fields = {
        ":method": "POST",
        ":path": "/hook",
        "content-length": "20",
        "x-hub-signature-256": `sha256=${mac(body)}`,
      };
      const stream = session.request(fields);
      stream.on("error", () => {});
      stream.write("{}");
      await vi.waitFor(async () => expect(await inFlight()).toBe(1), { timeout: 20_000 });
      if (leaves === "the stream") stream.close(constants.NGHTTP2_CANCEL);
      else session.destroy();
      expect(await log.next()).toContain('"outcome":"clientGone"');
      session.destroy();
    }
    expect([await wrong(), upstream.seen.length]).toEqual([0, 0]);
    // Behind all that, each is answered as if nothing had been.
    expect((await answerTo(port, `${starts[0]}${body}`)).status).toBe(200);
    expect((await answerTo(port, `${starts[0]}${body}`)).status).toBe(401);
    expect(await wrong()).toBe(1);
  });
});
