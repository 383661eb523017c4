import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { objectiveLines } from "../../compiler/commands/explain/objectives.ts";
import { compileProject } from "../harness/compile-project.ts";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { observed, shop } from "./gateways.ts";
import { liveGateway } from "./live-gateway.ts";
import { watched } from "./watched.ts";

const run = promisify(execFile);

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const rulesOf = (files: ReadonlyMap<string, string>): readonly Rule[] =>
  (
    parse(files.get("prometheus/rules.yaml")!) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
  ).groups.flatMap(({ rules }) => rules);

/** What is counted for each objective, as its shortest recording says. */
const counted = (files: ReadonlyMap<string, string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    rulesOf(files)
      .filter(({ record }) => record === "objective:gatewright_requests_bad:rate5m")
      .map(({ labels, expr }) => [`${labels.objective} ${labels.about}`, /\{([^}]*)\}/.exec(expr)![1]!]),
  );

const withPolicies = (policies: string, gateway = shop["gateway.yaml"]!): Readonly<Record<string, string>> => ({
  ...shop,
  "gateway.yaml": gateway,
  "policies.yaml": policies,
});

describe("which operations are counted together", () => {
  test("those that get an objective from the same place, of each API alone; narrower places take theirs out", async () => {
    expect(counted(await observed(shop))).toEqual({
      "catalog availability": 'job="shop",api="catalog",status=~"5.."',
      "catalog p99": 'job="shop",api="catalog"',
      "orders availability":
        'job="shop",api="orders",version="v1",operation=~"orders\\\\.v1\\\\.getOrder|orders\\\\.v1\\\\.listOrders",status=~"5.."',
      // Its window is its own, so that both of its objectives are.
      "orders p99": 'job="shop",api="orders",version="v1",operation!~"orders\\\\.v1\\\\.cancelOrder"',
      "orders.v1.cancelOrder availability":
        'job="shop",api="orders",version="v1",operation="orders.v1.cancelOrder",status=~"5.."',
      "orders.v1.cancelOrder p99": 'job="shop",api="orders",version="v1",operation="orders.v1.cancelOrder"',
      "orders.v1.tags.write availability": 'job="shop",api="orders",version="v1",operation="orders.v1.createOrder",status=~"5.."',
    });
  });

  test("per: operation makes one for each, per: service one for each service", async () => {
    const gateway = (per: string): string =>
      shop["gateway.yaml"]!.replace(
        "objectives: { availability: 99.9%, latency: { p99: 1s } }",
        `objectives: { availability: 99%, per: ${per} }`,
      );
    expect(Object.keys(counted(await observed(withPolicies("{}", gateway("operation")))))).toEqual([
      "catalog.v1.listProducts availability",
      "orders.v1.cancelOrder availability",
      "orders.v1.createOrder availability",
      "orders.v1.getOrder availability",
      "orders.v1.listOrders availability",
    ]);
    expect(Object.keys(counted(await observed(withPolicies("{}", gateway("service")))))).toEqual([
      "services.catalog availability",
      "services.orders availability",
    ]);
  });

  test("an operation whose objectives are off is in none", async () => {
    const files = await observed(withPolicies("tags: { write: { objectives: off } }"));
    expect(counted(files)["orders availability"]).toContain(
      'operation=~"orders\\\\.v1\\\\.getOrder|orders\\\\.v1\\\\.listOrders"',
    );
  });
});

test("explain says what an operation promises, and with which others it is counted", async () => {
  const { ir } = await compileProject(new Map(Object.entries(shop)));
  const lines = (operationId: string): readonly string[] =>
    objectiveLines(ir?.operations.find((operation) => operation.operationId === operationId)?.objectives);
  expect(lines("createOrder")).toEqual([
    "objectives 99.5% of requests do not fail over 30 days, counted as orders.v1.tags.write  (policies.yaml:2)",
    "           99% of requests take at most 1s over 30 days, counted as orders  (gateway.yaml:15)",
  ]);
  expect(lines("cancelOrder")[1]).toBe(
    "           99% of requests take at most 300ms over 7 days, counted as orders.v1.cancelOrder  (policies.yaml:4)",
  );
});

describe("tiers", () => {
  const thresholds = async (objectives: string): Promise<readonly string[]> => {
    const files = await observed({
      ...shop,
      "policies.yaml": "{}",
      "gateway.yaml": shop["gateway.yaml"]!.replace(/objectives: .*/, `objectives: ${objectives}`),
    });
    return rulesOf(files)
      .filter(({ alert, expr }) => alert?.endsWith("BudgetBurns") && expr.includes('objective="catalog"'))
      .map(({ expr, labels }) => `${labels.tier} ${labels.severity} ${/> ([\d.]+)/.exec(expr)![1]}`);
  };

  test.each([
    // SRE workbook, chapter 5, table 5-8: 14.4, 6, 3 and 1 for 30 days.
    ["{ availability: 99.9% }", ["1 page 0.0144", "2 page 0.006", "3 ticket 0.003", "4 ticket 0.001"]],
    // traps/telemetry C8 (pyrra#775): the factors follow the window, and never fall below 1.
    ["{ availability: 99.9%, window: 28d }", ["1 page 0.01344", "2 page 0.0056", "3 ticket 0.0028", "4 ticket 0.001"]],
    ["{ availability: 99.9%, window: 90d }", ["1 page 0.0432", "2 page 0.018", "3 ticket 0.009", "4 ticket 0.003"]],
    ["{ availability: 99.9%, window: 7d }", ["1 page 0.00336", "2 page 0.0014", "3 ticket 0.001", "4 ticket 0.001"]],
    // More than all requests cannot be bad.
    ["{ availability: 90% }", ["2 page 0.6", "3 ticket 0.3", "4 ticket 0.1"]],
    ["{ latency: { p50: 100ms } }", ["4 ticket 0.5"]],
  ])("%s: %j", async (objectives, expected) => expect(await thresholds(objectives)).toEqual(expected));
});

