import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DnsServer, startDnsServer } from "../harness/dns-server.ts";
import { Pki } from "../harness/pki.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { get } from "./support/gateway.ts";
import { Shared } from "./support/shared.ts";

/** A service whose endpoint is wrong in one way, and what is said of it. */
interface Wrong {
  readonly name: string;
  readonly port: () => number;
  readonly host?: string;
  readonly options?: string;
  readonly pin?: true;
  readonly state: "usable" | "unhealthy";
  readonly why: string;
}

const shared = new Shared();
const ports: Record<string, number> = {};
let dns: DnsServer;
let silent: DnsServer;
let failing: DnsServer;
let gateway: RunningGateway;
const lines: string[] = [];

const wrongs: readonly Wrong[] = [
  { name: "good", port: () => ports.good!, state: "usable", why: "" },
  {
    name: "stranger",
    port: () => ports.stranger!,
    state: "unhealthy",
    why: "no authority that counts vouches for its certificate (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
  },
  {
    name: "selfSigned",
    port: () => ports.selfSigned!,
    state: "unhealthy",
    why: "its certificate is not one for servers (INVALID_PURPOSE)",
  },
  { name: "expired", port: () => ports.expired!, state: "unhealthy", why: "its certificate has expired (CERT_HAS_EXPIRED)" },
  { name: "early", port: () => ports.early!, state: "unhealthy", why: "its certificate is not valid yet (CERT_NOT_YET_VALID)" },
  {
    name: "otherName",
    port: () => ports.otherName!,
    state: "unhealthy",
    why: "its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)",
  },
  { name: "plain", port: () => ports.plain!, state: "unhealthy", why: "it does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER)" },
  {
    name: "onlyHttp2",
    port: () => ports.onlyHttp2!,
    state: "unhealthy",
    why: "it does not speak the version of HTTP that it is asked with (ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL)",
  },
  {
    name: "onlyHttp1",
    port: () => ports.good!,
    options: "protocol: http2",
    state: "unhealthy",
    why: "it does not speak the version of HTTP that it is asked with (ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL)",
  },
  { name: "nobody", port: () => 1, state: "unhealthy", why: "it refuses connections (ECONNREFUSED)" },
  { name: "closing", port: () => ports.closing!, state: "unhealthy", why: "it closed the connection (ECONNRESET)" },
  {
    name: "otherKey",
    port: () => ports.good!,
    options: "",
    pin: true,
    state: "unhealthy",
    why: "its public key is not in `pins` (wrongKey)",
  },
  {
    name: "unknownName",
    port: () => ports.good!,
    host: "unknown.test",
    state: "unhealthy",
    why: "its name has no address (ENOTFOUND)",
  },
  {
    name: "noAddress",
    port: () => ports.good!,
    host: "empty.test",
    state: "unhealthy",
    why: "its name has no address (ENOTFOUND)",
  },
  {
    name: "dnsFails",
    port: () => ports.good!,
    host: "failing.test",
    state: "unhealthy",
    why: "its name could not be looked up (ESERVFAIL)",
  },
  {
    name: "dnsSilent",
    port: () => ports.good!,
    host: "silent.test",
    state: "unhealthy",
    why: "its name could not be looked up (ETIMEOUT)",
  },
];

beforeAll(async () => {
  const root = await Pki.root({ subject: "CN=root" });
  const names = [{ type: "dns", value: "localhost" }] as const;
  const issued = {
    good: await root.issue({ subject: "CN=good", names }),
    stranger: await (await Pki.root({ subject: "CN=stranger" })).issue({ subject: "CN=a", names }),
    selfSigned: await Pki.root({ subject: "CN=self", names }),
    expired: await root.issue({ subject: "CN=a", names, notAfter: new Date("2026-01-02T00:00:00Z") }),
    early: await root.issue({
      subject: "CN=a",
      names,
      notBefore: new Date("2099-01-01T00:00:00Z"),
      notAfter: new Date("2099-02-01T00:00:00Z"),
    }),
    otherName: await root.issue({ subject: "CN=a", names: [{ type: "dns", value: "billing.internal" }] }),
  };
  const listening = async (name: string, server: Server): Promise<void> => {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ports[name] = (server.address() as AddressInfo).port;
    shared.onEnd(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
  };
  for (const [name, { certificate, key }] of Object.entries(issued))
    await listening(
      name,
      createHttpsServer({ cert: certificate, key }, (_, response) => void response.end()),
    );
  const { certificate, key } = issued.good;
  await listening(
    "onlyHttp2",
    createSecureServer({ cert: certificate, key }, (_, response) => void response.end()),
  );
  await listening(
    "plain",
    createServer((_, response) => void response.end()),
  );
  await listening(
    "closing",
    createTcpServer((socket) => void socket.destroy()),
  );
  dns = await startDnsServer({ "empty.test": { ttl: 60 } });
  silent = await startDnsServer();
  failing = await startDnsServer();
  silent.mood = "silent";
  failing.mood = "fails";
  for (const server of [dns, silent, failing]) shared.onEnd(() => server.close());
  gateway = await shared.gateway(fileOf(wrongs), { CA: root.certificate });
  gateway.process.stderr!.on("data", (text: string) => lines.push(...text.split("\n")));
});

afterAll(() => shared.end());

/** Each is asked for its own, over HTTP and by a connection alone. */
function fileOf(all: readonly Wrong[]): string {
  const services = all.flatMap(({ name, port, host = "localhost", options = "", pin }) =>
    (["path: /healthz", "tcp: {}"] as const).map((check) => {
      const kind = check.startsWith("tcp") ? "Tcp" : "";
      const server = host === "failing.test" ? failing : host === "silent.test" ? silent : dns;
      const resolver = host.endsWith(".test") ? `, resolver: { servers: ["${server.address}"] }` : "";
      const tls = `tls: { ca: { env: CA }${pin === true ? `, pins: ["sha256/${"A".repeat(43)}="]` : ""} }`;
      const more = options === "" ? "" : `, ${options}`;
      return `  ${name}${kind}: { endpoints: ["https://${host}:${port()}"], ${tls}${more}${resolver}, health: { active: { ${check}, interval: 200ms, timeout: 5s } } }\n`;
    }),
  );
  const names = services.map((service) => service.trim().split(":")[0]!);
  return `gateway: health
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
routes:
${names.map((name) => `  ${name}: { match: { path: "/${name}/**" }, service: ${name}, policies: { public: health } }\n`).join("")}services:
${services.join("")}`;
}

async function endpointOf(service: string): Promise<{ readonly state: string; readonly why?: string }> {
  const { things } = JSON.parse((await get(gateway.adminPort!, "/status")).body) as {
    readonly things: readonly {
      readonly name: string;
      readonly state: { readonly endpoints: readonly { readonly state: string; readonly why?: string }[] };
    }[];
  };
  return things.find(({ name }) => name === `services.${service}`)!.state.endpoints[0]!;
}

const soon = { timeout: 30_000, interval: 50 };

describe("checks over https say why an endpoint does not work, over HTTP and by a connection alone", () => {
  it.each(wrongs.map((wrong) => [wrong.name, wrong] as const))("%s", async (name, { state, why }) => {
    for (const service of [name, `${name}Tcp`]) {
      const expected = why === "" ? { state } : { state, why };
      await expect.poll(() => endpointOf(service), soon).toMatchObject(expected);
      if (why === "") expect(await endpointOf(service)).not.toHaveProperty("why");
      else
        await expect
          .poll(() => lines.some((line) => line.includes(`services.${service}`) && line.includes(why)), soon)
          .toBe(true);
    }
  });
});
