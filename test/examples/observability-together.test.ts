import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { component } from "../harness/component.ts";
import { freePort } from "../harness/free-port.ts";
import { Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { started } from "../observability/server.ts";

const example = join(repository, "examples/observability");

/** Programs of the compose file without their containers: but for ports and names of hosts, everything is as it is there. */
test("gateway, service, clients, Prometheus and Alertmanager find each other, and an alert comes from a service that is gone", async () => {
  const traces = await startCollector();
  const [servicePort, alertmanagerPort] = [await freePort(), await freePort()];
  const service = program(join(example, "service.mjs"), { PORT: String(servicePort) });
  const files = ["openapi.yaml", "policies.yaml"].map((file) => [file, text(file)]);
  const own = { ...Object.fromEntries(files), "gateway.yaml": text("gateway.yaml").replace("port: 9090", "port: 0") };
  const { out, dispose, diagnostics } = await buildForTest(join(temporaryFolder(own), "gateway.yaml"));
  onTestFinished(dispose);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const gateway = program(join(out, "gateway.mjs"), {
    PORT: "0",
    ORDERS_URL: `http://127.0.0.1:${servicePort}`,
    COLLECTOR_URL: traces.url,
  });
  const [, port, adminPort] = await gateway.until(/listens on \S+:(\d+) .*admin on \S+:(\d+)/, "stderr");
  program(join(example, "clients.mjs"), { GATEWAY_URL: `http://127.0.0.1:${port}` });
  const generated = join(out, "observability");
  const alertmanager = await started(
    spawn(
      await component("prometheus-alertmanager"),
      [
        `--config.file=${generated}/alertmanager/alertmanager.yaml`,
        `--storage.path=${temporaryFolder()}`,
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
        "--cluster.listen-address=",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    ),
    `http://127.0.0.1:${alertmanagerPort}`,
  );
  const prometheus = await startPrometheus(generated, Number(adminPort), alertmanagerPort);
  const query = (expression: string): Promise<Samples> => samplesOf(prometheus, expression);

  await expect.poll(() => query('up{job="shop"} == 1'), quickly).toHaveLength(1);
  await expect.poll(() => query('sum(gatewright_requests_total{api="orders",status="200"}) > 10'), quickly).toHaveLength(1);
  await expect.poll(() => traces.batches, quickly).toBeGreaterThan(0);
  const { data } = (await (await fetch(`${prometheus}/api/v1/alertmanagers`)).json()) as {
    readonly data: { readonly activeAlertmanagers: readonly { readonly url: string }[] };
  };
  expect(data.activeAlertmanagers.map(({ url }) => new URL(url).origin)).toEqual([alertmanager]);
  // Nobody has to wait for the minute that the alert does.
  await service.stop();
  const pending = 'ALERTS{alertname="GatewrightNoEndpoint",service="orders",alertstate="pending"}';
  await expect.poll(() => query(pending), quickly).toHaveLength(1);
});

const quickly = { timeout: 30_000, interval: 100 };

type Samples = readonly object[];

const text = (path: string): string => readFileSync(join(example, path), "utf8");

function program(file: string, env: Readonly<Record<string, string>>): Program {
  const started = new Program(file, [], { env });
  onTestFinished(async () => {
    await started.stop();
  });
  return started;
}

/** Counts what comes on the port that Jaeger has for OTLP. */
async function startCollector(): Promise<{ readonly url: string; readonly batches: number }> {
  let batches = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      if (request.url === "/v1/traces") batches++;
      response.writeHead(200, { "Content-Type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get batches() {
      return batches;
    },
  };
}

async function startPrometheus(generated: string, adminPort: number, alertmanagerPort: number): Promise<string> {
  const { scrape_config_files: _, ...config } = parse(text("prometheus.yaml")) as Readonly<Record<string, object>>;
  const { scrape_configs: jobs } = parse(readFileSync(join(generated, "prometheus/scrape.yaml"), "utf8")) as {
    readonly scrape_configs: readonly object[];
  };
  const here = (port: number) => [{ targets: [`127.0.0.1:${port}`] }];
  const folder = temporaryFolder({
    "prometheus.yaml": stringify({
      ...config,
      global: { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "500ms" },
      rule_files: [join(generated, "prometheus/rules.yaml")],
      // Debian's Prometheus reads none from files of their own; `.ci/prometheus` checks the file as it is.
      scrape_configs: jobs.map((job) => ({ ...job, static_configs: here(adminPort) })),
      alerting: { alertmanagers: [{ static_configs: here(alertmanagerPort) }] },
    }),
  });
  const port = await freePort();
  const child = spawn(
    await component("prometheus"),
    [`--config.file=${folder}/prometheus.yaml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  return started(child, `http://127.0.0.1:${port}`);
}

async function samplesOf(prometheus: string, expression: string): Promise<Samples> {
  const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`);
  return ((await answer.json()) as { readonly data: { readonly result: Samples } }).data.result;
}
