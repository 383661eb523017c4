import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { metricsOf, startWorkers, workersOf } from "../../faults/gateway.ts";
import { type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { builtShop, created, eventually, post, Service, told, valueOf } from "./support.ts";

let service: Service;
let shop: Awaited<ReturnType<typeof builtShop>>;
let gateway: RunningGateway;
let port: number;

beforeAll(async () => {
  service = await Service.start();
  shop = await builtShop("memory");
  gateway = await startGateway(shop.out, sampleEnvironment([service.url]));
  ({ port } = gateway);
});
afterAll(async () => {
  await gateway.stop();
  shop.dispose();
  service.end();
});
beforeEach(() => service.reset());

let keys = 0;
const newKey = (): string => `key-${++keys}`;
const newUuid = (): string => `8e03978e-40d5-43e8-bc93-${String(++keys).padStart(12, "0")}`;

/** Sends a request, and is gone once the service has it. */
async function leaveHttp1(key: string, held: Promise<unknown>): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: acme-key-for-tests-0001\r\nContent-Type: text/plain\r\nIdempotency-Key: ${key}\r\nContent-Length: 6\r\n\r\na book`,
  );
  await held;
  socket.resetAndDestroy();
  await once(socket, "close");
}

async function leaveHttp2(key: string, held: Promise<unknown>): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request({
    ":method": "POST",
    ":path": "/orders",
    "x-api-key": "acme-key-for-tests-0001",
    "content-type": "text/plain",
    "idempotency-key": key,
  });
  stream.on("error", () => {}).end("a book");
  await held;
  stream.close(constants.NGHTTP2_CANCEL);
  await once(stream, "close");
  session.close();
}

describe("a request with an Idempotency-Key", () => {
  it("is carried out once: while it runs, 409 for the same and 422 for another; then its answer, with or without quotes (traffic row 64, draft-07 §2.6)", async () => {
    const key = newKey();
    const held = service.hold();
    const first = post(port, { key });
    const response = await held;
    const conflict = await post(port, { key });
    expect([...told(conflict), valueOf(conflict, "retry-after")]).toEqual([409, "request-in-progress", "1"]);
    expect(told(await post(port, { key, body: "a pen" }))).toEqual([422, "idempotency-key-reused"]);
    response.writeHead(201, {
      "content-type": "text/plain",
      location: "/orders/7",
      "set-cookie": "session=1",
      date: "Sun, 06 Nov 1994 08:49:37 GMT",
    });
    response.end("made");
    const answer = await first;
    expect([...told(answer), valueOf(answer, "set-cookie")]).toEqual([201, "made", "session=1"]);
    await eventually(() => post(port, { key }), [201, "made", "replayed"]);
    const again = await post(port, { key: `"${key}"` });
    expect([...told(again), valueOf(again, "location"), valueOf(again, "set-cookie")]).toEqual([
      201,
      "made",
      "replayed",
      "/orders/7",
      undefined,
    ]);
    expect(valueOf(again, "date")).not.toContain("1994");
    expect(told(await post(port, { key, body: "a pen" }))).toEqual([422, "idempotency-key-reused"]);
    expect(told(await post(port, { key, path: "/orders?express" }))).toEqual([422, "idempotency-key-reused"]);
    expect(told(await post(port, { key, headers: [["X-Warehouse", "north"]] }))).toEqual([422, "idempotency-key-reused"]);
    expect(service.seen.map(({ body }) => body)).toEqual(["a book"]);
    expect(service.seen[0]!.request.headers).toMatchObject({ "idempotency-key": key, "accept-encoding": "identity" });
  });

  it("gives each caller and each operation an answer of its own", async () => {
    const key = newKey();
    service.next = ["acme", "zenith", "other"].map((text) => (response) => response.writeHead(201).end(text));
    expect(told(await post(port, { key }))).toEqual([201, "acme"]);
    expect(told(await post(port, { key, caller: "zenith" }))).toEqual([201, "zenith"]);
    expect(told(await post(port, { key, path: "/others" }))).toEqual([201, "other"]);
    await eventually(() => post(port, { key }), [201, "acme", "replayed"]);
    await eventually(() => post(port, { key, caller: "zenith" }), [201, "zenith", "replayed"]);
    await eventually(() => post(port, { key, path: "/others" }), [201, "other", "replayed"]);
    expect(service.seen.length).toBe(3);
  });

  it.each([
    ["500", 500],
    ["503", 503],
    ["429", 429],
  ])("%s of the service leaves the key free (traffic row 65)", async (_name, status) => {
    const key = newKey();
    service.next = Array.from({ length: 3 }, () => (response) => response.writeHead(status).end("no"));
    expect(told(await post(port, { key }))).toEqual([status, "no"]);
    service.next = [];
    await eventually(() => post(port, { key }), [201, "made"]);
    await eventually(() => post(port, { key }), [201, "made", "replayed"]);
  });

  it("what the service refuses stays refused: 404 is replayed", async () => {
    const key = newKey();
    service.next = [(response) => response.writeHead(404).end("no such book")];
    expect(told(await post(port, { key }))).toEqual([404, "no such book"]);
    await eventually(() => post(port, { key }), [404, "no such book", "replayed"]);
  });

  it("where nothing reached the service, the key is free", async () => {
    const key = newUuid();
    const sent = { path: "/down", key, caller: "none" } as const;
    expect(told(await post(port, sent))).toEqual([502, "upstream-failed"]);
    await vi.waitFor(async () => expect(told(await post(port, sent))).toEqual([502, "upstream-failed"]));
  });

  it("a request that was refused before the service has not used its key", async () => {
    const key = newKey();
    expect((await post(port, { key, body: "x".repeat(1025) })).status).toBe(413);
    expect((await post(port, { key, caller: "none" })).status).toBe(401);
    expect(told(await post(port, { key }))).toEqual([201, "made"]);
  });

  it("reset behind the request: 502, the service has one request, and nobody knows what came of it (traffic row 34, istio#13851)", async () => {
    const key = newKey();
    service.next = [(response) => response.socket!.destroy()];
    expect(told(await post(port, { key }))).toEqual([502, "upstream-failed"]);
    await eventually(() => post(port, { key }), [409, "result-unknown"]);
    expect(told(await post(port, { key, body: "a pen" }))).toEqual([422, "idempotency-key-reused"]);
    expect(service.seen.length).toBe(1);
  });

  it("an answer that broke off is not replayed (traffic row 65)", async () => {
    const key = newKey();
    service.next = [
      (response) => {
        response.writeHead(201, { "content-length": 100 });
        response.write("half", () => response.socket!.destroy());
      },
    ];
    expect((await post(port, { key })).isBroken).toBe(true);
    await eventually(() => post(port, { key }), [409, "result-unknown"]);
    expect(service.seen.length).toBe(1);
  });

  it("with `resend`, it is sent again where the result is not known, by the gateway and by the client", async () => {
    const key = newKey();
    const reset: (typeof service.next)[number] = (response) => response.socket!.destroy();
    service.next = [reset];
    expect(told(await post(port, { path: "/resends", key }))).toEqual([201, "made"]);
    expect(service.seen.length).toBe(2);
    const second = newKey();
    service.next = [reset, reset, reset];
    expect(told(await post(port, { path: "/resends", key: second }))).toEqual([502, "upstream-failed"]);
    service.next = [];
    await eventually(() => post(port, { path: "/resends", key: second }), [201, "made"]);
    expect(told(await post(port, { path: "/resends", key: second, body: "a pen" }))).toEqual([422, "idempotency-key-reused"]);
  });

  it.each([
    ["a connection of HTTP/1.1", leaveHttp1],
    ["a stream of HTTP/2", leaveHttp2],
  ])("goes on when its client leaves %s, and the client gets the answer when it asks again", async (_what, leave) => {
    const key = newKey();
    const held = service.hold();
    const left = leave(key, held);
    const response = await held;
    await left;
    expect(told(await post(port, { key }))).toEqual([409, "request-in-progress"]);
    expect(response.destroyed).toBe(false);
    response.writeHead(201).end("made late");
    await eventually(() => post(port, { key }), [201, "made late", "replayed"]);
    expect(service.seen.length).toBe(1);
  });

  it("an answer that is larger than what is kept, or a stream, goes to the client once", async () => {
    const big = "x".repeat(1025);
    for (const headers of [{}, { "content-type": "text/event-stream" }] as const) {
      const key = newKey();
      service.next = [(response) => response.writeHead(200, headers).end(big)];
      expect(told(await post(port, { key }))).toEqual([200, big]);
      await eventually(() => post(port, { key }), [409, "answer-not-kept"]);
    }
    expect(service.seen.length).toBe(2);
  });

  it("an empty answer and one of any bytes come back as they were", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    const [empty, any] = [newKey(), newKey()];
    service.next = [(response) => response.writeHead(204).end(), (response) => response.writeHead(200).end(bytes)];
    await post(port, { key: empty });
    const first = await post(port, { key: any });
    await eventually(() => post(port, { key: empty }), [204, "", "replayed"]);
    await eventually(() => post(port, { key: any }), [200, first.body, "replayed"]);
    expect(valueOf(await post(port, { key: any }), "content-length")).toBe("256");
  });
});

describe("a key", () => {
  it("that the spec requires is missing: 400; where it does not, the request passes, each time it is sent", async () => {
    // Of a spec, `validate` says so first.
    expect(told(await post(port, {}))).toEqual([400, "invalid-request"]);
    expect(told(await post(port, { path: "/guests", caller: "none" }))).toEqual([400, "idempotency-key-missing"]);
    expect(told(await post(port, { path: "/others" }))).toEqual([201, "made"]);
    expect(told(await post(port, { path: "/others" }))).toEqual([201, "made"]);
    expect(service.seen.length).toBe(2);
  });

  it.each([
    ["two fields", ["one", "two"]],
    ["two in one field", "one, two"],
    ["empty", '""'],
    ["not closed", '"one'],
    ["parameters", '"one";a=1'],
    ["too long", "x".repeat(256)],
    ["a byte beyond ASCII", '"\u00E9"'],
  ])("%s: 400, and nothing is sent", async (_name, key) => {
    expect(told(await post(port, { key }))).toEqual([400, "bad-idempotency-key"]);
    expect(service.seen.length).toBe(0);
  });

  it("of nobody is a random UUID, and of another network the key is taken, and no answer is shared", async () => {
    const sent = { path: "/guests", caller: "none" } as const;
    for (const key of ["1", "00000000-0000-0000-0000-000000000000", "c232ab00-9414-11ec-b3c8-9f6bdeced846"])
      expect(told(await post(port, { ...sent, key }))).toEqual([400, "bad-idempotency-key"]);
    const key = newUuid();
    expect(told(await post(port, { ...sent, key, headers: [["X-Forwarded-For", "192.0.2.7"]] }))).toEqual([201, "made"]);
    await eventually(() => post(port, { ...sent, key, headers: [["X-Forwarded-For", "192.0.2.7"]] }), [201, "made", "replayed"]);
    const other = await post(port, { ...sent, key, headers: [["X-Forwarded-For", "198.51.100.9"]] });
    expect(told(other)).toEqual([422, "idempotency-key-reused"]);
    expect(service.seen.length).toBe(1);
  });
});

it("figures tell what came of keys", async () => {
  const metrics = await metricsOf(gateway.adminPort!);
  for (const outcome of ["first", "replayed", "conflict", "mismatch", "unknown", "notKept", "missing", "malformed", "lost"])
    expect(metrics).toMatch(
      new RegExp(`^gatewright_idempotency_total\\{operation="[^"]+",outcome="${outcome}"[^}]*\\} [1-9]`, "m"),
    );
});

