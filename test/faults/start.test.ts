import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Program } from "../harness/program.ts";
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
  expect(stderr).toContain(`gateway.yaml:4: \`${port}\` is no port.`);
});

test("an endpoint that is no URL stops the start", async () => {
  const out = await built({ "gateway.yaml": gatewayFile() });
  const { code, stderr } = await start(out, sampleEnvironment(["ftp//nowhere"]));
  expect(code).toBe(78);
  expect(stderr).toContain("backend");
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
