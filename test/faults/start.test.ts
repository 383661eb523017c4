import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { built, gatewayFile } from "./gateway.ts";

const withKeys = gatewayFile(`identity:
  schemes:
    partnerKey:
      apiKey:
        in: header
        name: X-Api-Key
        keys: { acme: { key: { env: ACME_KEY } }, zenith: { key: { file: /nowhere/zenith-key } } }
`).replace("public: faults", "security: [{ partnerKey: [] }]");

const start = (out: string, env: Readonly<Record<string, string>>) =>
  new Program(join(out, "gateway.mjs"), [], { env, cwd: out }).ended;

test("a missing environment variable and a missing secret file stop the start, and one message names both with their lines", async () => {
  const out = await built({ "gateway.yaml": withKeys });
  const { ACME_KEY, ...environment } = sampleEnvironment(["http://127.0.0.1:1"]);
  const { code, stderr } = await start(out, { ...environment, ACME_KEY: "" });
  expect(code).toBe(78);
  expect(stderr).toContain("gateway.yaml:16  environment variable ACME_KEY is empty. Give it a value.");
  expect(stderr).toContain(
    "gateway.yaml:16  file /nowhere/zenith-key cannot be read: it does not exist. Mount the secret there.",
  );
  expect(stderr).not.toContain("    at ");
  expect(stderr).not.toContain(ACME_KEY);
});

test("a key that is too short stops the start and is not repeated", async () => {
  const out = await built({
    "gateway.yaml": withKeys.replace("/nowhere/zenith-key", "/dev/null").replace(/, zenith: .*? \} \}/, ""),
  });
  const { code, stderr } = await start(out, { ...sampleEnvironment(["http://127.0.0.1:1"]), ACME_KEY: "hunter2" });
  expect(code).toBe(78);
  expect(stderr).toMatch(/acme/);
  expect(stderr).toContain("partnerKey");
  expect(stderr).not.toContain("hunter2");
  expect(stderr).not.toContain("    at ");
});

test.each(["not-a-port", "70000", "-1"])("the port `%s` stops the start", async (port) => {
  const out = await built({ "gateway.yaml": gatewayFile() });
  const { code, stderr } = await start(out, { ...sampleEnvironment(["http://127.0.0.1:1"]), PORT: port });
  expect(code).toBe(78);
  expect(stderr).toContain(
    `gateway.yaml:4  environment variable PORT is \`${port}\`, which is no port. Set a whole number from 1 to 65535.`,
  );
});

test("an endpoint that is no URL stops the start", async () => {
  const out = await built({ "gateway.yaml": gatewayFile() });
  const { code, stderr } = await start(out, sampleEnvironment(["ftp//nowhere"]));
  expect(code).toBe(78);
  expect(stderr).toContain(
    "gateway.yaml:9  environment variable UPSTREAM is `ftp//nowhere`, which is no URL of an endpoint. Set one like http://",
  );
  expect(stderr).not.toContain("    at ");
});

test.each(["public", "admin"])("a port in use is named with its listener (%s) and the remedy", async (listener) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const out = await built({ "gateway.yaml": gatewayFile() });
  const { code, stderr } = await start(out, {
    ...sampleEnvironment(["http://127.0.0.1:1"]),
    [listener === "public" ? "PORT" : "ADMIN_PORT"]: String(port),
  });
  expect(code).toBe(69);
  expect(stderr).toBe(
    `gatewright: listener ${listener}: 127.0.0.1, port ${port} is in use by another process. Stop that one or give \`listeners.${listener}.port\` another port.\n`,
  );
});

test("values that are missing and values that are of no use are told at once, and credentials in a URL are not repeated", async () => {
  const out = await built({ "gateway.yaml": withKeys });
  const { code, stderr } = await start(out, { ...sampleEnvironment(["ftp://me:hunter2@nowhere"]), ACME_KEY: "", PORT: "eighty" });
  expect(code).toBe(78);
  expect(stderr).toContain("because 4 values it needs are missing or of no use:\n");
  expect(stderr).toContain("environment variable UPSTREAM is a value with credentials, which is no URL of an endpoint.");
  expect(stderr).not.toContain("hunter2");
});

test("--help and --version say which gateway it is and what built it, without any environment", async () => {
  const out = await built({ "gateway.yaml": withKeys });
  const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
  for (const [option, text] of [
    ["--help", `faults, a gateway built by gatewright ${version}\n\nUsage: node gateway.mjs`],
    ["--version", `faults, a gateway built by gatewright ${version}, on Node ${process.versions.node}\n`],
  ] as const) {
    const { code, stdout } = await new Program(join(out, "gateway.mjs"), [option], { cwd: out }).ended;
    expect([code, stdout.slice(0, text.length)]).toEqual([0, text]);
  }
});

test.each([
  [["--port", "80"], 'The listeners are settled in gateway.yaml; write `port: "${env:PORT}"`'],
  [["--wokers", "2"], "Did you mean `--workers`?"],
  [["serve"], "`serve` is no option of this gateway."],
  [["--workers"], "`--workers` needs a whole number from 1 to 512."],
])("the arguments %j are refused with what to write", async (args, text) => {
  const out = await built({ "gateway.yaml": gatewayFile() });
  const program = new Program(join(out, "gateway.mjs"), args, { env: sampleEnvironment(["http://127.0.0.1:1"]), cwd: out });
  const { code, stderr } = await program.ended;
  expect(code).toBe(78);
  expect(stderr).toContain(text);
});

test("a bundle names nothing that an old Node lacks before it has said which Node it needs", async () => {
  const out = await built({ "gateway.yaml": withKeys });
  const code = readFileSync(join(out, "gateway.mjs"), "utf8");
  const named = [...code.matchAll(/import ?\{([^}]*)\} ?from ?"(node:[a-z_/]+)"/g)];
  expect(named.length).toBeGreaterThan(0);
  // Node 20.12 has `crypto.hash`; everything else is older than the releases that people still run.
  expect(named.filter(([, names]) => /\bhash\b/.test(names!))).toEqual([]);
});