describe("what is written", () => {
  test("nothing without metrics", async () => {
    const gateway = shop["gateway.yaml"]!.replace("  metrics: {}\n", "").replace(/ {2}objectives: .*\n/, "");
    expect([...(await observed(withPolicies("{}", gateway))).keys()]).toEqual([]);
  });

  test("only for what the gateway uses", async () => {
    const plain = `gateway: plain
compatibility: 2026-12-01
listeners: { public: { port: 8080 }, admin: { port: 9090 } }
routes: { all: { match: { path: "/**" }, policies: { public: a test, respond: { body: "ok" } } } }
policies: { metrics: { process: false } }
`;
    const files = await observed({ "gateway.yaml": plain });
    expect([...files.keys()].sort()).toEqual([
      "alertmanager/alertmanager.yaml",
      "grafana/api.json",
      "grafana/limits.json",
      "grafana/overview.json",
      "grafana/security.json",
      "prometheus/rules.yaml",
      "prometheus/scrape.yaml",
      "prometheus/service-monitor.yaml",
      "runbooks/GatewrightAbsent.md",
      "runbooks/GatewrightFills.md",
      "runbooks/GatewrightLogLinesLost.md",
      "runbooks/GatewrightRefuses.md",
    ]);
  });

  test.each([
    ["objectives everywhere", shop],
    ["everything to watch", watched],
    ["everything at once", liveGateway],
  ])("%s: Prometheus takes rules and scrape configuration, and each alert has its page", async (_name, project) => {
    const files = await observed(project);
    const jobs = parse(files.get("prometheus/scrape.yaml")!) as object;
    const folder = temporaryFolder({
      "rules.yaml": files.get("prometheus/rules.yaml")!,
      "prometheus.yaml": stringify({ rule_files: ["rules.yaml"], ...jobs }),
    });
    const promtool = await component("promtool");
    await run(promtool, ["check", "config", `${folder}/prometheus.yaml`]);
    await run(promtool, ["check", "rules", "--lint=all", "--lint-fatal", `${folder}/rules.yaml`]);
    const alerts = rulesOf(files).filter(({ alert }) => alert !== undefined);
    for (const { alert, annotations, labels } of alerts) {
      expect(annotations?.runbook).toBe(`observability/runbooks/${alert}.md`);
      expect(files.get(`runbooks/${alert}.md`)).toContain(`# ${alert}\n`);
      expect(["page", "ticket"]).toContain(labels.severity);
    }
    const pages = [...files.keys()].filter((path) => path.startsWith("runbooks/"));
    expect(pages.sort()).toEqual([...new Set(alerts.map(({ alert }) => `runbooks/${alert}.md`))].sort());
  });

  test("names of users cannot end a string of PromQL", async () => {
    const files = await observed({
      ...shop,
      "policies.yaml": `tags: { 'a"b\\c': { objectives: { availability: 99% } } }`,
      "orders.yaml": shop["orders.yaml"]!.replace("tags: [read]", `tags: ['a"b\\c']`),
    });
    const folder = temporaryFolder({ "rules.yaml": files.get("prometheus/rules.yaml")! });
    await run(await component("promtool"), ["check", "rules", `${folder}/rules.yaml`]);
    expect(rulesOf(files).map(({ labels }) => labels.objective)).toContain('orders.v1.tags.a"b\\c');
  });

  test("OpenSLO: the subset that its readers share, one objective each", async () => {
    const documents = parseAllDocuments((await observed(shop)).get("openslo/objectives.yaml")!).map(
      (document) =>
        document.toJS() as {
          readonly kind: string;
          readonly apiVersion: string;
          readonly metadata: { readonly name: string };
          readonly spec: Readonly<Record<string, unknown>>;
        },
    );
    expect(documents.map(({ apiVersion }) => apiVersion)).toEqual(Array.from({ length: 8 }, () => "openslo/v1"));
    expect(documents[0]!.kind).toBe("Service");
    expect(documents[1]).toMatchObject({
      kind: "SLO",
      metadata: { name: "catalog-availability" },
      spec: {
        service: "shop",
        budgetingMethod: "Occurrences",
        timeWindow: [{ duration: "30d", isRolling: true }],
        objectives: [{ target: 0.999 }],
        indicator: { spec: { ratioMetric: { counter: true } } },
      },
    });
    for (const { metadata } of documents) expect(metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    expect(new Set(documents.slice(1).map(({ metadata }) => metadata.name)).size).toBe(7);
  });
});
