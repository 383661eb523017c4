import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { RedisStoreConfig, RedisTls } from "../../runtime/stores/redis/config.ts";
import { built } from "../faults/gateway.ts";
import { type Authority, type Certified, makeAuthority } from "../harness/certificates.ts";
import { freePort } from "../harness/free-port.ts";
import { sendRequest } from "../harness/http-client.ts";
import { type RunningGateway, startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { RedisServer, until } from "./support/redis-server.ts";
import { limits, outcome, startedStore, startValue } from "./support/redis-store.ts";

let authority: Authority;
let other: Authority;
let certified: Certified;
beforeAll(async () => {
  authority = await makeAuthority("authority of the store");
  other = await makeAuthority("authority of others");
  certified = authority.issue("redis", ["IP:127.0.0.1"]);
});

interface Secured {
  readonly server: RedisServer;
  readonly url: string;
}

/** A server with a port for TLS, beside the one by which the test asks it. */
async function secured(of: Certified = certified, clients: "yes" | "no" = "no"): Promise<Secured> {
  const folder = temporaryFolder({ "ca.pem": authority.certificate, "server.pem": of.certificate, "server.key": of.key });
  const port = await freePort();
  const files = ["cert", "key", "ca-cert"].flatMap((what, index) => [
    `--tls-${what}-file`,
    join(folder, ["server.pem", "server.key", "ca.pem"][index]!),
  ]);
  const server = await RedisServer.start({ args: ["--tls-port", String(port), ...files, "--tls-auth-clients", clients] });
  onTestFinished(() => server.end());
  return { server, url: `rediss://127.0.0.1:${port}` };
}

const trusting = (ca: Authority, more: Partial<RedisTls> = {}): { readonly tls: RedisTls } => ({
  tls: { ca: startValue(ca.certificate), ...more },
});

describe("a connection by TLS", () => {
  it("stands where the authority of the server's certificate is named, and counts for all instances", async () => {
    const { url } = await secured();
    const stores = await Promise.all([startedStore(url, trusting(authority)), startedStore(url, trusting(authority))]);
    const [one, two] = stores.map(({ store }) => store.counters(limits.bucket(2)));
    expect([await outcome(one!), await outcome(two!), await outcome(one!)]).toEqual(["passed", "passed", "refused"]);
  });

  it("asks for the name that is given, and finds it in the certificate", async () => {
    const { url } = await secured(authority.issue("redis", ["DNS:redis.internal"]));
    const { store } = await startedStore(url, trusting(authority, { serverName: "redis.internal" }));
    expect(await outcome(store.counters(limits.bucket(2)))).toBe("passed");
    await expect(startedStore(url, trusting(authority))).rejects.toThrow(
      /cannot be reached \(IP: 127\.0\.0\.1 is not in the cert's list: \)\. Set `tls\.serverName` to a name in the certificate\.$/,
    );
  });

  it.each([
    ["of another authority", (): Partial<RedisStoreConfig> => trusting(other)],
    ["of none that Node knows", (): Partial<RedisStoreConfig> => ({})],
  ])("is not made to a server with a certificate %s, and says what to set", async (_what, config) => {
    const { url, server } = await secured();
    await expect(startedStore(url, config())).rejects.toThrow(
      /^stores\.default .*\(gateway\.yaml:7\) cannot be reached \(.*certificate.*\)\. Name the authority of its certificate under `tls\.ca`\.$/,
    );
    // Nobody was told a password meanwhile.
    expect([await server.calls("auth"), await server.calls("hello")]).toEqual([0, 0]);
  });

  it("shows the certificate that a server asks of its clients, and says so where there is none", async () => {
    const { url } = await secured(certified, "yes");
    const own = authority.issue("gateway");
    const shown = { certificate: startValue(own.certificate), key: startValue(own.key) };
    const { store } = await startedStore(url, trusting(authority, shown));
    expect(await outcome(store.counters(limits.bucket(2)))).toBe("passed");
    await expect(startedStore(url, trusting(authority))).rejects.toThrow(
      /\(tlsv13 alert certificate required\)\. The server asks for a certificate: set `tls\.certificate` and `tls\.key`\.$/,
    );
  });

  it("is not taken for one without: neither side waits for ever, and the message names `rediss`", async () => {
    const { url, server } = await secured();
    await expect(startedStore(url.replace("rediss:", "redis:"))).rejects.toThrow(
      /whether the server speaks TLS \(`rediss:\/\/`\)/,
    );
    await expect(startedStore(server.url.replace("redis:", "rediss:"), trusting(authority))).rejects.toThrow(
      /whether the server speaks TLS \(`rediss:\/\/`\)/,
    );
  });
});

describe("a user of the ACL", () => {
  const password = "p@ss:w/rd";
  const permitted = (commands: string): string[] => [
    "acl",
    "setuser",
    "gateway",
    "reset",
    "on",
    `>${password}`,
    "~shop:*",
    ...commands.split(" "),
  ];
  /** What the message about NOPERM asks for. */
  const asked = "+eval +evalsha +get +set +del +time +pttl";

  async function withUser(commands = asked): Promise<Secured> {
    const own = await secured();
    const [name, ...args] = permitted(commands);
    await own.server.ask(name!, ...args);
    return own;
  }

  it.each(Object.entries(limits))("needs no more than the commands that are documented: %s", async (_name, limit) => {
    const { url } = await withUser();
    const { store, log } = await startedStore(url, {
      ...trusting(authority),
      user: startValue("gateway"),
      password: startValue(password),
    });
    const counters = store.counters(limit(2));
    expect([await outcome(counters), await outcome(counters), await outcome(counters)]).toEqual(["passed", "passed", "refused"]);
    expect(await counters.look("caller")).toMatchObject({ left: 0 });
    expect(await counters.reset("caller")).toBe(true);
    const values = store.values("sessions");
    expect([await values.set("a", "1", 60_000), await values.get("a"), await values.delete("a")]).toEqual([true, "1", true]);
    expect(log.lines).toEqual([]);
  });

  it("may stand in the URL, with characters that are escaped there", async () => {
    const { url } = await withUser();
    const withBoth = url.replace("//", `//gateway:${encodeURIComponent(password)}@`);
    const { store } = await startedStore(withBoth, trusting(authority));
    expect(await outcome(store.counters(limits.bucket(2)))).toBe("passed");
  });

  it("is told apart from one with a wrong password, and the message names what to check but not the password", async () => {
    const { url } = await withUser();
    const wrong = { ...trusting(authority), user: startValue("gateway"), password: startValue("guessed") };
    const error = await startedStore(url, wrong).catch((reason: unknown) => String(reason));
    expect(error).toMatch(/cannot be reached \(WRONGPASS .*\)\. Check `username` and `password` of the store\.$/);
    expect(error).not.toContain("guessed");
  });

  it("that may not do what is needed is named in the log, with the commands to allow", async () => {
    const { url, server } = await withUser("+get");
    const { store, log } = await startedStore(url, {
      ...trusting(authority),
      user: startValue("gateway"),
      password: startValue(password),
      breaker: { misses: 1, open: 10 },
    });
    const counters = store.counters(limits.bucket(2));
    expect(await counters.take("caller", 1)).toMatchObject({ failed: expect.stringContaining("does not permit the command") });
    expect(log.lines.at(-1)).toContain("Allow EVAL, EVALSHA, GET, SET, DEL, TIME and PTTL");
    const [name, ...args] = permitted(asked);
    await server.ask(name!, ...args);
    await until("it is permitted", async () => (await outcome(counters)) === "passed");
  });
});

describe("a built gateway", () => {
  const gateway = (rule: string): string => `gateway: secured
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
stores:
  default:
    redis:
      url: { env: REDIS_URL }
      username: gateway
      password: { env: REDIS_PASSWORD }
      tls: { ca: { file: ca.pem } }
      timeout: 1s
routes:
  all:
    match: { path: "/**" }
    policies: { public: limits, respond: { status: 200, body: "ok" }, rateLimit: { limit: 2/d, onStoreFailure: ${rule} } }
`;

  async function serving(
    rule: string,
    ca: Authority,
  ): Promise<{ readonly running: RunningGateway; readonly server: RedisServer }> {
    const { url, server } = await secured();
    await server.ask("acl", "setuser", "gateway", "on", ">secret", "~secured:*", "+@all");
    const out = await built({ "gateway.yaml": gateway(rule) });
    const cwd = temporaryFolder({ "ca.pem": ca.certificate });
    const environment = { ...sampleEnvironment([]), REDIS_URL: url, REDIS_PASSWORD: "secret" };
    const running = await startGateway(out, environment, { cwd });
    onTestFinished(() => running.stop());
    return { running, server };
  }

  const status = async ({ port }: RunningGateway): Promise<number> =>
    (await sendRequest(port, { method: "GET", target: "/", headers: [], body: "" })).status;

  it("counts over TLS as the user that it is told", async () => {
    const { running, server } = await serving("refuse", authority);
    await until("it is connected", async () => (await status(running)) !== 503);
    expect([await status(running), await status(running)]).toEqual([200, 429]);
    expect(String(await server.ask("client", "list"))).toMatch(/name=gatewright:secured .*user=gateway/);
  });

  it.each([
    ["refuse", [503, 503, 503]],
    ["allow", [200, 200, 200]],
    ["local", [200, 200, 429]],
  ])("does what is said for failures where the authority is another one: %s", async (rule, expected) => {
    const { running } = await serving(rule, other);
    expect([await status(running), await status(running), await status(running)]).toEqual(expected);
    await until("the admin listener says why", async () => {
      const report = await sendRequest(running.adminPort!, { method: "GET", target: "/status", headers: [], body: "" });
      return (
        report.body.includes("did not start") && report.body.includes("Name the authority of its certificate under `tls.ca`.")
      );
    });
  });
});
