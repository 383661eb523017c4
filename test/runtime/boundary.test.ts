import { request as httpRequest } from "node:http";
import { connect } from "node:http2";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { HttpExchange } from "../../runtime/http/http-exchange.ts";
import { Http1Connection } from "../../runtime/http/http1-connection.ts";
import { PublicServer } from "../../runtime/http/server.ts";
import { Outbox } from "../../runtime/http1/outbox.ts";
import { createHttp2 } from "../../runtime/http2/index.ts";
import { StreamTransport } from "../../runtime/http2/stream-transport.ts";
import { createEntrance } from "../../runtime/listener/entrance.ts";
import { logging } from "../../runtime/log/level.ts";
import { Forwarding } from "../../runtime/upstream/forwarding.ts";
import { Http2Session } from "../../runtime/upstream/http2/http2-session.ts";
import { Http2Stream } from "../../runtime/upstream/http2/http2-stream.ts";
import { OriginConnection } from "../../runtime/upstream/origin-connection.ts";
import { OriginPool } from "../../runtime/upstream/origin-pool.ts";
import type { Service } from "../../runtime/upstream/service.ts";
import { patience } from "../harness/patience.ts";
import { echo, http2, http2Service } from "../upstream/support/http2.ts";
import { forwarding, gateway, service, using } from "./support/gateway.ts";
import { ok, rawUpstream } from "./support/raw-upstream.ts";

/** How a request ended for its client. */
type Ending = number | "broken";

/** Asks over HTTP/1.1 with a body; settles when the whole answer is there, or will never be. */
const overHttp1 = (port: number): Promise<Ending> =>
  new Promise((resolve) => {
    const asked = httpRequest({ port, host: "127.0.0.1", method: "POST", agent: false, timeout: patience }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
      answer.on("error", () => resolve("broken"));
    });
    asked.on("timeout", () => asked.destroy(new Error("stuck")));
    asked.on("error", ({ message }) => resolve(message === "stuck" ? 0 : "broken"));
    asked.end("content");
  });

const overHttp2 = (port: number): Promise<Ending> =>
  new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const end = (ending: Ending): void => {
      resolve(ending);
      session.destroy();
    };
    session.on("error", () => end("broken"));
    session.on("close", () => end("broken"));
    const asked = session.request({ ":method": "POST" });
    let status = 0;
    asked.on("response", (fields) => (status = Number(fields[":status"])));
    asked.setTimeout(patience, () => end(0));
    asked.on("error", () => end("broken"));
    asked.on("end", () => end(asked.rstCode === 0 ? status : "broken"));
    asked.resume();
    asked.end("content");
  });

type Throws = readonly [what: string, prototype: object, method: string];

const of = (type: { readonly name: string; readonly prototype: object }, ...methods: readonly string[]): Throws[] =>
  methods.map((method) => [`${type.name}.${method}`, type.prototype, method]);

const inGateway = [
  ...of(PublicServer, "exchange", "isTrusted"),
  ...of(HttpExchange, "run", "settleAnswer", "sendHead", "finish"),
  ...of(Forwarding, "dispatch", "connected", "bodyPiece", "bodyBatch", "bodyEnd"),
  ...of(Forwarding, "answerHead", "answerPiece", "answerEnd"),
];
const byClient = {
  "HTTP/1.1": of(Http1Connection, "sendHead", "sendBody", "sendEnd", "readBody"),
  "HTTP/2": of(StreamTransport, "begin", "sendHead", "sendBody", "sendEnd", "readBody"),
};
const byService = {
  "HTTP/1.1": [
    ...of(OriginPool, "acquire", "release"),
    ...of(OriginConnection, "begin", "sendBody", "sendEnd"),
    ...of(Outbox, "text", "piece", "flush", "send"),
  ],
  "HTTP/2": [...of(Http2Session, "open", "alive"), ...of(Http2Stream, "begin", "sendBody", "sendEnd")],
};
const ask = { "HTTP/1.1": overHttp1, "HTTP/2": overHttp2 };
type Version = keyof typeof ask;

async function serviceOf(version: Version): Promise<Service> {
  if (version === "HTTP/2") return http2((await http2Service(echo)).url);
  const upstream = await rawUpstream((socket) => {
    let text = "";
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (!text.endsWith("content") && !text.endsWith("0\r\n\r\n")) return;
      text = "";
      socket.write(ok("fine"));
    });
  });
  onTestFinished(() => upstream.close());
  return service([upstream.url]);
}

const versions: readonly Version[] = ["HTTP/1.1", "HTTP/2"];

describe.each(versions)("a client over %s", (client) => {
  describe.each(versions)("and a service over %s: an exception ends one request and nothing else, in", (behind) => {
    test.each([...inGateway, ...byClient[client], ...byService[behind]])("%s", async (_what, prototype, method) => {
      // So many lines of one kind within a minute are not written.
      logging.pace = undefined;
      const lines = vi.spyOn(process.stderr, "write").mockReturnValue(true);
      onTestFinished(() => void vi.restoreAllMocks());
      const entrance = createEntrance({ handshakeMs: 1_000, http2: createHttp2({ maxConcurrentStreams: 10 }) });
      const plain = gateway(forwarding(await serviceOf(behind)));
      const built = { ...plain, listeners: { ...plain.listeners, public: { ...plain.listeners.public, entrance } } };
      await using(built, async ({ port }) => {
        expect(await ask[client](port)).toBe(200);
        const mocked = vi.spyOn(prototype as Record<string, () => void>, method).mockImplementationOnce(() => {
          throw new Error("x".repeat(100_000));
        });
        expect(await ask[client](port), "stuck").not.toBe(0);
        expect(mocked).toHaveBeenCalled();
        expect(lines.mock.calls.map(([line]) => String(line).length < 10_000)).toContain(true);
        expect(await ask[client](port)).toBe(200);
      });
    });
  });
});
