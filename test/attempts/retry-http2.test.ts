import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sendRequest } from "../harness/http-client.ts";
import { type RawHttp2Connection, rawHttp2Service } from "../harness/raw-http2-service.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { RawClient } from "../runtime/support/raw-client.ts";
import { gatewayFile } from "./support/gateway.ts";
import { Shared } from "./support/shared.ts";

/** RFC 9113 §7. */
const code = { internal: 2, refusedStream: 7 } as const;

type Answer = (connection: RawHttp2Connection, stream: number) => void;

const shared = new Shared();
let gateway: RunningGateway;
/** What becomes of the requests of a test, one after the other. */
let script: Answer[];
let seen: number;

beforeAll(async () => {
  const service = await rawHttp2Service((connection, stream) => {
    const answer = script[seen++];
    if (answer === undefined) throw new Error("a request came that nobody expected");
    answer(connection, stream);
  });
  shared.onEnd(() => service.close());
  const options = "protocol: http2\nretry: { attempts: 4, backoff: { base: 1ms, max: 1ms } }";
  gateway = await shared.gateway(gatewayFile([service.url], options));
});

afterAll(() => shared.end());

beforeEach(() => {
  script = [];
  seen = 0;
});

const good: Answer = (connection, stream) =>
  void connection.head(stream, { ":status": "200", "content-length": "4" }).data(stream, "good", true);
const refused: Answer = (connection, stream) => void connection.reset(stream, code.refusedStream);
/** Nothing above the stream before was looked at (RFC 9113 §6.8). */
const goaway: Answer = (connection, stream) => {
  connection.goaway(Math.max(0, stream - 2));
  connection.socket.end();
};
const reset: Answer = (connection, stream) => void connection.reset(stream, code.internal);
const unavailable: Answer = (connection, stream) => void connection.head(stream, { ":status": "503" }, true);
const limited: Answer = (connection, stream) =>
  void connection.head(stream, { ":status": "503", "retry-after": "3600", "content-length": "4" }).data(stream, "busy", true);

const send = (method: "GET" | "POST", body = "") => sendRequest(gateway.port, { method, target: "/x", headers: [], body });

describe("retries over HTTP/2", () => {
  it.each<[string, "GET" | "POST", Answer[], number, number]>([
    [
      "streams that were refused again and again, whatever the method (RFC 9113 §8.7)",
      "POST",
      [refused, refused, refused, good],
      200,
      4,
    ],
    ["streams above that of a GOAWAY, whatever the method (RFC 9113 §6.8)", "POST", [goaway, goaway, goaway, good], 200, 4],
    ["a stream that was reset, where the method is idempotent", "GET", [reset, reset, good], 200, 3],
    ["a stream that was reset, never where it is not", "POST", [reset], 502, 1],
    ["503 and then good", "GET", [unavailable, good], 200, 2],
    ["503, never where the method is not idempotent", "POST", [unavailable], 503, 1],
    ["503 that asks for more time than there is: the service's answer, at once (traffic row 33)", "GET", [limited], 503, 1],
    ["no more attempts than there may be", "GET", [unavailable, unavailable, unavailable, unavailable], 503, 4],
  ])("%s", async (_, method, answers, status, count) => {
    script = answers;
    const answer = await send(method, method === "POST" ? "an order" : "");
    expect([answer.status, seen]).toEqual([status, count]);
    if (status === 200) expect(answer.body).toBe("good");
  });

  it("send a body that was sent before once more, as a whole", async () => {
    const bodies: string[] = [];
    const reading =
      (then: Answer): Answer =>
      (connection, stream) =>
        connection.whenWhole(stream, () => {
          bodies.push(connection.bodies.get(stream)!);
          then(connection, stream);
        });
    script = [reading(refused), reading(refused), reading(good)];
    expect((await send("POST", "an order of three")).status).toBe(200);
    expect(bodies).toEqual(["an order of three", "an order of three", "an order of three"]);
  });

  it("never begin behind the head of an answer: the client's is broken off (traffic row 43)", async () => {
    script = [
      (connection, stream) => {
        connection.head(stream, { ":status": "200", "content-length": "8" }).data(stream, "part");
        setImmediate(() => connection.reset(stream, code.internal));
      },
    ];
    const client = new RawClient(gateway.port).write("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    const text = await client.rest();
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toMatch(/\r\n\r\npart$/);
    expect(seen).toBe(1);
  });

  it("leave requests on the same connection alone when one of them is reset", async () => {
    let connection: RawHttp2Connection | undefined;
    const held: (() => void)[] = [];
    script = [
      (one, stream) => {
        connection = one;
        held.push(() => good(one, stream));
      },
      (one, stream) => {
        expect(one).toBe(connection);
        one.reset(stream, code.internal);
      },
      good,
    ];
    const first = send("GET");
    await expect.poll(() => held.length, { timeout: 30_000, interval: 10 }).toBe(1);
    expect((await send("GET")).status).toBe(200);
    for (const answer of held) answer();
    expect((await first).status).toBe(200);
    expect(seen).toBe(3);
  });
});
