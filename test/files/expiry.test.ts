import type { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { Expiry } from "../../runtime/files/expiry.ts";
import { Alone } from "../../runtime/life/alone.ts";
import { createLife } from "../../runtime/life/create-life.ts";
import { TurnedClock } from "../harness/turned-clock.ts";
import { NotedLog } from "../life/support/things.ts";

const day = 86_400_000;
const endingAt = (time: number): X509Certificate => ({ validTo: new Date(time).toUTCString() }) as X509Certificate;

it("a certificate is warned of at 14, 7 and 1 days and when it has expired, once each, and anew when it was replaced", async () => {
  const clock = new TurnedClock();
  const start = Date.UTC(2026, 11, 1);
  let leaf = endingAt(start + 15.5 * day);
  const expiry = new Expiry(() => [{ from: "gateway.yaml:6 file tls.pem", leaf }]);
  const log = new NotedLog();
  expiry.watch(createLife(new Alone([]), log, new AbortController().signal));
  const said: string[] = [];
  for (let passed = 0; passed < 18; passed++) {
    for (const line of log.lines.splice(0)) said.push(`day ${passed}: ${line.split(" {")[0]}`);
    await clock.turn(day);
  }
  expect(said).toEqual([
    "day 2: warning certificate expires soon",
    "day 9: warning certificate expires soon",
    "day 15: warning certificate expires soon",
    "day 16: error certificate has expired",
  ]);
  expect(expiry.metrics()[0]!.samples[0]!.value).toBeCloseTo(-2.5);
  leaf = endingAt(start + 30 * day);
  await clock.turn(day);
  expect(log.lines.map((line) => line.split(" {")[0])).toEqual(["warning certificate expires soon"]);
  expect(JSON.stringify(expiry.state())).toContain('"from":"gateway.yaml:6 file tls.pem","validTo":"2026-12-31T00:00:00.000Z"');
});
