import { describe, expect, it } from "vitest";
import { bareCallbacks } from "./callbacks.ts";
import { sourceFiles } from "./source-files.ts";

/** Callbacks that need no border, each with the reason. */
const allowed: Readonly<Record<string, string>> = {
  "runtime/http/http-exchange.ts: result.then(undefined, (error: unknown) => this.fail(error))": "`fail` does not throw",
  "runtime/http/options.ts: operation.options(x)?.then(undefined, (error: unknown) => x.fail(error))": "`fail` does not throw",
  "runtime/http1/adopt-socket.ts: buffer: reader.readBuffer.next": "hands out a buffer",
  "runtime/http1/adopt-socket.ts: callback: (bytes: number, buffer: Uint8Array): boolean => readBy(reader, bytes, buffer as Buffer)":
    "`readBy` is the border",
  "runtime/http1/adopt-socket.ts: buffer: () => buffer": "of a socket without a connection, to try it out",
  "runtime/http1/adopt-socket.ts: callback: () => true": "the same",
  "runtime/listener/secure-socket.ts: callback: () => true": "the same",
  "runtime/listener/secure-socket.ts: buffer: (): Buffer => slot.reader?.readBuffer.next() ?? shared": "hands out a buffer",
  "runtime/listener/secure-socket.ts: callback: (bytes: number, buffer: Buffer): boolean => slot.reader === undefined || readBy(slot.reader, bytes, buffer)":
    "`readBy` is the border",
  "runtime/listener/tls.ts: SNICallback: choose": "Node wants to be told of the error, and a second call would be one more",
  'runtime/log/standard-output.ts: process.once("exit", () => writer.flushSync())': "the process ends as it is",
  "runtime/upstream/connector.ts: lookup: name.lookup": "calls back through `contained`, and is called by ourselves",
  "runtime/upstream/connector.ts: lookup: beside(taken, name.lookup)": "the same: it sorts what that one calls back with",
};

// Start, signals and supervision: nothing that a client or a service sends gets there.
const found = sourceFiles("runtime")
  .filter(({ path }) => !path.startsWith("runtime/process/") && path !== "runtime/http2/check-http2.ts")
  .flatMap(bareCallbacks);

describe("no exception of a callback ends the process", () => {
  it("as each goes through `contained`", () => {
    expect(found.filter((one) => !(one in allowed))).toEqual([]);
  });

  it("and every exception from the rule is needed", () => {
    expect(Object.keys(allowed).filter((one) => !found.includes(one))).toEqual([]);
  });
});

const count = (text: string): number => bareCallbacks({ path: "runtime/x.ts", text }).length;

describe("the rule", () => {
  it.each([
    'socket.on("data", (bytes) => take(bytes));',
    'class A { #on = () => take(); constructor(socket) { socket.once("end", this.#on); } }',
    "function tick() { look(); } setInterval(tick, 5);",
    "work().then(undefined, (error) => tell(error));",
    "process.nextTick(() => next());",
    "createServer((socket) => welcome(socket));",
    "const options = { lookup: (name) => find(name) };",
    'socket.write("", "latin1", () => next());',
    "session.ping((error) => pong(error));",
    'socket.on("data", (bytes) => { try { take(bytes); } catch {} more(); });',
  ])("finds: %s", (text) => {
    expect(count(text)).toBe(1);
  });

  it.each([
    'socket.on("data", contained(this, (bytes) => take(bytes)));',
    'class A { #on = contained(this, () => take()); constructor(socket) { socket.once("end", this.#on); } }',
    'socket.on("error", () => {}); socket.on("error", ignore); function ignore() {}',
    "const tick = contained(owner, () => look()); setInterval(tick, 5);",
    'socket.write("text"); socket.end();',
    "createServer((socket) => { try { welcome(socket); } catch (error) { log(error); } });",
  ])("lets pass: %s", (text) => {
    expect(count(text)).toBe(0);
  });
});
