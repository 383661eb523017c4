import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lineOf } from "../../../runtime/log/line-of.ts";
import { descriptorOutput, type LineOutput, LineWriter } from "../../../runtime/log/line-writer.ts";

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** An output whose writes end when the test says so. */
class HeldOutput implements LineOutput {
  readonly batchBytes: number;
  text = "";
  #held: { readonly bytes: Uint8Array; readonly done: Done } | undefined;
  #arrived: (() => void) | undefined;
  busyTimes = 0;

  constructor(batchBytes = 4096) {
    this.batchBytes = batchBytes;
  }

  write(bytes: Uint8Array, done: Done): void {
    expect(this.#held, "one write at a time").toBeUndefined();
    this.#held = { bytes, done };
    this.#arrived?.();
  }

  writeSync(bytes: Uint8Array): number {
    if (this.busyTimes-- > 0) throw Object.assign(new Error("busy"), { code: "EAGAIN" });
    this.text += Buffer.from(bytes).toString();
    return bytes.length;
  }

  /** Until the next write has come. */
  async arrival(): Promise<string> {
    if (this.#held === undefined) await new Promise<void>((resolve) => (this.#arrived = resolve));
    return Buffer.from(this.#held!.bytes).toString();
  }

  get isIdle(): boolean {
    return this.#held === undefined;
  }

  finish(written?: number): void {
    const { bytes, done } = this.#held!;
    this.#held = undefined;
    const count = written ?? bytes.length;
    this.text += Buffer.from(bytes.subarray(0, count)).toString();
    done(null, count);
  }

  fail(code: string): void {
    const { done } = this.#held!;
    this.#held = undefined;
    done(Object.assign(new Error(code), { code }), 0);
  }
}

const writerOf = (output: LineOutput, limit = 1000): LineWriter => new LineWriter(output, limit, (count) => `dropped ${count}`);

it("writes the lines of one turn at once", async () => {
  const output = new HeldOutput();
  const writer = writerOf(output);
  writer.write("a");
  writer.write("ä");
  expect(await output.arrival()).toBe("a\nä\n");
  output.finish();
  expect(output.isIdle).toBe(true);
});

it("keeps batches within their size and lines whole", async () => {
  const output = new HeldOutput(6);
  const writer = writerOf(output);
  for (const line of ["ab", "cd", "ef", "a long line", "gh"]) writer.write(line);
  const batches: string[] = [];
  while (batches.length < 4) {
    batches.push(await output.arrival());
    output.finish();
  }
  expect(batches).toEqual(["ab\ncd\n", "ef\n", "a long line\n", "gh\n"]);
});

it.each([4, 16, 32, 4_096])("members become the line that lineOf makes of them, in batches of %d bytes", (batchBytes) => {
  const output = new HeldOutput(batchBytes);
  const writer = writerOf(output);
  const all = ['"a":1,', "", '"b":"ä€𐍈",', `"long":"${"x".repeat(40)}",`, '"c":"\ud800",', '"d":2,"e":3,'];
  for (const members of all) {
    writer.writeMembers(members);
    writer.write(members);
  }
  writer.flushSync();
  const expected = all.map((members) => `${lineOf(members)}\n${members}\n`).join("");
  expect(output.text).toBe(Buffer.from(expected).toString());
});

it("a line past the bound leaves no part of it in the batch", () => {
  const output = new HeldOutput();
  const writer = writerOf(output, 16);
  for (const members of ['"a":1,', '"b":"ääää",', '"c":2,']) writer.writeMembers(members);
  expect(writer.dropped).toBe(1);
  writer.flushSync();
  expect(output.text).toBe('{"a":1}\n{"c":2}\ndropped 1\n');
});

it("goes on where a short write ended, and tries again where the reader was busy", async () => {
  const output = new HeldOutput();
  writerOf(output).write("abcdef");
  await output.arrival();
  output.finish(2);
  expect(await output.arrival()).toBe("cdef\n");
  output.fail("EAGAIN");
  expect(await output.arrival()).toBe("cdef\n");
  output.finish();
  expect(output.text).toBe("abcdef\n");
});

it("drops lines past its bound, and says how many as soon as there is room", async () => {
  const output = new HeldOutput();
  const writer = writerOf(output, 20);
  writer.write("0123456789");
  await output.arrival();
  for (const line of ["abcdefgh", "x", "y"]) writer.write(line);
  expect(writer.dropped).toBe(2);
  output.finish();
  await output.arrival();
  output.finish();
  expect(output.isIdle).toBe(true);
  expect(output.text).toBe("0123456789\nabcdefgh\ndropped 2\n");
  expect(writer.dropped).toBe(0);
});

it("counts the lines of a failed write and reports them after the next that succeeds", async () => {
  const output = new HeldOutput();
  const writer = writerOf(output);
  writer.write("a");
  writer.write("b");
  await output.arrival();
  output.fail("ENOSPC");
  expect(writer.dropped).toBe(2);
  writer.write("c");
  await output.arrival();
  output.finish();
  await output.arrival();
  output.finish();
  expect(output.text).toBe("c\ndropped 2\n");
});

it("writes everything that waits at the end of the process, although the reader is busy at first", () => {
  const output = new HeldOutput(4);
  const writer = writerOf(output);
  for (const line of ["a", "b", "c"]) writer.write(line);
  output.busyTimes = 2;
  writer.flushSync();
  expect(output.text).toBe("a\nb\nc\n");
});

it("writes to a descriptor", () => {
  const file = join(tmpdir(), `line-writer-${process.pid}.log`);
  const descriptor = openSync(file, "w");
  try {
    const writer = writerOf(descriptorOutput(descriptor));
    writer.write("one");
    writer.write("two");
    writer.flushSync();
    expect(readFileSync(file, "utf8")).toBe("one\ntwo\n");
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
});
