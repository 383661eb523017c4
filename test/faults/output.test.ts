import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Load } from "../harness/load.ts";
import { residentMebibytes } from "../harness/process-state.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";
import { built, gatewayFile, metricsOf, running, sumOf } from "./gateway.ts";

const file = gatewayFile("policies: { metrics: {}, accessLog: { fields: [path] } }\n");
const requests = 6_000;
/** Six thousand of them are more than the lines that may wait. */
const target = `/${"x".repeat(2_000)}`;

async function service(): Promise<string> {
  const upstream = await rawUpstream(answering(ok("hello")));
  onTestFinished(() => upstream.close());
  return upstream.url;
}

/** A pipe: what is written to one end waits, up to what the system holds, until it is read from the other. */
function pipe(): { readonly reader: number; readonly writer: number } {
  const path = join(temporaryFolder({}), "pipe");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

const exitOf = ({ process: child }: Awaited<ReturnType<typeof running>>): Promise<number | null> =>
  new Promise((resolve) => child.once("exit", resolve));

test("while nobody reads the log, requests go on, memory is bounded, and what is lost is counted (telemetry row 41)", async () => {
  const { reader, writer } = pipe();
  onTestFinished(() => closeSync(reader));
  const gateway = await running(await built({ "gateway.yaml": file }), await service(), {}, { stdout: writer });
  closeSync(writer);
  const load = new Load(gateway.port, { clients: 20, most: requests, target });
  await load.done;
  expect([load.failures, load.statuses.get(200)]).toEqual([[], requests]);
  expect(residentMebibytes(gateway.process.pid!)).toBeLessThan(300);
  const dropped = sumOf(await metricsOf(gateway.adminPort!), "gatewright_log_lines_dropped_total");
  expect(dropped).toBeGreaterThan(0);
  // Once somebody reads, everything that waits comes, and a line that says how much does not.
  const bytes = Buffer.alloc(65_536);
  let text = "";
  await expect
    .poll(
      () => {
        for (let end = false; !end; ) {
          try {
            const length = readSync(reader, bytes);
            text += bytes.toString("latin1", 0, length);
            end = length === 0;
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
            end = true;
          }
        }
        const reported = [...text.matchAll(/"dropped":(\d+)\}\n/g)].reduce((sum, [, count]) => sum + Number(count), 0);
        return text.split('{"path":').length - 1 + reported;
      },
      { timeout: 30_000, interval: 10 },
    )
    .toBe(requests);
  expect(text.split('{"path":').length - 1).toBe(requests - dropped);
  expect(text.split("\n").every((line) => line === "" || line.endsWith("}"))).toBe(true);
});

test("a log that nobody reads does not keep a gateway from ending", async () => {
  const { reader, writer } = pipe();
  onTestFinished(() => closeSync(reader));
  const gateway = await running(await built({ "gateway.yaml": file }), await service(), {}, { stdout: writer });
  closeSync(writer);
  await new Load(gateway.port, { clients: 20, most: 200, target }).done;
  const exit = exitOf(gateway);
  gateway.process.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("where the reader of the log is gone, requests go on, and every line is counted as lost (telemetry row 41)", async () => {
  const { reader, writer } = pipe();
  const gateway = await running(await built({ "gateway.yaml": file }), await service(), {}, { stdout: writer });
  closeSync(writer);
  closeSync(reader);
  const load = new Load(gateway.port, { clients: 20, most: 1_000, target });
  await load.done;
  expect([load.failures, load.statuses.get(200)]).toEqual([[], 1_000]);
  await expect
    .poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_log_lines_dropped_total"), { timeout: 20_000 })
    .toBe(1_000);
  const exit = exitOf(gateway);
  gateway.process.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("where the reader of standard error is gone, a primary that has something to say goes on", async () => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const out = await built({ "gateway.yaml": file });
  const child = spawn(process.execPath, [join(out, "gateway.mjs"), "--workers", "2"], {
    env: { PATH: process.env.PATH, ...sampleEnvironment([upstream.url]) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  const admin = await new Promise<number>((resolve) =>
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const [, port] = /admin on http:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
      if (port !== undefined) resolve(Number(port));
    }),
  );
  child.stderr.destroy();
  const pids = async (): Promise<number[]> =>
    [...(await metricsOf(admin)).matchAll(/^gatewright_worker_info\{worker="\d+",pid="(\d+)"\}/gm)].map(([, pid]) => Number(pid));
  const [first] = await pids();
  process.kill(first!, "SIGKILL");
  await expect.poll(async () => (await pids()).filter((pid) => pid !== first).length, { timeout: 20_000 }).toBe(2);
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
});
