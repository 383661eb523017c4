import { expect, onTestFinished, test } from "vitest";
import type { TunnelSink } from "../../runtime/http1/tunnel.ts";
import { Endpoint } from "../../runtime/upstream/endpoint.ts";
import type { AnswerSink, OriginConnection } from "../../runtime/upstream/origin-connection.ts";
import { PoolParts } from "../../runtime/upstream/origin-pool.ts";
import { answering, rawUpstream } from "./support/raw-upstream.ts";

const nothing: TunnelSink = { tunnelPiece() {}, tunnelEnd() {}, tunnelClosed() {}, tunnelDrained() {} };

test("a tunnel takes no place of a pool: the next request opens a connection of its own", async () => {
  const upstream = await rawUpstream(
    answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n"),
  );
  onTestFinished(() => upstream.close());
  const limits = { connections: 1, pending: 10, connectMs: 5_000, idleMs: 5_000 };
  const { pool } = new Endpoint("orders", upstream.url, 1, limits, new PoolParts());
  onTestFinished(() => pool.close());
  const acquired = (): Promise<OriginConnection> =>
    new Promise((resolve, reject) => pool.acquire({ connected: resolve, failed: (code) => reject(new Error(code)) }));
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
