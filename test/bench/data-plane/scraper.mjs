// Scrapes in a process of its own, as another machine would: told `{ port, path, headers, every }`, it asks every so many
// milliseconds, first after half of them, until it is told to `stop`, and tells how long each scrape took. It counts bytes and neither
// unpacks nor reads them.
// With `--nice` it has what cores nobody else wants.
import { connect } from "node:net";
import { setPriority } from "node:os";
import { setTimeout as wait } from "node:timers/promises";

if (process.argv.includes("--nice")) setPriority(19);

const buffer = Buffer.allocUnsafeSlow(262_144);

function scrape({ port, path = "/metrics", headers = {} }) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let isFirst = true;
    const callback = (length, read) => {
      if (isFirst && !read.latin1Slice(0, 13).startsWith("HTTP/1.1 200 ")) reject(new Error(read.latin1Slice(0, length)));
      isFirst = false;
      bytes += length;
      return true;
    };
    const socket = connect({ host: "127.0.0.1", port, onread: { buffer, callback } });
    const lines = Object.entries({ ...headers, Connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines.join("")}\r\n`);
    socket.on("error", reject).on("close", () => resolve({ bytes, took: performance.now() - startedAt }));
  });
}

let stopped;
process.on("message", async (message) => {
  if (message === "stop") {
    stopped.abort();
    return;
  }
  stopped = new AbortController();
  const { signal } = stopped;
  const runs = [];
  let rest = message.every / 2;
  while (await wait(rest, true, { signal }).catch(() => false)) {
    const run = await scrape(message);
    runs.push(run);
    rest = Math.max(0, message.every - run.took);
  }
  process.send({ runs });
});
