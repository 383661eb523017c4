import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type OutgoingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { Agent, fetch } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RawClient } from "../runtime/support/raw-client.ts";
import { makeCertificate } from "./support/certificate.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { block, FrameClient, flag, frame, frameType, get, post, preface } from "./support/frames.ts";
import { curl, type Started, Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
const open: ClientHttp2Session[] = [];
let upstream: EchoUpstream;
let clear: Started;
let secure: Started;
let clearOut: string;
/** Ends the answer that a test holds back. */
let release: () => void = () => {};
let blocked: () => void = () => {};

beforeAll(async () => {
  upstream = await echoUpstream({
    "/trailers": (request, response) => {
      request.resume();
      response.writeHead(200, { Trailer: "X-Checksum" });
      response.write("body");
      response.addTrailers({ "X-Checksum": "abc" });
      response.end();
    },
    "/early": (_request, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      response.end("late");
    },
    "/status/204": (_request, response) => response.writeHead(204, { "X-Empty": "yes" }).end(),
    "/status/304": (_request, response) => response.writeHead(304, { ETag: '"a"' }).end(),
    "/fields": (_request, response) => {
      response.writeHead(200, [
        ...["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Vary", "Accept", "Vary", "Origin"],
        ...["Keep-Alive", "timeout=9", "Connection", "X-Private", "X-Private", "1", "X-Latin", "caf\u00e9"],
      ]);
      response.end("ok");
    },
    "/back": (request, response) => void request.pipe(response),
    "/endless": (_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const fill = (): void => {
        while (response.write(chunk)) if (response.destroyed) return;
        blocked();
        response.once("drain", fill);
      };
      fill();
    },
    "/breaks": (_request, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("part", () => response.destroy());
    },
    "/held": (_request, response) => {
      release = () => response.end("released");
      response.writeHead(200);
      response.write("begun ");
    },
    "/never": () => {},
  });
  const { certificateFile, keyFile } = await makeCertificate(workshop.folder, "shop", ["127.0.0.1"]);
  clearOut = await workshop.build(
    '{ public: { host: 127.0.0.1, port: "${env:PORT}", http2: true } }',
    ", requestSize: { max: 8MiB }",
  );
  clear = await workshop.start(clearOut, upstream.url);
  secure = await workshop.start(
    await workshop.build(
      `{ public: { host: 127.0.0.1, port: "\${env:PORT}", tls: { certificates: [{ certificate: { file: ${certificateFile} }, key: { file: ${keyFile} } }] } } }`,
    ),
    upstream.url,
  );
});

afterEach(() => {
  for (const session of open.splice(0)) session.destroy();
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

function session(gateway: Started = clear): ClientHttp2Session {
  const url = gateway === secure ? `https://127.0.0.1:${gateway.port}` : `http://127.0.0.1:${gateway.port}`;
  const made = connect(url, { rejectUnauthorized: false });
  made.on("error", () => {});
  open.push(made);
  return made;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>> | undefined;
  readonly interim: Readonly<Record<string, unknown>>[];
  /** Code with which the stream was reset. */
  readonly code: number;
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let status: number | undefined;
  let headers: Answer["headers"] = {};
  let trailers: Answer["trailers"];
  const interim: Record<string, unknown>[] = [];
  const chunks: Buffer[] = [];
  stream.on("error", () => {});
  stream.on("headers", (fields) => interim.push(fields));
  stream.on("response", (fields) => {
    headers = fields;
    status = fields[":status"];
  });
  stream.on("trailers", (fields) => {
    trailers = fields;
  });
  stream.on("data", (bytes: Buffer) => chunks.push(bytes));
  await new Promise<void>((resolve) => stream.once("close", () => resolve()));
  return { status, headers, body: Buffer.concat(chunks).toString("latin1"), trailers, interim, code: stream.rstCode };
}

const ask = (headers: OutgoingHttpHeaders, body?: string | Buffer, gateway?: Started): Promise<Answer> => {
  const stream = session(gateway).request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
};

describe.each(["clear text", "TLS"])("a request over %s", (way) => {
  const gateway = (): Started => (way === "TLS" ? secure : clear);

  test("arrives as one of HTTP/1.1, with fields and body", async () => {
    const headers = {
      ":method": "POST",
      ":path": "/orders?page=2",
      cookie: ["a=1", "b=2"],
      "x-twice": ["1", "2"],
      "content-length": 5,
      te: "trailers",
    };
    const { status, body } = await ask(headers, "hello", gateway());
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      method: "POST",
      target: "/orders?page=2",
      length: 5,
      headers: {
        cookie: "a=1; b=2",
        "x-twice": "1, 2",
        "content-length": "5",
        via: expect.stringMatching(/^2 gatewright \(listeners [0-9a-f]{12}\)$/),
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": `127.0.0.1:${gateway().port}`,
        "x-forwarded-proto": way === "TLS" ? "https" : "http",
      },
    });
  });

  test("many at once are answered on one connection", async () => {
    const one = session(gateway());
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const stream = one.request({ ":method": "POST", ":path": `/${index}` });
        stream.end("x".repeat(index * 100));
        return answerOf(stream);
      }),
    );
    expect(answers.map(({ body }) => JSON.parse(body) as object)).toEqual(
      answers.map((_, index) => expect.objectContaining({ target: `/${index}`, length: index * 100 }) as object),
    );
  });

  test("a body of megabytes passes both ways", async () => {
    const body = Buffer.alloc(3_000_000, "0123456789abcdef");
    const answer = await ask({ ":method": "POST", ":path": "/back" }, body, gateway());
    expect(answer.body.length).toBe(body.length);
    expect(Buffer.from(answer.body, "latin1").equals(body)).toBe(true);
  });
});

