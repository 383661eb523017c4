import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { NumberIr } from "../../../compiler/ir/config.ts";
import type { ListenerIr } from "../../../compiler/ir/listener.ts";
import { dockerfile } from "../../../compiler/phases/6-bundle/container.ts";
import { makeAuthority } from "../../harness/certificates.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { at, gatewayIr, listener as listenerIr } from "../emit/sample-ir.ts";

const origin = at("gateway.yaml", 3);
const listener = (name: ListenerIr["name"], port: NumberIr, host?: string): ListenerIr =>
  listenerIr(name, { ...(host === undefined ? {} : { host }), port, trustedProxies: [] });

let healthy = true;
let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((request, response) => response.writeHead(request.url === "/healthz" && healthy ? 200 : 503).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

/** Runs what the image would run to see whether it is healthy. */
async function health(admin: ListenerIr, env: Record<string, string> = {}): Promise<number> {
  const text = dockerfile(gatewayIr({ listeners: { public: listener("public", 8080), admin } }));
  const [, json] = /^HEALTHCHECK .* CMD (.*)$/m.exec(text)!;
  const [, ...args] = JSON.parse(json!) as string[];
  const [code] = (await once(spawn(process.execPath, args, { env: { ...process.env, ...env } }), "exit")) as [number];
  return code;
}

describe("the image", () => {
  it("runs as a user without rights and exposes the ports that are known", () => {
    const text = dockerfile(
      gatewayIr({ listeners: { public: listener("public", 8080), admin: listener("admin", 9090, "0.0.0.0") } }),
    );
    expect(text).toContain("\nUSER node\n");
    expect(text).toContain("\nEXPOSE 8080 9090\n");
    expect(text.indexOf("USER node")).toBeLessThan(text.indexOf("\nCMD "));
  });

  it("has no health check without an admin listener, and exposes no port that is read at start", () => {
    const text = dockerfile(
      gatewayIr({ listeners: { public: listener("public", { kind: "setting", template: "${env:PORT}", as: "port", origin }) } }),
    );
    expect(text).not.toMatch(/HEALTHCHECK|EXPOSE/);
  });

  it("is healthy while the gateway says so", async () => {
    for (const host of ["127.0.0.1", undefined, "0.0.0.0"]) expect(await health(listener("admin", port, host))).toBe(0);
    const setting = { kind: "setting", template: "${env:ADMIN_PORT}", as: "port", origin } as const;
    expect(await health(listener("admin", setting), { ADMIN_PORT: String(port) })).toBe(0);
    expect(await health(listener("admin", setting), { ADMIN_PORT: "1" })).toBe(1);
    healthy = false;
    expect(await health(listener("admin", port))).toBe(1);
  });

  it("is healthy over TLS as well, whoever signed the certificate, and over a Unix socket", async () => {
    const { certificate, key } = (await makeAuthority()).issue("admin.internal");
    const path = join(temporaryFolder(), "admin.sock");
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(request.url === "/healthz" ? 200 : 503).end();
    const secured = [
      createSecureServer({ cert: certificate, key }, answer),
      createSecureServer({ cert: certificate, key }, answer),
    ];
    const plain = createServer(answer);
    onTestFinished(() => {
      for (const one of [...secured, plain]) one.close();
    });
    secured[0]!.listen(0, "127.0.0.1");
    secured[1]!.listen(`${path}s`);
    plain.listen(path);
    await Promise.all([...secured, plain].map((one) => once(one, "listening")));
    const { port: own } = secured[0]!.address() as AddressInfo;
    const { port: _, ...socketless } = listener("admin", 0);
    expect(await health({ ...listener("admin", own), isSecure: true })).toBe(0);
    expect(await health({ ...socketless, socket: `${path}s`, isSecure: true })).toBe(0);
    expect(await health({ ...socketless, socket: path })).toBe(0);
    expect(await health({ ...socketless, socket: `${path}x` })).toBe(1);
  });

  it("takes no text of the configuration for an instruction", () => {
    const hostile = '1"]\nRUN touch /pwned\nCMD ["';
    const admin = listener("admin", { kind: "setting", template: hostile, as: "port", origin }, hostile);
    const text = dockerfile(gatewayIr({ name: hostile, listeners: { public: listener("public", 8080), admin } }));
    for (const line of text.split("\n")) expect(line).toMatch(/^(FROM|LABEL|ENV|WORKDIR|COPY|USER|EXPOSE|HEALTHCHECK|CMD|$)/);
    expect(text.match(/^CMD /gm)).toHaveLength(1);
  });
});
