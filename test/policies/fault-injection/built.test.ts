import { connect as connectHttp2, constants } from "node:http2";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sendRequest } from "../../harness/http-client.ts";
import { Program } from "../../harness/program.ts";
import { buildForTest } from "../../harness/running-gateway.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const gatewayYaml = `gateway: harmed
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true }
  admin: { port: "\${env:ADMIN_PORT}" }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
policies: { metrics: {} }
routes:
  reset:
    match: { path: /reset, methods: [GET] }
    service: backend
    policies: { public: sample, faultInjection: { rules: [{ abort: reset }] } }
`;

const get = (port: number, target: string) => sendRequest(port, { method: "GET", target, headers: [], body: "" });

test("a built gateway resets connections, and streams of HTTP/2; its log and `/status` tell of it", async () => {
  const folder = temporaryFolder({ "gateway.yaml": gatewayYaml });
  const { out, dispose } = await buildForTest(join(folder, "gateway.yaml"));
  const program = new Program(join(out, "gateway.mjs"), [], {
    env: { PORT: "0", ADMIN_PORT: "0", UPSTREAM: "http://127.0.0.1:9" },
    cwd: out,
  });
  onTestFinished(async () => {
    await program.stop("SIGKILL");
    dispose();
  });
  const [, port = "", adminPort = ""] = await program.until(/listens on \S+:(\d+), admin on \S+:(\d+)/, "stderr");
  expect(program.output).toContain('"message":"this gateway harms requests on purpose"');
  expect(program.output).toContain('"rules":"100% reset"');
  await expect(get(Number(port), "/reset")).rejects.toThrow("ECONNRESET");
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request({ ":path": "/reset" });
  stream.on("error", () => {});
  await new Promise<void>((resolve) => void stream.once("close", resolve));
  session.destroy();
  expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  await expect.poll(async () => (await get(Number(adminPort), "/status")).body).toContain('"reset":2');
  const { body } = await get(Number(adminPort), "/status");
  expect(body).toContain("gateway.yaml:12 faultInjection");
  expect(body).toContain('"rules":["100% reset"]');
});