test("trailers pass both ways", async () => {
  const { body, trailers } = await ask({ ":path": "/trailers", te: "trailers" });
  expect([body, trailers]).toMatchObject(["body", { "x-checksum": "abc" }]);
  const stream = session().request({ ":method": "POST", ":path": "/with-trailers" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1", "transfer-encoding-not": "x" }));
  stream.end("body");
  expect((await answerOf(stream)).status).toBe(200);
});

test("an answer without trailers ends for a client that takes them", async () => {
  expect((await ask({ ":path": "/fields", te: "trailers" })).body).toBe("ok");
});

test("interim answers pass, and 100 comes from the gateway", async () => {
  const early = await ask({ ":path": "/early" });
  expect(early.interim).toMatchObject([{ ":status": 103, link: "</style.css>; rel=preload; as=style" }]);
  expect(early.body).toBe("late");
  const stream = session().request({ ":method": "POST", ":path": "/", expect: "100-continue" });
  await once(stream, "continue");
  stream.end("now");
  expect(JSON.parse((await answerOf(stream)).body)).toMatchObject({ length: 3 });
});

test("HEAD, 204 and 304 have no body", async () => {
  expect(await ask({ ":method": "HEAD", ":path": "/fields" })).toMatchObject({ status: 200, body: "", code: 0 });
  expect(await ask({ ":path": "/status/204" })).toMatchObject({ status: 204, headers: { "x-empty": "yes" }, code: 0 });
  expect(await ask({ ":path": "/status/304" })).toMatchObject({ status: 304, headers: { etag: '"a"' }, code: 0 });
});

test("fields of the service's connection stay behind, and lines of one name are kept", async () => {
  const { headers } = await ask({ ":path": "/fields" });
  expect(headers).toMatchObject({ "set-cookie": ["a=1", "b=2"], vary: "Accept, Origin", "x-latin": "caf\u00e9" });
  expect(Object.keys(headers)).not.toContain("keep-alive");
  expect(Object.keys(headers)).not.toContain("x-private");
});

test("a client that reads nothing holds the service back", async () => {
  const isBlocked = new Promise<void>((resolve) => {
    blocked = resolve;
  });
  const stream = session().request({ ":path": "/endless" });
  stream.on("error", () => {});
  await once(stream, "response");
  await isBlocked;
  stream.close(constants.NGHTTP2_CANCEL);
});

test("a client that cancels ends the request to the service", async () => {
  const before = upstream.seen.length;
  const stream = session().request({ ":path": "/never" });
  stream.on("error", () => {});
  const seen = await upstream.request(before + 1);
  stream.close(constants.NGHTTP2_CANCEL);
  await seen.closed;
});

test.each([
  ["cancels", constants.NGHTTP2_CANCEL],
  ["stops without an error", constants.NGHTTP2_NO_ERROR],
])("half a body of a client that %s is never taken for a whole one", async (_, code) => {
  const before = upstream.seen.length;
  const client = new FrameClient(clear.port);
  client
    .begin()
    .write(
      frame(frameType.headers, flag.endHeaders, 1, block([...post.slice(0, 2), [":path", "/half"], post[3]!])),
      frame(frameType.data, 0, 1, Buffer.from("half")),
    );
  const seen = await upstream.request(before + 1);
  client.write(frame(frameType.reset, 0, 1, Buffer.of(0, 0, 0, code)));
  await seen.closed;
  expect(seen.isComplete).toBe(false);
  client.close();
});

test("an answer that breaks off is reset, not ended", async () => {
  expect(await ask({ ":path": "/breaks" })).toMatchObject({ status: 200, code: constants.NGHTTP2_INTERNAL_ERROR });
});

test("a client whose body is refused is answered and told to stop", async () => {
  const stream = session().request({ ":method": "POST", ":path": "/upload" });
  stream.write(Buffer.alloc(9 * 1024 * 1024));
  expect(await answerOf(stream)).toMatchObject({ status: 413, code: 0 });
});

test("curl and undici are answered", async () => {
  const answer = await curl("--http2-prior-knowledge", `http://127.0.0.1:${clear.port}/`, "-d", "hello");
  expect([answer.status, answer.version]).toEqual([200, "2"]);
  const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
  const fetched = await fetch(`https://127.0.0.1:${secure.port}/undici`, { dispatcher, method: "POST", body: "hello" });
  expect(await fetched.json()).toMatchObject({
    target: "/undici",
    length: 5,
    headers: { via: expect.stringMatching(/^2 gatewright \(listeners [0-9a-f]{12}\)$/) },
  });
  await dispatcher.close();
});

describe("a clear-text listener tells both versions apart", () => {
  test("HTTP/1.1 is served, also where it begins like the other", async () => {
    expect(await curl("--http1.1", `http://127.0.0.1:${clear.port}/`)).toMatchObject({ status: 200, version: "1.1" });
    const client = new RawClient(clear.port);
    for (const octet of "PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n") client.write(octet);
    expect((await client.answer()).status).toBe(200);
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect((await client.answer()).status).toBe(200);
    client.close();
  });

  test("a preface may come in pieces", async () => {
    const client = new FrameClient(clear.port);
    client.socket.setNoDelay();
    for (const octet of preface) {
      client.write(Buffer.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.write(frame(frameType.settings, 0, 0));
    expect(await client.until(({ type }) => type === frameType.settings)).toBeDefined();
    client.close();
  });

  test("a client that says nothing is cut off in the end", async () => {
    const silent = connectTcp({ port: clear.port, host: "127.0.0.1" });
    silent.on("error", () => {});
    silent.resume();
    await once(silent, "connect");
    await curl(`http://127.0.0.1:${clear.port}/`);
    const closed = once(silent, "close");
    await clear.advance(66_000);
    await closed;
  });
});

test("SIGTERM: the client is told of the last request that it gets an answer to", async () => {
  const leaving = await workshop.start(clearOut, upstream.url);
  const client = new FrameClient(leaving.port).begin();
  const ask = (stream: number, path: string): void => {
    const lines = get.map(([name, value]) => [name, name === ":path" ? path : value] as const);
    client.write(frame(frameType.headers, flag.endHeaders | flag.endStream, stream, block(lines)));
  };
  ask(1, "/held");
  await client.until(({ type, stream }) => type === frameType.headers && stream === 1);
  const exited = once(leaving.process, "exit");
  leaving.process.kill("SIGTERM");
  const goaway = await client.until(({ type }) => type === frameType.goaway);
  expect([goaway!.payload.readUInt32BE(0), goaway!.payload.readUInt32BE(4)]).toEqual([1, constants.NGHTTP2_NO_ERROR]);
  ask(3, "/");
  await client.settled();
  release();
  await client.closed();
  const ends = client.frames.filter(({ flags, type }) => type === frameType.data && (flags & flag.endStream) !== 0);
  expect(ends.map(({ stream }) => stream)).toEqual([1]);
  expect(await exited).toEqual([0, null]);
});

test("SIGTERM: the client is told to go, what is in flight is finished, and the process ends", async () => {
  const leaving = await workshop.start(clearOut, upstream.url);
  const client = session(leaving);
  const goaway = once(client, "goaway");
  const stream = client.request({ ":path": "/held" });
  await once(stream, "response");
  const answer = answerOf(stream);
  const exited = once(leaving.process, "exit");
  leaving.process.kill("SIGTERM");
  expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR);
  release();
  expect(await answer).toMatchObject({ body: "begun released", code: 0 });
  expect(await exited).toEqual([0, null]);
});
