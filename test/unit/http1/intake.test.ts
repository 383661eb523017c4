import { expect, test } from "vitest";
import { Intake } from "../../../runtime/http1/intake.ts";
import { ReadBuffer, ReadBuffers } from "../../../runtime/http1/read-buffer.ts";

/** As a connection takes octets, one in each read, into the buffer that all share. */
function* octetByOctet(text: string): Generator<Intake> {
  const buffers = new ReadBuffers();
  const source = new ReadBuffer(buffers);
  const intake = new Intake(buffers.none);
  for (const octet of Buffer.from(text, "latin1")) {
    buffers.shared[0] = octet;
    intake.add(buffers.shared, 1, source);
    yield intake;
    intake.keep();
  }
}

test("a head that comes octet by octet is read a few times, not once for each octet", () => {
  const head = `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(30_000)}\r\n\r\n`;
  let [examined, looked] = [0, 0];
  let last: Intake | undefined;
  for (const intake of octetByOctet(head)) {
    last = intake;
    if (!intake.mayHoldHead(examined)) continue;
    looked += intake.length;
    examined = intake.length;
  }
  expect(last!.bytes.toString("latin1", last!.at, last!.end)).toBe(head);
  expect(examined).toBe(head.length);
  // Read at each octet, it would be 450 million.
  expect(looked).toBeLessThan(1_000_000);
});

test("what waits is copied a few times, not once for each octet", () => {
  const seen = new Set<Buffer>();
  for (const intake of octetByOctet("a".repeat(30_000))) seen.add(intake.bytes);
  expect(seen.size).toBeLessThan(20);
});

test("a view of what waits does not change with what comes behind it", () => {
  const intake = new Intake(Buffer.alloc(0));
  intake.add(Buffer.from("ab"), 2, undefined);
  intake.add(Buffer.from("cd"), 2, undefined);
  const view = intake.bytes.subarray(intake.at, intake.end);
  intake.at += 2;
  intake.add(Buffer.from("ef"), 2, undefined);
  intake.add(Buffer.from("ghijklmnop"), 10, undefined);
  expect(view.toString()).toBe("abcd");
  expect(intake.bytes.toString("latin1", intake.at, intake.end)).toBe("cdefghijklmnop");
});
