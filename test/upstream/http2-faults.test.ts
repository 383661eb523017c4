import { describe, expect, onTestFinished, test } from "vitest";
import { type RawHttp2Connection, rawHttp2Service } from "../harness/raw-http2-service.ts";
import { forwarding, gateway, using } from "../runtime/support/gateway.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { http2 } from "./support/http2.ts";

/** A service made of frames, for the length of one test. */
async function framed(answer: Parameters<typeof rawHttp2Service>[0]) {
  const upstream = await rawHttp2Service(answer);
  onTestFinished(() => upstream.close());
  return upstream;
}

const ok = (connection: RawHttp2Connection, stream: number): void => {
  connection.head(stream, { ":status": "200", "content-length": "2" }).data(stream, "ok", true);
};

const bodiless = (method: string): string => `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`;

test("streams above the last one of a GOAWAY are sent again, whatever their method", async () => {
  const upstream = await framed((connection, stream, index) => {
    if (index === 0) connection.goaway(0);
    else ok(connection, stream);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    expect((await exchange(port, bodiless("POST"))).body).toBe("ok");
    expect(upstream.connections.length).toBe(2);
  });
});

describe("a request with a body that the service did not look at", () => {
  const post = (length: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
  const refusing = (refusals: number) =>
    framed((connection, stream, index) => {
      if (index >= refusals) connection.whenWhole(stream, () => ok(connection, stream));
      else if (index % 2 === 0) connection.goaway(0);
      else connection.reset(stream, 7);
    });

  test("is sent once more, with its body", async () => {
    const upstream = await refusing(1);
    await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
      expect((await exchange(port, `${post(12)}some content`)).body).toBe("ok");
    });
    expect([...upstream.connections.at(-1)!.bodies.values()]).toEqual(["some content"]);
  });

  test("is sent once more while its body still comes", async () => {
    const upstream = await refusing(1);
    await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
      const client = new RawClient(port).write(`${post(12)}some `);
      await expect.poll(() => upstream.connections.length).toBe(2);
      client.write("content");
      expect(await client.until((text) => text.endsWith("ok"))).toMatch(/^HTTP\/1.1 200 /);
    });
    expect([...upstream.connections.at(-1)!.bodies.values()]).toEqual(["some content"]);
  });

  test("is a 502 where it is refused again", async () => {
    const upstream = await refusing(2);
    await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
      expect((await exchange(port, `${post(12)}some content`)).status).toBe(502);
    });
  });

  test("is a 502 where its body is too long to be kept", async () => {
    const upstream = await refusing(1);
    await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
      const client = new RawClient(port).write(`${post(40_000)}${"x".repeat(20_000)}`);
      expect(await client.until((text) => text.includes("\r\n\r\n"))).toMatch(/^HTTP\/1.1 502 /);
    });
  });
});

test.each([
  ["breaks", (connection: RawHttp2Connection) => connection.socket.resetAndDestroy()],
  ["ends", (connection: RawHttp2Connection) => connection.socket.end()],
  ["ends after GOAWAY", (connection: RawHttp2Connection, stream: number) => connection.goaway(stream).socket.end()],
  ["is given up with an error", (connection: RawHttp2Connection, stream: number) => connection.goaway(stream, 2)],
])("a connection that %s is a retry for what changes nothing, and a 502 for the rest", async (_how, lose) => {
  const upstream = await framed((connection, stream, index) => {
    if (index % 2 === 0) lose(connection, stream);
    else ok(connection, stream);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("ok");
    expect((await exchange(port, bodiless("POST"))).status).toBe(502);
  });
});

test.each([
  ["reset with an error", 2],
  ["reset without an error", 0],
  ["reset as cancelled", 8],
  ["refused when it has begun", 7],
])("an answer that is %s in the middle is broken off, and the connection goes on", async (_how, code) => {
  const upstream = await framed((connection, stream, index) => {
    if (index > 0) ok(connection, stream);
    else connection.head(stream, { ":status": "200" }).data(stream, "part").reset(stream, code);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const text = await new RawClient(port).write(get("/")).rest();
    expect([/^HTTP\/1.1 200 OK/.test(text), text.endsWith("0\r\n\r\n")]).toEqual([true, false]);
    expect((await exchange(port, get("/"))).body).toBe("ok");
  });
  expect(upstream.connections.length).toBe(1);
});

