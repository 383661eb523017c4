// Load from wrk, as much as the subject takes, and from `steady-load.mjs`, at a constant rate.
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../support.mjs";
import { component, familyCpu, message, run } from "./processes.mjs";

const folder = scratch();

/**
 * A request of the benchmark: `path`, and where they are needed `headers` and a JSON `body`. `spread: n` puts the numbers
 * from 0 to n - 1 in place of the `*` of the path, one after the other in an order without a pattern. `lua`: a script of
 * its own instead.
 */
const script = ({ path, headers = {}, body, spread }) =>
  [
    ...(spread === undefined
      ? []
      : [
          `local before, after, number = ${path
            .split("*")
            .map((text) => JSON.stringify(text))
            .join(", ")}, 0`,
          `request = function() number = (number + 7919) % ${spread}; return wrk.format(nil, before .. number .. after) end`,
        ]),
    ...(body === undefined ? [] : ['wrk.method = "POST"', `wrk.body = ${JSON.stringify(body)}`]),
    ...Object.entries({ ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) }).map(
      ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
    ),
  ].join("\n");

const milliseconds = (text) => {
  const [, number, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text);
  return Number(number) * { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit];
};

/** One run of wrk: requests a second, latency in milliseconds, CPU microseconds per request of the subject. */
export async function saturate(subject, request, { seconds, connections = 64 }) {
  const file = join(folder, "request.lua");
  writeFileSync(file, request.lua ?? script(request));
  const before = familyCpu(subject.child.pid);
  const url = `${subject.origin}${request.path.replace("*", "0")}`;
  const text = await run(await component("wrk"), ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", file, url]);
  const cpu = familyCpu(subject.child.pid) - before;
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`${subject.name} failed under load:\n${text}`);
  const requests = Number(/(\d+) requests in/.exec(text)[1]);
  return {
    cpu: cpu / requests,
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    p50: milliseconds(/^ +50%\s+(\S+)/m.exec(text)[1]),
    p99: milliseconds(/^ +99%\s+(\S+)/m.exec(text)[1]),
  };
}

/** One run at a constant rate; all latencies in milliseconds as well, ascending. */
export async function steady(subject, request, { seconds, connections = 64, rate }) {
  const before = familyCpu(subject.child.pid);
  const child = fork(new URL("steady-load.mjs", import.meta.url), [
    JSON.stringify({
      url: `${subject.origin}${request.path}`,
      headers: request.headers,
      spread: request.spread,
      seconds,
      connections,
      rate,
    }),
  ]);
  const { requests, ...result } = await message(child);
  return { cpu: (familyCpu(subject.child.pid) - before) / requests, perSecond: requests / seconds, ...result };
}
