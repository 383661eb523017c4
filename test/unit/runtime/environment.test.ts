import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCommandLine } from "../../../runtime/process/command-line.ts";
import { collectEnvironment } from "../../../runtime/process/environment.ts";
import { checkNode } from "../../../runtime/process/node-version.ts";
import { count, duration, size } from "../../../runtime/process/number-settings.ts";
import { listenError } from "../../../runtime/process/start-failure.ts";

test("reads variables, files and settings", () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  try {
    writeFileSync(join(folder, "one"), "secret \n\n");
    writeFileSync(join(folder, "two"), "secret\r\n");
    const wanted = {
      key: { secret: { env: "KEY" }, at: "gateway.yaml:1" },
      one: { secret: { file: join(folder, "one") }, at: "gateway.yaml:2" },
      two: { secret: { file: join(folder, "two") }, at: "gateway.yaml:3" },
      url: { setting: "http://${env:HOST}:${env:PORT}/x", at: "gateway.yaml:4" },
    };
    expect(collectEnvironment(wanted, { KEY: " k ", HOST: "orders", PORT: "81" })).toEqual({
      key: " k ",
      one: "secret \n",
      two: "secret",
      url: "http://orders:81/x",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a default counts where the variable is not set or empty (POSIX.1-2024, shell, 2.6.2: `${parameter:-word}`)", () => {
  const read = (setting: string, environment: NodeJS.ProcessEnv): string =>
    collectEnvironment({ text: { setting, at: "gateway.yaml:1" } }, environment).text;
  expect(read("${env:HOST:-localhost}:${env:PORT:-80}", { PORT: "81" })).toBe("localhost:81");
  expect(read("${env:HOST:-http://a:1/b?c}", { HOST: "" })).toBe("http://a:1/b?c");
  expect(read("<${env:HOST:-}>", {})).toBe("<>");
  expect(read("${env:HOST:-a}", { HOST: "-" })).toBe("-");
  expect(() => read("${env:HOST:-a}${env:OTHER}", {})).toThrow(/environment variable OTHER is not set/);
});

test.each([
  [count, "12", 12],
  [duration, "1500ms", 1500],
  [duration, "2m", 120_000],
  [size, "16MiB", 16_777_216],
])("a number from the environment", (as, text, value) => {
  expect(collectEnvironment({ number: { setting: "${env:N}", as, at: "" } }, { N: text })).toEqual({ number: text });
  expect(as.value(text)).toBe(value);
});

test.each([
  [count, "0", "environment variable N is `0`, which is not a whole number from 1 to 1000000. Set one."],
  [count, "many", "environment variable N is `many`, which is not a whole number"],
  [count, "1e3", "which is not a whole number"],
  [duration, "5", "which is not a duration. Set one like 250ms, 5s or 1m."],
  [duration, "0s", "which is not a duration. Set one like 250ms, 5s or 1m."],
  [size, "1MB", "which is not a size. Set one like 64KiB or 1MiB."],
])("what is not a number stops the start with the variable, the value and the remedy", (as, text, message) => {
  const read = () => collectEnvironment({ number: { setting: "${env:N:-1}", as, at: "gateway.yaml:7" } }, { N: text });
  expect(read).toThrow(
    `gateway.yaml:7  ${message.startsWith("which") ? `environment variable N is \`${text}\`, ` : ""}${message}`,
  );
});

test("one message lists everything that is missing, where it is asked for, and no value", () => {
  const wanted = {
    key: { secret: { env: "ACME_KEY" }, at: "gateway.yaml:44" },
    empty: { secret: { env: "EMPTY" }, at: "gateway.yaml:45" },
    file: { secret: { file: "/nonexistent/secret" }, at: "gateway.yaml:46" },
    folder: { secret: { file: tmpdir() }, at: "gateway.yaml:47" },
    port: { setting: "${env:PORT_A}", at: "gateway.yaml:48" },
    present: { secret: { env: "PRESENT" }, at: "gateway.yaml:49" },
  };
  let message = "";
  try {
    collectEnvironment(wanted, { EMPTY: "", PRESENT: "hunter2" });
  } catch (error) {
    message = (error as Error).message;
  }
  for (const part of [
    "gateway.yaml:44  environment variable ACME_KEY is not set",
    "gateway.yaml:45  environment variable EMPTY is empty",
    "gateway.yaml:46  file /nonexistent/secret",
    "gateway.yaml:47",
    "gateway.yaml:48  environment variable PORT_A",
  ]) {
    expect(message).toContain(part);
  }
  expect(message).not.toContain("gateway.yaml:49");
  expect(message).not.toContain("hunter2");
});

test.each([
  "orders:80",
  "ftp://orders",
  "http://",
  "/orders",
  "http://user:hunter2@orders",
  "http://orders?x=hunter2",
  "http://orders#x",
])("a setting of %s is no endpoint, and no password in it is repeated", (ORDERS) => {
  const wanted = { url: { setting: "${env:ORDERS}", as: "endpoint" as const, at: "gateway.yaml:4" } };
  expect(() => collectEnvironment(wanted, { ORDERS })).toThrow(/gateway.yaml:4 .*no URL of an endpoint/);
  if (ORDERS.includes("@")) expect(() => collectEnvironment(wanted, { ORDERS })).toThrow(/^(?!.*hunter2)/s);
});

test("options of the command line", () => {
  expect(parseCommandLine([])).toEqual({
    workers: 1,
    drainTimeout: 30_000,
    shutdownDelay: 0,
    workerTimeout: 10_000,
    logLevel: "info",
  });
  expect(parseCommandLine(["--workers", "3", "--drain-timeout=5", "--worker-timeout", "60"])).toMatchObject({
    workers: 3,
    drainTimeout: 5_000,
    workerTimeout: 60_000,
  });
  expect(parseCommandLine(["--worker-timeout=0"]).workerTimeout).toBe(0);
  // Less than two signs of life.
  expect(() => parseCommandLine(["--worker-timeout=1"])).toThrow(/`--worker-timeout` needs a whole number from 2 to 3600/);
  expect(parseCommandLine(["--workers=auto"]).workers).toBeGreaterThan(0);
  for (const argv of [["--workers", "0"], ["--workers"], ["--workers", "two"], ["--wokers", "2"], ["extra"]])
    expect(() => parseCommandLine(argv)).toThrow(/`--/);
});

test("a listener that cannot be opened is named with the remedy", () => {
  const failure = (code: string, port = 8080) =>
    listenError(Object.assign(new Error("x"), { code }), "public", "127.0.0.1", port);
  expect(failure("EADDRINUSE").message).toMatch(/listener public: 127\.0\.0\.1, port 8080 is in use.*listeners\.public\.port/);
  expect(failure("EACCES", 80).message).toMatch(/1024/);
  expect(failure("EADDRNOTAVAIL").message).toMatch(/listeners\.public\.host/);
  expect(failure("EADDRINUSE").exitCode).toBe(69);
});

test.each(["16.20.2", "18.20.4", "20.18.3"])("Node %s is refused in one line", (version) => {
  expect(() => checkNode(version)).toThrow(`this is Node ${version}; the gateway needs Node 20.19 or later.`);
});

test.each(["20.19.0", "20.20.2", "22.0.0", "24.1.0"])("Node %s is taken", (version) => {
  expect(() => checkNode(version)).not.toThrow();
});
