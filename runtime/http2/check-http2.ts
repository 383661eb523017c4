import { connect, constants, type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { unsuitedNode } from "../life/unsuited-node.ts";

/** Milliseconds for two requests that no network carries. */
const patience = 10_000;

/**
 * Sends two requests within the process, and throws a `StartError` where node:http2 lacks what the gateway rests on without
 * its being documented: the fields as they came, as an argument of events, and a `push` that says of an answer whether it
 * is whole (END_STREAM) or was reset, after which a cut answer would pass for a whole one.
 */
export async function checkHttp2(): Promise<void> {
  const [near, far] = duplexPair();
  const client = connect("http://gatewright.invalid", { createConnection: () => near });
  const server = performServerHandshake(far);
  let timer: NodeJS.Timeout | undefined;
  let found = "its HTTP/2 connections do not answer";
  try {
    const isSuited = await new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, patience, false);
      client.on("error", () => resolve(false));
      server.on("error", () => resolve(false));
      const rawRequests: unknown[] = [];
      server.on("stream", (stream: ServerHttp2Stream, _fields: object, _flags: number, ...[raw]: unknown[]) => {
        rawRequests.push(raw);
        stream.respond({ ":status": 200, "x-raw": "as it came" });
        stream.write("a");
        if (rawRequests.length === 1) stream.end();
        else setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
      });
      const ask = async (): Promise<boolean> => {
        const whole = await endOf(client.request({ ":path": "/" }));
        const cut = await endOf(client.request({ ":path": "/" }));
        found = "its HTTP/2 connections do not give fields as they came, or do not tell a whole answer from one that was reset";
        return whole.isWhole && !cut.isWhole && [whole.raw, ...rawRequests].every(isFieldList);
      };
      ask().then(resolve, () => resolve(false));
    });
    if (!isSuited) throw unsuitedNode(found);
  } finally {
    clearTimeout(timer);
    client.destroy();
    server.destroy();
  }
}

/** What the end of an answer looks like to `http2-stream.ts`. */
function endOf(stream: ReturnType<ReturnType<typeof connect>["request"]>): Promise<{ isWhole: boolean; raw: unknown }> {
  return new Promise((resolve) => {
    let isWhole = false;
    let raw: unknown;
    const push = stream.push;
    stream.push = (chunk: unknown) => {
      if (chunk === null && !stream.closed) isWhole = true;
      return push.call(stream, chunk);
    };
    stream.on("response", (_headers: IncomingHttpHeaders, _flags: number, ...[lines]: unknown[]) => {
      raw = lines;
    });
    stream.on("error", () => {});
    stream.on("close", () => resolve({ isWhole, raw }));
    stream.resume();
    stream.end();
  });
}

const isFieldList = (raw: unknown): boolean => Array.isArray(raw) && raw.length % 2 === 0 && /^:/.test(raw[0]);

/** Two ends of a connection; `duplexPair` of Node is younger than the oldest release that the gateway runs on. */
function duplexPair(): readonly [Duplex, Duplex] {
  const end = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, next) {
        other().push(chunk);
        next();
      },
      final(next) {
        other().push(null);
        next();
      },
    });
  const near: Duplex = end(() => far);
  const far: Duplex = end(() => near);
  return [near, far];
}
