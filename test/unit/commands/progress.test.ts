import { afterEach, expect, test, vi } from "vitest";
import { type Terminal, withProgress } from "../../../compiler/commands/progress.ts";

afterEach(() => vi.unstubAllEnvs());

/** A terminal of one line, and everything that was ever on it. */
function fakeTerminal(
  isTTY: boolean,
): Terminal & { readonly seen: string[]; readonly written: () => string; readonly line: () => string } {
  let [line, written] = ["", ""];
  const seen: string[] = [];
  return {
    isTTY,
    seen,
    written: () => written,
    line: () => line,
    write(text) {
      written += text;
      line = (line + text).replace(/.*\r\u001B\[K/s, "");
      if (line !== "") seen.push(line);
    },
  };
}

test("each phase is shown before it starts, alone on the line, and nothing is left at the end", async () => {
  vi.stubEnv("TERM", "xterm");
  const terminal = fakeTerminal(true);
  const result = await withProgress(async (progress) => {
    progress("reading");
    // Here a phase would hold the thread: it must be on the terminal already.
    expect(terminal.line()).toBe("reading …");
    progress("linking");
    expect(terminal.line()).toBe("linking …");
    return 7;
  }, terminal);
  expect(result).toBe(7);
  expect(terminal.seen).toEqual(["reading …", "linking …"]);
  expect(terminal.line()).toBe("");
});

test("the line is gone when a phase fails, so that the message stands alone", async () => {
  vi.stubEnv("TERM", "xterm");
  const terminal = fakeTerminal(true);
  const failing = withProgress(async (progress) => {
    progress("bundling");
    throw new Error("no space left");
  }, terminal);
  await expect(failing).rejects.toThrow("no space left");
  expect(terminal.line()).toBe("");
});

test.each([
  ["no terminal", false, "xterm"],
  ["a terminal that cannot go back", true, "dumb"],
])("%s: not a byte", async (_, isTTY, term) => {
  vi.stubEnv("TERM", term);
  const terminal = fakeTerminal(isTTY);
  await withProgress(async (progress) => progress("reading"), terminal);
  expect(terminal.written()).toBe("");
});

test("nothing is written where no phase began", async () => {
  vi.stubEnv("TERM", "xterm");
  const terminal = fakeTerminal(true);
  await withProgress(async () => 1, terminal);
  expect(terminal.written()).toBe("");
});
