import { spawn } from "node:child_process";
import { connect } from "node:tls";
import { Agent } from "undici";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { makeAuthority } from "../harness/certificates.ts";
import { component } from "../harness/component.ts";
import { freePort } from "../harness/free-port.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { buildForTest, startGateway } from "../harness/running-gateway.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { RedisServer } from "../stores/support/redis-server.ts";
import { observed } from "./gateways.ts";
import { liveGateway } from "./live-gateway.ts";
import { started } from "./server.ts";

interface Target {
  readonly expr: string;
}
interface Model {
  readonly uid: string;
  readonly title: string;
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query: string | { readonly query: string };
    }[];
  };
  readonly panels: readonly { readonly title: string; readonly type: string; readonly targets: readonly Target[] }[];
}

let files: ReadonlyMap<string, string> = new Map();
beforeAll(async () => {
  files = await observed(liveGateway);
});

const dashboards = (): readonly Model[] =>
  [...files].filter(([path]) => path.startsWith("grafana/")).map(([, text]) => JSON.parse(text) as Model);

test("every query of every panel, every variable and every name in a rule has series of a gateway that was scraped", {
  timeout: 90_000,
}, async () => {
  const { prometheus, traffic } = await scraped();
  const ask = async (path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> => {
    const answer = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const body = (await answer.json()) as { readonly status: string; readonly data: unknown; readonly error?: string };
    if (body.status !== "success") throw new Error(`${body.error}: ${JSON.stringify(parameters)}`);
    return body.data;
  };
  const values = async (expr: string): Promise<readonly string[]> => {
    const { result } = (await ask("query", { query: expr })) as {
      readonly result: readonly { readonly value: readonly [number, string] }[];
    };
    return result.map(({ value }) => value[1]);
  };
  // A query that nothing answers shows that what is missing is noticed.
  const missing = new Map([["control", async () => (await values("gatewright_nothing_total")).length > 0]]);
  for (const { title, panels, templating } of dashboards()) {
    // traps/telemetry row 35: a panel without requests is empty, and never NaN.
    for (const panel of panels)
      for (const { expr } of panel.targets)
        missing.set(`${title} / ${panel.title}: ${expr}`, async () => {
          const found = await values(filled(expr));
          expect(found, expr).not.toContain("NaN");
          return found.length > 0;
        });
    for (const { query, name } of templating.list) {
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(typeof query === "object" ? query.query : "") ?? [];
      if (selector !== undefined)
        missing.set(`${title}: values of ${name}`, async () => {
          const found = (await ask(`label/${label}/values`, { "match[]": selector })) as readonly string[];
          return found.length > 0;
        });
    }
  }
  // What rules read: each metric with each label that is asked for, but what only the rules themselves record.
  for (const [name, labels] of namesInRules(files.get("prometheus/rules.yaml")!))
    missing.set(`rules: ${name}{${[...labels].join(",")}}`, async () => {
      const found = (await ask("series", { "match[]": name })) as readonly Readonly<Record<string, string>>[];
      return [...labels].every((label) => found.some((one) => label in one));
    });
  expect(missing.size).toBeGreaterThan(80);
  await expect
    .poll(
      async () => {
        await traffic();
        await Promise.all([...missing].map(async ([what, isThere]) => void ((await isThere()) && missing.delete(what))));
        return [...missing.keys()].sort();
      },
      { timeout: 60_000, interval: 200 },
    )
    .toEqual(["control"]);
});

/** As Grafana does where everything is chosen. */
const filled = (expr: string): string =>
  expr.replaceAll("$__rate_interval", "10s").replaceAll(/\$(instance|api|service)\b/g, ".*");

function namesInRules(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[] };
  const names = new Map<string, Set<string>>();
  for (const { expr } of groups.flatMap(({ rules }) => rules)) {
    const by = [...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(", "));
    for (const [, name, matchers] of expr.matchAll(/([a-z_:][a-z0-9_:]*)\{((?:[^}"]|"(?:\\.|[^"\\])*")*)\}/g)) {
      // Spans beyond a minute have no series after some seconds: that of five minutes is recorded alike.
      if (name!.startsWith("objective:") && !name!.endsWith("5m")) continue;
      const asked = [...matchers!.matchAll(/(\w+)(?:=|!=|=~|!~)"/g)].map(([, label]) => label!);
      // A breaker for the service as a whole names no operation.
      const own = [...asked, ...by].filter((label) => !(name === "gatewright_service_breaker_open" && label === "operation"));
      const known = names.get(name!) ?? new Set();
      for (const label of own) known.add(label);
      names.set(name!, known);
    }
  }
  return names;
}

/** The gateway under mixed traffic, and a Prometheus that scrapes it each second and evaluates the rules of the build. */
async function scraped(): Promise<{ readonly prometheus: string; readonly traffic: () => Promise<void> }> {
  const authority = await makeAuthority();
  const { certificate, key } = authority.issue("shop", ["IP:127.0.0.1"]);
  const folder = temporaryFolder({
    ...liveGateway,
    "tls.pem": certificate,
    "tls.key": key,
    "ca.pem": authority.certificate,
    "keys.json": JSON.stringify({ keys: [await publicKey()] }),
  });
  const redis = await RedisServer.start();
  onTestFinished(() => redis.end());
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const copies = await startUpstream();
  copies.answer = { status: 404, headers: [], body: "" };
  onTestFinished(() => copies.close());
  const built = await buildForTest(`${folder}/gateway.yaml`);
  onTestFinished(built.dispose);
  expect(built.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const environment = { UPSTREAM: upstream.url, COPIES: copies.url, REDIS_URL: redis.url, ADMIN_KEY: "key-of-an-operator-0001" };
  const gateway = await startGateway(built.out, environment, { cwd: folder });
  onTestFinished(() => gateway.stop());
  const rules = temporaryFolder(Object.fromEntries([...files].filter(([path]) => path.startsWith("prometheus/"))));
  const { scrape_configs: jobs } = parse(files.get("prometheus/scrape.yaml")!) as { readonly scrape_configs: readonly object[] };
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [`${rules}/prometheus/rules.yaml`],
    scrape_configs: jobs.map((job) => ({ ...job, static_configs: [{ targets: [`127.0.0.1:${gateway.adminPort}`] }] })),
  };
  const home = temporaryFolder({ "prometheus.yaml": stringify(config) });
  const port = await freePort();
  const child = spawn(
    await component("prometheus"),
    [`--config.file=${home}/prometheus.yaml`, `--storage.tsdb.path=${home}/data`, `--web.listen-address=127.0.0.1:${port}`],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const prometheus = await started(child, `http://127.0.0.1:${port}`);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  onTestFinished(() => dispatcher.destroy());
  const send = async (method: "GET" | "POST", path: string, headers: Readonly<Record<string, string>> = {}): Promise<void> => {
    const answer = await dispatcher.request({ origin: `https://127.0.0.1:${gateway.port}`, method, path, headers });
    await answer.body.dump();
  };
  const traffic = async (): Promise<void> => {
    upstream.answer = { status: 200, headers: [], body: "" };
    await Promise.all([
      ...["/orders", "/limited", "/hidden", "/gone", "/partner", "/zoned"].map((path) => send("GET", path)),
      send("GET", "/secret", { authorization: "Bearer a.b.c" }),
      send("POST", "/orders"),
      send("POST", "/orders?dry=true"),
      unreadable(gateway.port),
    ]);
    upstream.answer = { status: 500, headers: [], body: "" };
    await send("GET", "/fails");
    // How long answers of zones take is looked at each second.
    await gateway.advance(500);
  };
  return { prometheus, traffic };
}

async function publicKey(): Promise<object> {
  const { publicKey: key } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  return { ...(await crypto.subtle.exportKey("jwk", key)), kid: "one", use: "sig", alg: "ES256" };
}

/** Bytes that are no request. */
function unreadable(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => socket.write("no request\r\n\r\n"));
    socket.once("error", reject);
    socket.once("close", () => resolve());
    socket.resume();
  });
}
