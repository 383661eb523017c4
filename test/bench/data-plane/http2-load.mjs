// Load over HTTP/2 from h2load, as much as the subject takes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../support.mjs";
import { component, familyCpu, run } from "./processes.mjs";

const folder = scratch();

/** One run over 16 connections of 16 streams each: the figures of `saturate`, of which there is no 99th percentile. */
export async function saturateHttp2(subject, { path, headers = {}, body }, { seconds }) {
  const file = join(folder, "body");
  const fields = { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const lines = Object.entries(fields).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  if (body !== undefined) writeFileSync(file, body);
  const content = body === undefined ? [] : ["-d", file];
  const before = familyCpu(subject.child.pid);
  const url = `${subject.origin}${path}`;
  const text = await run(await component("h2load"), ["-t1", "-c16", "-m16", "-D", String(seconds), ...lines, ...content, url]);
  const cpu = familyCpu(subject.child.pid) - before;
  const [, ok] = /^status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/m.exec(text) ?? [];
  if (ok === undefined || Number(ok) === 0) throw new Error(`${subject.name} failed under load:\n${text}`);
  const [, mean] = /^time for request: +\S+ +\S+ +(\S+)/m.exec(text);
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(mean);
  const latency = Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
  return { cpu: cpu / Number(ok), perSecond: Number(ok) / seconds, p50: latency, p99: Number.NaN };
}
