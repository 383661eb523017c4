import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { component } from "../harness/component.ts";
import { freePort } from "../harness/free-port.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { observed, shop } from "./gateways.ts";
import { started } from "./server.ts";

const run = promisify(execFile);

test("Alertmanager takes the configuration, and routes pages and tickets apart", async () => {
  const folder = temporaryFolder({ "a.yaml": (await observed(shop)).get("alertmanager/alertmanager.yaml")! });
  const amtool = await component("amtool");
  await run(amtool, ["check-config", `${folder}/a.yaml`]);
  const receiver = async (severity: string): Promise<string> =>
    (await run(amtool, ["config", "routes", "test", `--config.file=${folder}/a.yaml`, `severity=${severity}`])).stdout.trim();
  expect(await receiver("page")).toBe("gatewright-page");
  expect(await receiver("ticket")).toBe("gatewright-ticket");
});

test("traps/telemetry row 37: of all tiers that burn, one makes a notification, and another objective makes its own", {
  timeout: 60_000,
}, async () => {
  const url = await startAlertmanager((await observed(shop)).get("alertmanager/alertmanager.yaml")!);
  const burning = (objective: string, tier: string, severity: string): object => ({
    labels: { alertname: "GatewrightErrorBudgetBurns", job: "shop", objective, about: "availability", tier, severity },
  });
  const alerts = [
    ...["1", "2"].map((tier) => burning("orders", tier, "page")),
    ...["3", "4"].map((tier) => burning("orders", tier, "ticket")),
    burning("catalog", "4", "ticket"),
    { labels: { alertname: "GatewrightServiceUnreached", job: "shop", service: "orders", severity: "ticket" } },
    { labels: { alertname: "GatewrightNoEndpoint", job: "shop", instance: "a", service: "orders", severity: "page" } },
  ];
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts),
  });
  expect(answer.status, await answer.text()).toBe(200);
  await expect
    .poll(() => active(url), { timeout: 20_000, interval: 50 })
    .toEqual(["GatewrightErrorBudgetBurns catalog 4", "GatewrightErrorBudgetBurns orders 1", "GatewrightNoEndpoint  "]);
});

interface Shown {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: string };
}

/** Alerts that somebody is told of; empty while Alertmanager has not judged all of them. */
async function active(url: string): Promise<readonly string[]> {
  const all = (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly Shown[];
  if (all.length < 7 || all.some(({ status }) => status.state === "unprocessed")) return [];
  return all
    .filter(({ status }) => status.state === "active")
    .map(({ labels }) => `${labels.alertname} ${labels.objective ?? ""} ${labels.tier ?? ""}`)
    .sort();
}

async function startAlertmanager(config: string): Promise<string> {
  const folder = temporaryFolder({ "alertmanager.yaml": config });
  const port = await freePort();
  const child = spawn(
    await component("prometheus-alertmanager"),
    [
      `--config.file=${folder}/alertmanager.yaml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  return started(child, `http://127.0.0.1:${port}`);
}
