import { once } from "node:events";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { metricsOf } from "../faults/gateway.ts";
import { type EchoUpstream, echoUpstream } from "./support/echo-upstream.ts";
import { block, type Frame, FrameClient, flag, frame, frameType, post } from "./support/frames.ts";
import { Workshop } from "./support/gateway.ts";

const workshop = new Workshop();
let upstream: EchoUpstream;
let out: string;
let logged: string;

beforeAll(async () => {
  upstream = await echoUpstream();
  const listeners = '{ public: { host: 127.0.0.1, port: "${env:PORT}", http2: true }, admin: { port: 0 } }';
  out = await workshop.build(listeners, ", metrics: {}");
  logged = await workshop.build(listeners, ", accessLog: {}");
});

afterAll(async () => {
  await workshop.close();
  await upstream.close();
});

interface Outcome {
  readonly id: number | undefined;
  readonly status: number | undefined;
  readonly code: number;
}

function ask(session: ClientHttp2Session, method: string, body: string): Promise<Outcome> {
  const stream = session.request({ ":method": method, ":path": "/" }, { endStream: body === "" });
  if (body !== "") stream.end(body);
  let status: number | undefined;
  stream.on("error", () => {});
  stream.on("response", (fields) => (status = fields[":status"]));
  stream.resume();
  return new Promise((resolve) => stream.once("close", () => resolve({ id: stream.id, status, code: stream.rstCode })));
}

/** Requests one after the other, five at a time, until `isOver`; resolves with what became of each. */
async function requests(session: ClientHttp2Session, isOver: (begun: number) => boolean, body: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let begun = 0;
  const ones = Array.from({ length: 5 }, async () => {
    while (!isOver(begun) && !session.closed && !session.destroyed) {
      begun++;
      outcomes.push(await ask(session, body === "" ? "GET" : "POST", body));
    }
  });
  await Promise.all(ones);
  return outcomes;
}

test.each([
  ["GET", ""],
  ["POST", "some content"],
])("a thousand %s requests on one connection are answered, and counted as such", async (method, body) => {
  const gateway = await workshop.start(out, upstream.url);
  const session = connect(`http://127.0.0.1:${gateway.port}`);
  const outcomes = await requests(session, (begun) => begun >= 1_000, body);
  expect(outcomes.filter(({ status, code }) => status !== 200 || code !== constants.NGHTTP2_NO_ERROR)).toEqual([]);
  expect([outcomes.length, session.closed]).toEqual([1_000, false]);
  const counts = [...(await metricsOf(gateway.adminPort!)).matchAll(/^gatewright_requests_total\{.*\} \S+$/gm)].map(
    ([line]) => line,
  );
  expect(counts).toHaveLength(1);
  expect(counts[0]).toMatch(new RegExp(`method="${method}",status="200"\\} 1000$`));
  session.destroy();
});

describe("a request is logged as", () => {
  const text = block(post);
  const asks = [
    frame(frameType.headers, flag.endHeaders, 1, text),
    frame(frameType.data, flag.endStream, 1, Buffer.from("body")),
  ];
  /** SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.5.2): the client takes no body. */
  const takesNothing = frame(frameType.settings, 0, 0, Buffer.of(0, 4, 0, 0, 0, 0));
  const hasHead = ({ type, stream }: Frame): boolean => type === frameType.headers && stream === 1;

  test.each<[outcome: string, how: string, act: (client: FrameClient) => Promise<unknown>]>([
    [
      "complete",
      "is answered",
      (client) =>
        client
          .begin()
          .write(...asks)
          .until(({ flags, stream }) => stream === 1 && (flags & flag.endStream) !== 0),
    ],
    [
      "clientGone",
      "is cancelled with its answer on the way",
      async (client) => {
        await client
          .begin()
          .write(takesNothing, ...asks)
          .until(hasHead);
        client.write(frame(frameType.reset, 0, 1, Buffer.of(0, 0, 0, constants.NGHTTP2_CANCEL)));
      },
    ],
    [
      "clientGone",
      "loses its connection with its answer on the way",
      async (client) => {
        await client
          .begin()
          .write(takesNothing, ...asks)
          .until(hasHead);
        client.socket.resetAndDestroy();
      },
    ],
  ])("%s where it %s", async (outcome, _how, act) => {
    const gateway = await workshop.start(logged, upstream.url);
    const lines = createInterface(gateway.process.stdout!);
    const line = once(lines, "line");
    const client = new FrameClient(gateway.port);
    await act(client);
    expect(JSON.parse((await line)[0] as string)).toMatchObject({ status: 200, outcome });
    client.close();
  });
});

test("workers take over under load: every request is answered, or the client is told that nobody looked at it", async () => {
  const { program, port } = await workshop.startWorkers(out, upstream.url);
  let isOver = false;
  let sessions = 0;
  const lost: unknown[] = [];
  let answered = 0;
  const clients = Array.from({ length: 6 }, async () => {
    while (!isOver) {
      const session = connect(`http://127.0.0.1:${port}`);
      session.on("error", () => {});
      let last = Number.POSITIVE_INFINITY;
      session.on("goaway", (_code, id) => (last = Math.min(last, id)));
      sessions++;
      const outcomes = await requests(session, () => isOver, "some content");
      for (const outcome of outcomes) {
        const { id, status, code } = outcome;
        if (status === 200 && code === constants.NGHTTP2_NO_ERROR) answered++;
        else if (id !== undefined && id <= last && code !== constants.NGHTTP2_REFUSED_STREAM) lost.push({ ...outcome, last });
      }
      if (!session.destroyed) {
        session.close();
        await once(session, "close");
      }
    }
  });
  for (let round = 0; round < 3; round++) {
    const before = sessions;
    process.kill(program.pid, "SIGHUP");
    await expect.poll(() => sessions, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + clients.length);
  }
  isOver = true;
  await Promise.all(clients);
  expect(lost).toEqual([]);
  expect(answered).toBeGreaterThan(500);
});
