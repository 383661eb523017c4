import { writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Identity, SecurityScheme } from "../../runtime/exchange/exchange.ts";
import { createCredentialEnd } from "../../runtime/http/credential-end.ts";
import type { HttpExchange } from "../../runtime/http/http-exchange.ts";
import { FrameFollower } from "../../runtime/http1/frame-follower.ts";
import { Piece } from "../../runtime/http1/read-buffer.ts";
import { makeKey, revokeKey } from "../../runtime/identity/api-key/key-changes.ts";
import { type KeyEntry, writeKeyFile } from "../../runtime/identity/api-key/key-entry.ts";
import { built } from "../faults/gateway.ts";
import { type RunningGateway, startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { frame, opcodes } from "../harness/websocket-frames.ts";
import { startWebSocketService, type WebSocketService } from "../harness/websocket-service.ts";
import { until } from "../stores/support/redis-server.ts";
import { client, type Line } from "../tunnels/support.ts";

const keys = sampleEnvironment([]);
const gatewayWith = (file: string): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true } }
identity:
  revoked: { file: ${file} }
  schemes:
    partnerKey:
      apiKey: { in: header, name: X-Api-Key, keys: { acme: { key: { env: ACME_KEY } }, zenith: { key: { env: ZENITH_KEY } } } }
