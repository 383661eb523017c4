import { expect, test } from "vitest";
import type { ClientTransport } from "../../../runtime/http/client-transport.ts";
import { harmAnswer } from "../../../runtime/http/harm-answer.ts";
import type { HttpExchange } from "../../../runtime/http/http-exchange.ts";
import { Piece } from "../../../runtime/http1/read-buffer.ts";
import { TurnedClock } from "../../harness/turned-clock.ts";

/** A client that has room for so many bytes, and what it was sent. */
class FakeClient {
  sent = "";
  isEnded = false;
  room = Number.POSITIVE_INFINITY;

  sendBody(piece: Piece): boolean {
    this.sent += piece.text();
    this.room -= piece.length;
    return this.room > 0;
  }

  sendEnd(): void {
    this.isEnded = true;
  }

  flush(): void {}
}

/** As far as an answer needs it. */
function exchangeTo(client: FakeClient) {
  const exchange = {
    client: client as unknown as ClientTransport,
    isDone: false,
    pending: { cancel: () => {}, drained: () => void exchange.drained++ },
    drained: 0,
    brokenOff: "",
    breakOff: (outcome: string) => {
      exchange.brokenOff = outcome;
      exchange.isDone = true;
    },
  };
  return exchange;
}

const piece = (text: string): Piece => new Piece(Buffer.from(text), 0, text.length, undefined);

function slow(bytesPerSecond: number) {
  const client = new FakeClient();
  const x = exchangeTo(client);
  const harm = harmAnswer(x as unknown as HttpExchange, { bytesPerSecond, resetAfter: null, onReset() {} });
  return { client, x, harm };
}

test("a rate below one byte in a part is kept as well", async () => {
  const clock = new TurnedClock();
  const { client, x } = slow(2);
  x.client.sendBody(piece("abcdef"));
  await clock.turn(1_000);
  expect(client.sent).toBe("abc");
});

test("the service may go on when everything has left, and not before", async () => {
  const clock = new TurnedClock();
  const { client, x } = slow(100);
  expect(x.client.sendBody(piece("0123456789"))).toBe(false);
  await clock.turn(50);
  expect([client.sent, x.drained]).toEqual(["0123456789", 1]);
});

test("a client that does not read gets a byte each second until it has left: nothing heaps up", async () => {
  const clock = new TurnedClock();
  const { client, x } = slow(1_000_000);
  client.room = 10;
  x.client.sendBody(piece("x".repeat(100_000)));
  const first = client.sent.length;
  await clock.turn(30_000);
  expect(client.sent.length - first).toBeLessThanOrEqual(30);
  expect(x.brokenOff).toBe("");
  await clock.turn(60_000);
  expect(x.brokenOff).toBe("clientGone");
  expect(clock.waiting).toBe(0);
});

test("one that catches up gets the rest at the rate that was asked for", async () => {
  const clock = new TurnedClock();
  const { client, x } = slow(10_000);
  client.room = 10;
  x.client.sendBody(piece("x".repeat(20_000)));
  x.client.sendEnd(undefined);
  await clock.turn(10_000);
  client.room = Number.POSITIVE_INFINITY;
  await clock.turn(1_000);
  expect(client.isEnded).toBe(false);
  await clock.turn(3_000);
  expect([client.sent.length, client.isEnded]).toEqual([20_000, true]);
});

test("once the harm is ended everything leaves, with the end behind it", () => {
  const clock = new TurnedClock();
  const { client, x, harm } = slow(10);
  x.client.sendBody(piece("0123456789"));
  x.client.sendEnd(undefined);
  expect(client.isEnded).toBe(false);
  harm.end();
  expect([client.sent, client.isEnded, clock.waiting]).toEqual(["0123456789", true, 0]);
});

test("of an exchange that is over nothing more is sent", () => {
  const clock = new TurnedClock();
  const { client, x, harm } = slow(10);
  x.client.sendBody(piece("0123456789"));
  const before = client.sent;
  x.isDone = true;
  harm.end();
  expect([client.sent, clock.waiting]).toEqual([before, 0]);
});
