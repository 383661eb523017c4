import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { component } from "../harness/component.ts";
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
  // As the files of scrape configurations are read since Prometheus 2.43, which Debian's is older than.
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
  for (const { url } of datasources) expect(Object.keys(services)).toContain(new URL(url).hostname);
});

test.each(["service.mjs", "clients.mjs", "up.mjs"])("%s parses", async (file) => {
  await run(process.execPath, ["--check", join(folder, file)]);
});
