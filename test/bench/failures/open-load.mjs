// Requests at a constant rate, whatever becomes of those before (an open loop), each timed from when it was to be sent:
// `open-load.mjs {"port":1,"rate":1000,"seconds":13}`. There are as many connections as that takes. Tells its parent when it
// begins, and then what became of each request.
import { connect } from "node:net";

const { port, rate, seconds } = JSON.parse(process.argv[2]);
const total = Math.round(rate * seconds);
/** Milliseconds after which a client has gone. */
const patience = 10_000;

/** Of each request: milliseconds that it took, milliseconds that it was sent too late, and what became of it. */
const took = new Array(total).fill(0);
const late = new Array(total).fill(0);
const outcomes = new Array(total).fill("");

const free = [];
const busy = new Set();
let sent = 0;
let done = 0;
let startedAt = 0;

class Connection {
  #index = -1;
  #text = "";
  #end = -1;
  #isUsed = false;
  #socket;

  constructor() {
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (bytes) => this.#take(bytes.latin1Slice()));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#closed());
  }

  send(index) {
    this.#index = index;
    this.#text = "";
    this.#end = -1;
    busy.add(this);
    this.#socket.write(`GET /orders/${index} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  }

  #take(text) {
    this.#text += text;
    if (this.#end < 0) {
      const head = this.#text.indexOf("\r\n\r\n");
      if (head < 0) return;
      // Every subject says how long its answers are.
      this.#end = head + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(this.#text)?.[1] ?? 0);
    }
    if (this.#text.length < this.#end) return;
    const status = this.#text.slice(9, 12);
    const endpoint = /\r\nx-endpoint: (\w)/i.exec(this.#text)?.[1] ?? "";
    const isLast = /\r\nconnection: close/i.test(this.#text);
    this.#isUsed = true;
    this.#over(status === "200" ? `good ${endpoint}` : status);
    if (isLast) this.#socket.destroy();
    else free.push(this);
  }

  /** A kept connection may be closed at the moment it is used again: a client sends that request once more (RFC 9112 §9.3.1). */
  #closed() {
    const at = free.indexOf(this);
    if (at >= 0) free.splice(at, 1);
    if (this.#index < 0) return;
    if (this.#text === "" && this.#isUsed) {
      busy.delete(this);
      new Connection().send(this.#index);
    } else this.#over(this.#end < 0 ? "no answer" : "cut");
  }

  #over(outcome) {
    const index = this.#index;
    this.#index = -1;
    busy.delete(this);
    took[index] = performance.now() - dueAt(index);
    outcomes[index] = outcome;
    if (++done === total) finish();
  }

  /** The client has gone. */
  look(now) {
    if (now - dueAt(this.#index) < patience) return;
    this.#over("no answer");
    this.#socket.destroy();
  }
}

const dueAt = (index) => startedAt + (index * 1000) / rate;

function tick() {
  const now = performance.now();
  for (; sent < total && dueAt(sent) <= now; sent++) {
    late[sent] = now - dueAt(sent);
    (free.pop() ?? new Connection()).send(sent);
  }
  if (sent < total) setTimeout(tick, 1);
}

const looking = setInterval(() => {
  const now = performance.now();
  for (const connection of busy) connection.look(now);
}, 100);

function finish() {
  clearInterval(looking);
  process.send({ took: took.map(Math.round), late: late.map(Math.round), outcomes }, () => process.exit(0));
}

startedAt = performance.now();
process.send({ startedAt: performance.timeOrigin + startedAt });
tick();