test.each<[string, (connection: RawHttp2Connection, stream: number) => void]>([
  ["has no status", (connection, stream) => connection.head(stream, { "content-length": "0" }, true)],
  [
    "has a field of HTTP/1.1",
    (connection, stream) => connection.head(stream, { ":status": "200", "transfer-encoding": "chunked" }, true),
  ],
  ["has a name in capitals", (connection, stream) => connection.head(stream, { ":status": "200", "X-Upper": "1" }, true)],
  ["switches protocols", (connection, stream) => connection.head(stream, { ":status": "101" }, true)],
  [
    "has two lengths",
    (connection, stream) => connection.head(stream, { ":status": "200", "content-length": "1, 1" }).data(stream, "a", true),
  ],
  [
    "is only interim answers",
    (connection, stream) => {
      for (let count = 0; count < 100; count++) connection.head(stream, { ":status": "103" });
    },
  ],
  ["is shorter than it says", (connection, stream) => connection.head(stream, { ":status": "200", "content-length": "9" }, true)],
  ["has no status at all", (connection, stream) => connection.head(stream, { "x-a": "1" }, true)],
  [
    "has a second status",
    (connection, stream) =>
      connection.lines(
        stream,
        [
          [":status", "200"],
          [":status", "204"],
        ],
        true,
      ),
  ],
  [
    "has its status behind a field",
    (connection, stream) =>
      connection.lines(
        stream,
        [
          ["x-a", "1"],
          [":status", "200"],
        ],
        true,
      ),
  ],
  [
    "has a pseudo-field of requests",
    (connection, stream) =>
      connection.lines(
        stream,
        [
          [":status", "200"],
          [":path", "/"],
        ],
        true,
      ),
  ],
  ...["999", "600", "099", "000", "2", "20", "2000", "2xx", "+20", "2 0", ""].map(
    (status): [string, (connection: RawHttp2Connection, stream: number) => void] => [
      `has the status ${JSON.stringify(status)} (RFC 9110 §15)`,
      (connection, stream) => connection.head(stream, { ":status": status }, true),
    ],
  ),
  ...["connection", "keep-alive", "proxy-connection", "upgrade", "transfer-encoding"].map(
    (name): [string, (connection: RawHttp2Connection, stream: number) => void] => [
      `has the field ${name} (RFC 9113 §8.2.2)`,
      (connection, stream) => connection.head(stream, { ":status": "200", [name]: "a" }, true),
    ],
  ),
  [
    "has a length that is none",
    (connection, stream) => connection.head(stream, { ":status": "200", "content-length": "+1" }).data(stream, "a", true),
  ],
  [
    "has the length twice",
    (connection, stream) =>
      connection
        .lines(stream, [
          [":status", "200"],
          ["content-length", "1"],
          ["content-length", "1"],
        ])
        .data(stream, "a", true),
  ],
  [
    "is a 204 with content (RFC 9110 §15.3.5)",
    (connection, stream) => connection.head(stream, { ":status": "204" }).data(stream, "part", true),
  ],
  [
    "is a 304 with content (RFC 9110 §15.4.5)",
    (connection, stream) => connection.head(stream, { ":status": "304" }).data(stream, "part", true),
  ],
])("an answer that %s is a 502", async (_what, answer) => {
  const upstream = await framed((connection, stream, index) =>
    index === 0 ? answer(connection, stream) : ok(connection, stream),
  );
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const client = new RawClient(port).write(bodiless("POST"));
    const text = await client.until((all) => all.includes("502 Bad Gateway"));
    expect(text.replace(/^(HTTP\/1.1 103 Early Hints\r\n\r\n)*/, "")).toMatch(/^HTTP\/1.1 502/);
    client.close();
    expect((await exchange(port, get("/"))).body).toBe("ok");
  });
});

test("a value with a line end does not become a field", async () => {
  const fields = { ":status": "200", "content-length": "2", "x-a": "1\r\nX-B: 2" };
  const upstream = await framed((connection, stream) => connection.head(stream, fields).data(stream, "ok", true));
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const answer = await exchange(port, get("/"));
    expect([answer.body, answer.field("x-a"), answer.field("x-b")]).toEqual(["ok", undefined, undefined]);
  });
});

