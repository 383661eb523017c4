// Counts steps without a clock: how often each block of the run-time library runs, as the engine's coverage says, and how
// much text or how many items its built-in functions go through, whose loops nobody else sees.
import { Session } from "node:inspector/promises";

let native = 0;

function count(holder, name, costOf) {
  const original = holder[name];
  holder[name] = function counted(...args) {
    const result = original.apply(this, args);
    native += costOf(this, args, result);
    return result;
  };
}

const whole = (self) => self.length;
const toTheFind = (self, [, from = 0], result) => (result < 0 ? Math.max(0, self.length - from) : result - from) + 1;
const argument = (_, [text = ""]) => text.length;

export function countNatives() {
  for (const name of ["indexOf"]) count(String.prototype, name, toTheFind);
  count(
    String.prototype,
    "lastIndexOf",
    (self, [, from = self.length], result) => Math.max(0, Math.min(from, self.length) - result) + 1,
  );
  for (const name of ["startsWith", "endsWith"]) count(String.prototype, name, argument);
  for (const name of [
    "includes",
    "split",
    "trim",
    "trimEnd",
    "trimStart",
    "toLowerCase",
    "toUpperCase",
    "normalize",
    "replaceAll",
    "localeCompare",
  ])
    count(String.prototype, name, whole);
  // What all methods with expressions call: a built-in one that is replaced is called for each match.
  const { exec } = RegExp.prototype;
  RegExp.prototype.exec = function counted(text) {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const match = exec.call(this, text);
    native += match === null ? (this.sticky ? 1 : text.length - from) : match.index + match[0].length - from;
    return match;
  };
  for (const name of ["indexOf", "includes"])
    count(Array.prototype, name, (self, _, result) => (result === -1 || result === false ? self.length : 1));
  for (const name of ["join", "concat", "splice", "reverse", "slice", "shift", "unshift"]) count(Array.prototype, name, whole);
  count(Array.prototype, "sort", (self) => self.length);
  for (const name of ["indexOf"]) count(Buffer.prototype, name, toTheFind);
  for (const name of ["toString", "latin1Slice", "utf8Slice"])
    count(Buffer.prototype, name, (_self, _args, result) => result.length);
  count(JSON, "parse", argument);
  count(globalThis, "decodeURIComponent", argument);
}

export async function startCounting(folder) {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const blocks = async () => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    let total = 0;
    for (const script of result) {
      if (!script.url.startsWith(folder)) continue;
      for (const { ranges } of script.functions) for (const { count } of ranges) total += count;
    }
    return total;
  };
  /** Steps of a reader for all of some texts. */
  return async (read, texts) => {
    await blocks();
    native = 0;
    for (const text of texts) {
      try {
        read(text);
      } catch (error) {
        // What an expression refuses, it refuses by an error.
        if (error.constructor.name !== "ExpressionError") throw error;
      }
    }
    const spent = native;
    return spent + (await blocks());
  };
}
