import { expect, it, onTestFinished, vi } from "vitest";
import { timers } from "../../../runtime/life/timers.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { ask, cached } from "./support.ts";

const head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n";
const size = 1_048_576;
const part = `${size.toString(16)}\r\n${"~".repeat(size)}\r\n`;
/** More than the system takes for a client that does not read. */
const parts = 24;

/** Timers of so many milliseconds are set off by the test. */
function heldTimers(milliseconds: number): { ring: (() => void) | undefined } {
  const held: { ring: (() => void) | undefined } = { ring: undefined };
  const { after } = timers;
  timers.after = (wait, owner, callback) => {
    if (wait !== milliseconds) return after(wait, owner, callback);
    held.ring = callback;
    return { cancel: () => void (held.ring = undefined) };
  };
  onTestFinished(() => void (timers.after = after));
  return held;
}

it("clients that do not read hold up others, who take the same answer, for a while only, and are cut off", async () => {
  const timer = heldTimers(10_000);
  const { port, held } = await cached({ maxBytes: 1_000 });
  const slow = ask(port, get("/large"));
  const request = await held.arrived(1);
  const fast = ask(port, get("/large", "Connection: close\r\n"));
  const last = ask(port, get("/other"));
  (await held.arrived(2)).send(ok("other"));
  await last.answer();
  slow.socket.pause();
  let taken = 0;
  fast.socket.setEncoding("latin1").removeAllListeners("data");
  fast.socket.on("data", (text: string) => (taken += text.split("~").length - 1));
  let sent = 0;
  const send = (): void => void (sent < parts && request.socket.write(++sent < parts ? part : `${part}0\r\n\r\n`, send));
  request.send(head);
  send();
  await vi.waitFor(() => expect(timer.ring).toBeDefined(), { interval: 10 });
  expect(taken).toBeLessThan(parts * size);
  timer.ring!();
  await vi.waitFor(() => expect(taken).toBe(parts * size), { interval: 10 });
  expect(held.requests.length, "both had the same fetch").toBe(2);
  // It has not got the end of the answer.
  slow.socket.resume();
  expect(await slow.rest()).not.toMatch(/\r\n0\r\n\r\n$/);
  // Whoever asks again is alone.
  const again = ask(port, get("/large"));
  (await held.arrived(3)).send(ok("short"));
  expect((await again.answer()).body).toBe("short");
});

it("a client that is alone may be as slow as it likes", async () => {
  const timer = heldTimers(10_000);
  const { port, held } = await cached({ maxBytes: 1_000 });
  const slow = ask(port, get("/large", "Connection: close\r\n"));
  const request = await held.arrived(1);
  slow.socket.pause();
  let sent = 0;
  const send = (): void => void (sent < parts && request.socket.write(++sent < parts ? part : `${part}0\r\n\r\n`, send));
  request.send(head);
  send();
  for (let before = -1, unchanged = 0; unchanged < 20; ) {
    unchanged = sent === before ? unchanged + 1 : 0;
    before = sent;
    const other = ask(port, get(`/other/${held.requests.length}`));
    (await held.arrived(held.requests.length + 1)).send(ok("other"));
    await other.answer();
  }
  expect([sent < parts, timer.ring]).toEqual([true, undefined]);
  let taken = 0;
  slow.socket.setEncoding("latin1").removeAllListeners("data");
  slow.socket.on("data", (text: string) => (taken += text.split("~").length - 1)).resume();
  await slow.rest();
  expect(taken).toBe(parts * size);
});
