import { execFile } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { component } from "../harness/component.ts";
import { isPrometheusFrom } from "../harness/prometheus-version.ts";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const run = promisify(execFile);
const folder = join(repository, "examples/observability");
const text = (path: string): string => readFileSync(join(folder, path), "utf8");

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[];
}

const { services } = parse(text("compose.yaml")) as { readonly services: Readonly<Record<string, Service>> };
const mounts = Object.values(services).flatMap(({ volumes = [] }) =>
  volumes.map((volume) => volume.split(":") as [string, string, string]),
);
/** Where a container finds what is mounted. */
const mountedAt = (service: string, name: string): string =>
  services[service]!.volumes!.map((one) => one.split(":")[1]!).find((path) => basename(path) === name)!;
const mountOf = (service: string, to: string): string =>
  join(folder, services[service]!.volumes!.find((one) => one.includes(`:${to}`))!.split(":")[0]!);

let said: { readonly stdout: string; readonly stderr: string; readonly code: number };
beforeAll(async () => {
  // Without Docker the one command builds, and says what is missing.
  said = await run(process.execPath, [join(folder, "up.mjs")], { env: { PATH: "" } }).then(
    (done) => ({ ...done, code: 0 }),
    (error: { readonly stdout: string; readonly stderr: string; readonly code: number }) => error,
  );
});

test("the one command builds, and where there is no Docker says so", () => {
  expect(said.code, said.stderr).toBe(1);
  expect(said.stderr).toContain("Docker cannot be started");
  expect(existsSync(join(folder, ".gatewright/out/gateway.mjs"))).toBe(true);
});

test("everything that the compose file mounts or builds is there after the build, and is only read", () => {
  for (const [from, , mode] of mounts) {
    expect(existsSync(join(folder, from)), from).toBe(true);
    expect(mode, from).toBe("ro");
  }
  for (const { build } of Object.values(services))
    if (build !== undefined) expect(readdirSync(join(folder, build))).toContain("Dockerfile");
});

test("Compose takes the file, and would not take one with a word that it does not know", async () => {
  const compose = await component("docker-compose");
  // Debian's is from before projects had a name (compose-specification, "Version and name top-level elements").
  const { name, ...known } = parse(text("compose.yaml")) as Readonly<Record<string, object>>;
  expect(name).toBe("gatewright-observability");
  const config = (file: object) => {
    const path = join(temporaryFolder({ "compose.yaml": stringify(file) }), "compose.yaml");
    return run(compose, ["--file", path, "--project-directory", folder, "config"]);
  };
  const read = parse((await config(known)).stdout) as { readonly services: Readonly<Record<string, Service>> };
  expect(Object.keys(read.services).sort()).toEqual(Object.keys(services).sort());
  await expect(config({ services: { ...services, orders: { ...services.orders, volume: [] } } })).rejects.toThrow(
    "Unsupported config option for services.orders: 'volume'",
  );
});