it("of workers, one sends the request, whichever is asked, and answers outlive those that are replaced", async () => {
  const { port: shared, admin } = await startWorkers(shop.out, service.url);
  const key = newKey();
  const held = service.hold();
  const all = Array.from({ length: 20 }, () => post(shared, { key }));
  const response = await held;
  await Promise.race(all);
  created(response, service.seen[0]!.request, Buffer.alloc(0));
  const states = (await Promise.all(all)).map((one) => JSON.stringify(told(one)));
  expect(states.filter((one) => one === '[201,"made"]').length).toBe(1);
  expect(service.seen.length).toBe(1);
  const lost = newKey();
  const open = service.hold();
  const killed = post(shared, { key: lost }).catch(() => undefined);
  await open;
  for (const pid of await workersOf(admin)) {
    process.kill(pid, "SIGKILL");
    await vi.waitFor(async () => {
      const now = await workersOf(admin);
      expect([now.length, now.includes(pid)]).toEqual([2, false]);
    });
  }
  await killed;
  // Nobody knows yet that its worker is gone: the lease is still there.
  expect(told(await post(shared, { key: lost }))).toEqual([409, "request-in-progress"]);
  expect(told(await post(shared, { key }))).toEqual([201, "made", "replayed"]);
  expect(service.seen.length).toBe(2);
});
