import { expect, onTestFinished, test } from "vitest";
import type { TunnelSink } from "../../runtime/http1/tunnel.ts";
import type { AnswerSink } from "../../runtime/upstream/answer-sink.ts";
import type { OriginConnection } from "../../runtime/upstream/origin-connection.ts";
import { service } from "./support/gateway.ts";
import { answering, rawUpstream } from "./support/raw-upstream.ts";

const nothing: TunnelSink = { tunnelPiece() {}, tunnelEnd() {}, tunnelClosed() {}, tunnelDrained() {} };

test("a tunnel takes no place of a pool: the next request opens a connection of its own", async () => {
  const upstream = await rawUpstream(
    answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n"),
  );
  onTestFinished(() => upstream.close());
  const connections = { max: 1, pending: 10, idle: 5_000, streams: 1 };
  const { pool } = service([upstream.url], { connections }).endpoints[0]!;
  onTestFinished(() => pool.close());
  const acquired = (): Promise<OriginConnection> =>
    new Promise((resolve, reject) =>
      pool.acquire({
        // Without a factory the pool is one of HTTP/1.1.
        connected: (carrier) => resolve(carrier as OriginConnection),
        failed: (code) => reject(new Error(code)),
        broke: reject,
      }),
    );
  const first = await acquired();
  const second = acquired();
  // Control: the only place is taken.
  expect(upstream.sockets.length).toBe(1);
  const switched = new Promise<void>((resolve) => {
    const sink: AnswerSink = {
      answerHead() {
        first.tunnel(nothing);
        resolve();
      },
      answerPiece() {},
      answerBatch() {},
      answerEnd() {},
      answerFailed() {},
      requestDrained() {},
      broke() {},
    };
    first.begin(sink, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { isHead: false, isUpgrade: true, isChunked: false });
    first.sendEnd("");
  });
  await switched;
  const other = await second;
  expect(other).not.toBe(first);
  expect(first.socket.destroyed).toBe(false);
  first.socket.destroy();
});