routes:
  all: { match: { path: "/**" }, service: backend, policies: { security: [{ partnerKey: [] }], upgrade: {} } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"], timeout: { response: 60s } } }
policies: { accessLog: {} }
`;

interface Scene {
  readonly gateway: RunningGateway;
  readonly service: WebSocketService;
  /** Writes the list. */
  revoke(...subjects: string[]): void;
}

/** A service with streams that never end, and requests that it never answers. */
async function scene(): Promise<Scene> {
  const file = join(temporaryFolder({ "revoked.json": '{ "revoked": [] }' }), "revoked.json");
  const streams: ServerResponse[] = [];
  const service = await startWebSocketService({
    request: ({ url }, response) => {
      if (url === "/none") response.end("served");
      if (url !== "/events") return;
      streams.push(response);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: 1\n\n");
    },
  });
  onTestFinished(() => service.close());
  const out = await built({ "gateway.yaml": gatewayWith(file) });
  const gateway = await startGateway(out, sampleEnvironment([service.url]));
  onTestFinished(() => gateway.stop());
  return {
    gateway,
    service,
    revoke: (...subjects) => writeFileSync(file, JSON.stringify({ revoked: subjects.map((sub) => ({ sub })) })),
  };
}

const get = (path: string, key: string, more = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Api-Key: ${key}\r\n${more}\r\n`;
const upgrade =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

describe("a credential that is revoked", () => {
  it("ends event streams, WebSockets and waiting requests that it let in, over HTTP/1.1 and HTTP/2, and nobody else's", async () => {
    const { gateway, service, revoke } = await scene();
    const { port } = gateway;
    const stream = await client(port, get("/events", keys.ACME_KEY!)).has("data: 1");
    const other = await client(port, get("/events", keys.ZENITH_KEY!)).has("data: 1");
    const socket = await client(port, get("/feed", keys.ACME_KEY!, upgrade)).has("\r\n\r\n");
    const waiting = client(port, get("/slow", keys.ACME_KEY!));
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    const ask = (path: string, key: string) => session.request({ ":path": path, "x-api-key": key });
    const [streamed, held, kept] = [
      ask("/events", keys.ACME_KEY!),
      ask("/slow", keys.ACME_KEY!),
      ask("/events", keys.ZENITH_KEY!),
    ];
    let error: NodeJS.ErrnoException | undefined;
    streamed.on("error", (one) => (error = one));
    let status = 0;
    held.on("response", (fields) => (status = Number(fields[":status"])));
    let bytes = 0;
    for (const one of [streamed, kept]) one.on("data", (chunk: Buffer) => (bytes += chunk.length));
    await until("all is under way", () => bytes === 18 && service.requests.length === 6);
    await gateway.advance(1_500);
    revoke("acme");
    await Promise.all([stream.ended(), socket.ended(), waiting.has("}")]);
    expect(stream.text).not.toContain("0\r\n\r\n");
    expect(socket.text.endsWith("\x88\x02\x03\xf0")).toBe(true);
    expect(waiting.text).toMatch(/^HTTP\/1\.1 401 [\s\S]*WWW-Authenticate: ApiKey realm="partnerKey"[\s\S]*credentials-ended/i);
    await until("the streams of HTTP/2 end", () => error !== undefined && status === 401);
    expect([other.isEnded, other.isClosed, kept.closed]).toEqual([false, false, false]);
  });

  it("leaves requests alone that came less than a second ago: they were good when they came", async () => {
    const { gateway, revoke, service } = await scene();
    const waiting = client(gateway.port, get("/slow", keys.ACME_KEY!));
    await until("it is under way", () => service.requests.length === 1);
    revoke("acme");
    const next = async (): Promise<Line> => client(gateway.port, get("/none", keys.ACME_KEY!)).has("HTTP/1.1");
    await until("it is known", async () => (await next()).text.startsWith("HTTP/1.1 401"));
    expect([waiting.text, waiting.isClosed]).toEqual(["", false]);
    await gateway.advance(1_500);
    await waiting.has("HTTP/1.1 401");
  });
});

describe("a key of a file that is revoked or removed", () => {
  it("ends the streams that it let in, and no other", async () => {
    const made = ["acme", "globex", "zenith"].map((consumer) => makeKey("shop", { consumer }, Date.now()));
    const fileOf = (...entries: readonly KeyEntry[]): string => writeKeyFile({ prefix: "shop", keys: entries });
    const [acme, globex, zenith] = made.map(({ entry }) => entry) as [KeyEntry, KeyEntry, KeyEntry];
    const file = join(temporaryFolder({ "keys.json": fileOf(acme, globex, zenith) }), "keys.json");
    const service = await startWebSocketService({
      request: (_, response) => {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write("data: 1\n\n");
        onTestFinished(() => void response.destroy());
      },
    });
    onTestFinished(() => service.close());
    const written = gatewayWith("-")
      .replace("  revoked: { file: - }\n", "")
      .replace(/apiKey: .*/, `apiKey: { in: header, name: X-Api-Key, file: ${file} }`);
    const gateway = await startGateway(await built({ "gateway.yaml": written }), sampleEnvironment([service.url]));
    onTestFinished(() => gateway.stop());
    const streams = [];
    for (const { key } of made) streams.push(await client(gateway.port, get("/events", key)).has("data: 1"));
    await gateway.advance(1_500);
    writeFileSync(file, fileOf(revokeKey(acme, Date.now()), zenith));
    const [revoked, removed, other] = streams;
    await Promise.all([revoked!.ended(), removed!.ended()]);
    expect([other!.isEnded, other!.isClosed]).toEqual([false, false]);
  });
});

describe("a credential that expires", () => {
  const scheme = { name: "bearerAuth", challenge: "Bearer", invalidChallenge: 'Bearer error="invalid_token"' } as SecurityScheme;
  const identity: Identity = { subject: "alice", scheme: "bearerAuth", roles: [], scopes: [] };

  /** What becomes of an exchange that is `ago` milliseconds old. */
  function fate(change: Partial<Identity>, ago = 5_000, hasEnded = (_one: Identity) => false, further?: Identity[]): string {
    let came = "goes on";
    const x = {
      identity: { ...identity, ...change },
      furtherIdentities: further,
      startedAt: performance.now() - ago,
      hasHead: true,
      breakOff: () => (came = "cut off"),
    };
    // What is looked at of an exchange.
    createCredentialEnd({ schemes: [{ name: "bearerAuth", scheme: { ...scheme, hasEnded } }] })(x as unknown as HttpExchange);
    return came;
  }

  it("ends what it let in at its end, not before, and nothing where it has none", () => {
    expect([fate({ expiresAt: Date.now() - 1 }), fate({ expiresAt: Date.now() + 60_000 }), fate({})]).toEqual([
      "cut off",
      "goes on",
      "goes on",
    ]);
    expect(fate({ expiresAt: Date.now() - 1 }, 500)).toBe("goes on");
  });

  it("leaves a request alone that a leeway let in after its end, up to a minute", () => {
    const expiresAt = Date.now() - 20_000;
    expect([fate({ expiresAt }, 5_000), fate({ expiresAt }, 30_000), fate({ expiresAt }, 61_000)]).toEqual([
      "goes on",
      "cut off",
      "cut off",
    ]);
    expect(fate({ expiresAt: Date.now() - 100_000 }, 61_000)).toBe("cut off");
    expect(fate({ expiresAt: Date.now() - 100_000 }, 59_000)).toBe("goes on");
  });

  it("ends what it let in beside others that do not end: a request that needed several credentials needs each", () => {
    const isRemoved = ({ subject }: Identity): boolean => subject === "bob";
    const beside = (change: Partial<Identity>): string => fate({}, 5_000, isRemoved, [{ ...identity, ...change }]);
    expect([beside({ expiresAt: Date.now() - 1 }), beside({ subject: "bob" }), beside({})]).toEqual([
      "cut off",
      "cut off",
      "goes on",
    ]);
  });

  it("ends what it let in once its scheme says that it counts no more", () => {
    const isRemoved = ({ subject }: Identity): boolean => subject === "bob";
    expect([fate({ subject: "bob" }, 5_000, isRemoved), fate({}, 5_000, isRemoved)]).toEqual(["cut off", "goes on"]);
  });
});

describe("frames of a WebSocket", () => {
  it("are followed up to their ends, however they are cut, in all three forms of a length, masked or not (RFC 6455 §5.2)", () => {
    const mask = Buffer.from([1, 2, 3, 4]);
    const frames = [0, 1, 125, 126, 65_535, 65_536, 70_000].flatMap((length) => [
      frame(opcodes.binary, Buffer.alloc(length, 0x88)),
      frame(opcodes.text, Buffer.alloc(length, 0x81), mask),
    ]);
    const bytes = Buffer.concat(frames);
    const ends = new Set<number>([0]);
    for (const one of frames) ends.add([...ends].at(-1)! + one.length);
    for (const size of [1, 2, 3, 7, 1000, bytes.length]) {
      const follower = new FrameFollower();
      for (let at = 0; at < bytes.length; at += size) {
        const end = Math.min(bytes.length, at + size);
        follower.see(new Piece(bytes, at, end, undefined));
        if (follower.isBetween !== ends.has(end)) expect(end, `pieces of ${size}`).toBe(-1);
      }
      expect(follower.isBetween).toBe(true);
    }
  });
});