test("whoever is called by another container is called at a port that it has", () => {
  /** Of the images, as their documentation has them, and of our own files. */
  const listens: Readonly<Record<string, readonly number[]>> = {
    shop: [8080, 9090],
    orders: [9000],
    prometheus: [9090],
    alertmanager: [9093],
    grafana: [3000],
    jaeger: [16686, 4318],
  };
  const files = ["compose.yaml", "prometheus.yaml", "gateway.yaml", "grafana/datasources.yaml"];
  const called = files.flatMap((file) =>
    [...text(file).matchAll(/(?:http:\/\/|")([a-z]+):(\d+)\b/g)].map(([, host, port]) => [host!, Number(port)] as const),
  );
  expect(new Set(called.map(([host]) => host))).toEqual(new Set(["shop", "orders", "prometheus", "alertmanager", "jaeger"]));
  for (const [host, port] of called) expect(listens[host], `${host}:${port}`).toContain(port);
  expect(text("service.mjs")).toContain("process.env.PORT ?? 9000");
  // What is published is what the page and the command name, and is a port of the container.
  const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
    ports.map((port) => [name, ...port.split(":").map(Number)] as [string, number, number]),
  );
  for (const [name, , inside] of published) expect(listens[name], name).toContain(inside);
  const outside = published.map(([, port]) => String(port)).sort();
  for (const file of ["README.md", "up.mjs"]) {
    const named = [...text(file).matchAll(/http:\/\/localhost:(\d+)/g)].map(([, port]) => port!);
    expect([...new Set(named)].sort(), file).toEqual(outside);
  }
});

test("images have versions of their publishers, services need services that there are, and no two have one port", () => {
  const known = Object.keys(services);
  for (const { image, build, depends_on = [] } of Object.values(services)) {
    if (build === undefined) expect(image).toMatch(/^([a-z]+\/)?[a-z]+:v?\d+(\.\d+\.\d+|-alpine)$/);
    for (const needed of depends_on) expect(known).toContain(needed);
  }
  const ports = Object.values(services).flatMap(({ ports: own = [] }) => own.map((port) => port.split(":")[0]));
  expect(new Set(ports).size).toBe(ports.length);
});

test("Prometheus takes its configuration with what is generated, and asks the gateway under its name", async () => {
  const { scrape_config_files: files, ...config } = parse(text("prometheus.yaml")) as {
    readonly scrape_config_files: readonly string[];
    readonly rule_files: readonly string[];
  };
  const generated = mountOf("prometheus", "/etc/prometheus/shop");
  const scraped = files.flatMap((file) => {
    const { scrape_configs: jobs } = parse(readFileSync(join(generated, basename(file)), "utf8")) as {
      readonly scrape_configs: readonly object[];
    };
    return jobs;
  });
  expect(scraped).toEqual([{ job_name: "shop", metrics_path: "/metrics", static_configs: [{ targets: ["shop:9090"] }] }]);
  expect(services).toHaveProperty("shop");
  if (await isPrometheusFrom("promtool", 2, 43)) {
    // Where the container has it, as it is.
    const container = temporaryFolder({ "prometheus.yaml": text("prometheus.yaml") });
    cpSync(generated, join(container, basename(mountedAt("prometheus", "shop"))), { recursive: true });
    const { stdout } = await run(await component("promtool"), ["check", "config", join(container, "prometheus.yaml")]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
    return;
  }
  // Scrape configurations in files of their own are read since Prometheus 2.43, which Debian's is older than.
  const whole = {
    ...config,
    rule_files: config.rule_files.map((file) => join(generated, basename(file))),
    scrape_configs: scraped,
  };
  const path = join(temporaryFolder({ "prometheus.yaml": stringify(whole) }), "prometheus.yaml");
  expect((await run(await component("promtool"), ["check", "config", path])).stdout).toMatch(/SUCCESS: \d+ rules found/);
});

test("Alertmanager takes its configuration", async () => {
  const path = join(mountOf("alertmanager", "/etc/alertmanager"), "alertmanager.yaml");
  expect((await run(await component("amtool"), ["check-config", path])).stdout).toContain("inhibit rules");
});

test("Grafana finds dashboards and a source of their figures", () => {
  const { providers } = parse(text("grafana/dashboards.yaml")) as {
    readonly providers: readonly { readonly options: { readonly path: string } }[];
  };
  const dashboards = readdirSync(mountOf("grafana", providers[0]!.options.path));
  expect(dashboards).toEqual(["api.json", "limits.json", "node.json", "overview.json", "security.json", "service.json"]);
  const { datasources } = parse(text("grafana/datasources.yaml")) as {
    readonly datasources: readonly { readonly type: string; readonly url: string }[];
  };
  expect(datasources[0]!.type).toBe("prometheus");
  for (const file of dashboards) {
    const { templating } = JSON.parse(readFileSync(join(mountOf("grafana", providers[0]!.options.path), file), "utf8")) as {
      readonly templating: { readonly list: readonly { readonly type: string; readonly query: unknown }[] };
    };
    const wanted = templating.list.filter(({ type }) => type === "datasource").map(({ query }) => query);
    // A dashboard asks for a kind of source, of which there is one (traps/telemetry row 36).
    for (const kind of wanted)
      expect(
        datasources.filter(({ type }) => type === kind),
        file,
      ).toHaveLength(1);
    expect(wanted, file).toContain("prometheus");
  }
  for (const { url } of datasources) expect(Object.keys(services)).toContain(new URL(url).hostname);
});

test.each(["service.mjs", "clients.mjs", "up.mjs"])("%s parses", async (file) => {
  await run(process.execPath, ["--check", join(folder, file)]);
});
