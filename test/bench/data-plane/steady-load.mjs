// Requests at a constant rate over kept connections, in a process of its own. A request that finds no connection free
// waits for one, and its wait counts: a proxy that stops for a moment delays all that come in it. `spread: n` puts the numbers
// from 0 to n - 1 in place of the `*` of the path, one after the other in an order without a pattern.
import { connect } from "node:net";

const { url, headers = {}, seconds, connections, rate, spread } = JSON.parse(process.argv[2]);
const { hostname, port, pathname, search } = new URL(url);
const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
const requestTo = (path) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${lines.join("")}\r\n`);
const [before, after] = `${pathname}${search}`.split("*");
const one = requestTo(`${before}${after === undefined ? "" : `0${after}`}`);
const request = spread === undefined ? () => one : (index) => requestTo(`${before}${(index * 7919) % spread}${after}`);

const total = Math.round(rate * seconds);
const latencies = new Float64Array(total);
const dueAt = new Float64Array(total);
let due = 0;
let sent = 0;
let done = 0;
const free = [];

class Client {
  #left = 0;
  #index = 0;

  constructor() {
    this.socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafeSlow(65_536), callback: (length, buffer) => this.#take(length, buffer) },
    });
    this.socket.on("connect", () => free.push(this));
    this.socket.on("error", (error) => fail(error.message));
    this.socket.on("close", () => fail("a connection was closed"));
  }

  send(index) {
    this.#index = index;
    this.#left = 0;
    this.socket.write(request(index));
  }

  #take(length, buffer) {
    // Small answers: their head comes in one piece, and says how much there is.
    if (this.#left === 0) {
      const text = buffer.latin1Slice(0, length);
      const head = text.indexOf("\r\n\r\n");
      const contentLength = /\r\ncontent-length: (\d+)/i.exec(text);
      if (!text.startsWith("HTTP/1.1 200 ") || head < 0 || contentLength === null) fail(`this answer:\n${text}`);
      this.#left = head + 4 + Number(contentLength[1]);
    }
    this.#left -= length;
    if (this.#left > 0) return true;
    if (this.#left < 0) fail("more than an answer");
    latencies[done++] = performance.now() - dueAt[this.#index];
    free.push(this);
    sendDue();
    if (done === total) finish();
    return true;
  }
}

function sendDue() {
  while (sent < due && free.length > 0) free.shift().send(sent++);
}

let startedAt = 0;
function tick() {
  const now = performance.now();
  if (startedAt === 0) startedAt = now;
  const until = Math.min(total, Math.ceil(((now - startedAt) * rate) / 1000));
  // From when this process is awake: its own lateness is not the subject's.
  while (due < until) dueAt[due++] = now;
  sendDue();
  if (due < total) setTimeout(tick, 1);
}

function finish() {
  latencies.sort();
  const at = (share) => latencies[Math.min(total - 1, Math.floor(total * share))];
  process.send({ requests: total, p50: at(0.5), p99: at(0.99), latencies: Array.from(latencies) }, () => process.exit(0));
}

function fail(problem) {
  if (done === total) return;
  console.error(`${url}: ${problem}`);
  process.exit(1);
}

for (let index = 0; index < connections; index++) new Client();
const opening = setInterval(() => {
  if (free.length < connections) return;
  clearInterval(opening);
  tick();
}, 5);