/** Frames after which nghttp2 says goodbye, and Node tells nobody (RFC 9113 §5.4.1). */
const protocolErrors: readonly [string, (connection: RawHttp2Connection, stream: number) => void][] = [
  ["DATA of no stream", (connection) => connection.data(0, "part")],
  ["padding that is longer than its frame", (connection, stream) => connection.frame(1, 0xc, stream, Buffer.of(0x58, 0x88))],
  ["an update of a window by nothing", (connection) => connection.frame(8, 0, 0, Buffer.alloc(4))],
  ["a setting out of its range", (connection) => connection.frame(4, 0, 0, Buffer.of(0, 5, 0, 0, 0, 1))],
  ["an answer that nobody asked for", (connection, stream) => connection.head(stream + 2, { ":status": "200" }, true)],
  ["a PING that is too short", (connection) => connection.frame(6, 0, 0, Buffer.alloc(3))],
  ["fields that cannot be decoded", (connection, stream) => connection.frame(1, 5, stream, Buffer.of(0x80))],
  ["CONTINUATION of nothing", (connection, stream) => connection.frame(9, 4, stream, Buffer.of(0x88))],
];

test.each(protocolErrors)("after %s the connection carries no further request", async (_what, breakRules) => {
  const upstream = await framed((connection, stream, index) => {
    if (index === 0) breakRules(connection, stream);
    else if (connection !== upstream.connections[0]) ok(connection, stream);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    // At once, so that nobody can know yet; with and without a method that may be sent again.
    const first = new RawClient(port).write(bodiless("POST"));
    await expect.poll(() => upstream.connections.length).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    const second = new RawClient(port).write(bodiless("POST"));
    const third = new RawClient(port).write(get("/"));
    expect((await first.answer()).status).toBe(502);
    expect([(await second.answer()).status, (await third.answer()).status]).toEqual([200, 200]);
    expect((await exchange(port, bodiless("POST"))).status).toBe(200);
    for (const client of [first, second, third]) client.close();
  });
});

test.each(protocolErrors)(
  "an answer that has begun on a connection that is ending is broken off after %s",
  async (_what, breakRules) => {
    const upstream = await framed((connection, stream, index) => {
      if (index > 0) return ok(connection, stream);
      connection.head(stream, { ":status": "200" }).data(stream, "part").goaway(stream);
      setTimeout(() => breakRules(connection, stream), 20);
    });
    await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
      const text = await new RawClient(port).write(get("/")).rest();
      expect([/^HTTP\/1.1 200 OK/.test(text), text.endsWith("0\r\n\r\n")]).toEqual([true, false]);
      expect((await exchange(port, get("/"))).body).toBe("ok");
    });
  },
);

test("a service that is silent, and one that does not read, are not taken for such a connection", async () => {
  const upstream = await framed((connection, stream, index) => {
    if (index === 0) setTimeout(() => ok(connection, stream), 1_500);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    expect((await exchange(port, bodiless("POST"))).status).toBe(200);
  });
  expect(upstream.connections.length).toBe(1);
});

test("a 205 has no content, whatever the service sends with it (RFC 9110 §15.3.6)", async () => {
  const upstream = await framed((connection, stream) =>
    connection.head(stream, { ":status": "205", "content-length": "4" }).data(stream, "part", true),
  );
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const client = new RawClient(port).write(get("/")).write(get("/"));
    for (const _ of [1, 2]) {
      const { status, field, body } = await client.answer();
      expect([status, field("content-length"), body]).toEqual([205, "0", ""]);
    }
    client.close();
  });
});

test("a 204 whose end comes behind its head is one", async () => {
  const upstream = await framed((connection, stream) => connection.head(stream, { ":status": "204" }).data(stream, "", true));
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(204);
  });
});

test.each(["is longer than it says", "is shorter than it says"])("a body that %s is broken off", async (how) => {
  const content = how === "is longer than it says" ? "too long" : "s";
  const upstream = await framed((connection, stream, index) => {
    if (index > 0) ok(connection, stream);
    else connection.head(stream, { ":status": "200", "content-length": "3" }).data(stream, content, true);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    const text = await new RawClient(port).write(get("/")).rest();
    expect(text).not.toMatch(/\r\n\r\n.../);
    expect((await exchange(port, get("/"))).body).toBe("ok");
  });
});

test("a refused stream is tried again on another connection: Node refuses those of one that is dead in the same way", async () => {
  const upstream = await framed((connection, stream, index) => {
    if (index === 0) connection.reset(stream, 7);
    else ok(connection, stream);
  });
  await using(gateway(forwarding(http2(upstream.url))), async ({ port }) => {
    expect((await exchange(port, bodiless("POST"))).body).toBe("ok");
  });
  expect(upstream.connections.length).toBe(2);
});
