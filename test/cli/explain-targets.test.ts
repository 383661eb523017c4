import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { placeOf, seedOf } from "../../runtime/policies/split/unit-hash.ts";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { project } from "./project.ts";

const shop = {
  ...project,
  "gateway.yaml": `${project["gateway.yaml"]!.replace(
    "services:",
    'services:\n  canary: { endpoints: ["http://127.0.0.1:9101"] }\n  next: { endpoints: ["http://127.0.0.1:9102"] }',
  )}policies:
  requestId: {}
  securityHeaders: {}
  rateLimit: { limit: 600/m, when: "peer.ip != '127.0.0.1'" }
`,
};

const run = async (args: readonly string[], policies: string): Promise<string> => {
  const { code, stdout, stderr } = await gatewright(args, { cwd: temporaryFolder({ ...shop, "policies.yaml": policies }) });
  expect(code, stderr).toBe(0);
  return stdout;
};

test("explain shows each arm of a `split` with its share and by what users are told apart, and who may stay", async () => {
  const policies = `operations:
  listOrders:
    split: { name: orders-2, to: { canary: { share: 5%, always: "request.method == 'HEAD'" }, next: 0.5% }, sticky: peer.ip }
`;
  const stdout = await run(["explain", "GET /orders"], policies);
  const ends = stdout.split("\n").filter((line) => /^(forward|answer)/.test(line));
  expect(ends).toEqual([
    "forward    canary: http://127.0.0.1:9101/orders, 5% in experiment orders-2 (by `peer.ip`, those without one stay), always where `request.method == 'HEAD'`  (policies.yaml:3)",
    "forward    next: http://127.0.0.1:9102/orders, 0.5% in experiment orders-2 (by `peer.ip`, those without one stay)  (policies.yaml:3)",
    expect.stringMatching(/^forward {4}orders: \S+$/),
  ]);
});

test("explain shows what a roll-out is judged by, and which service a user gets at each of its shares", async () => {
  const policies = `operations:
  listOrders:
    split:
      name: orders-2
      to: { canary: 0% }
      sticky: peer.ip
      steps: [1%, { share: 40%, until: 2026-12-01T09:00:00+01:00 }, 100%]
      analysis: { errors: 0.1%, latency: { p99: 300ms } }
`;
  const about = async (...more: string[]): Promise<readonly string[]> =>
    (await run(["explain", "GET /orders", ...more], policies))
      .split("\n")
      .filter((line) => /^(forward|roll-out|user)/.test(line));
  expect(await about()).toEqual([
    "roll-out   orders-2: 1% → 40% → 100%; back where more than 0.1% fail or more than 1% take over 300ms (p99), and more than with the old service; at most 1% of good releases; 200 requests a step; store default  (policies.yaml:3)",
    "forward    canary: http://127.0.0.1:9101/orders, 1% → 40% → 100% in experiment orders-2 (by `peer.ip`, those without one stay)  (policies.yaml:3)",
    expect.stringMatching(/^forward {4}orders: \S+$/),
  ]);
  const place = placeOf(seedOf("orders-2"), "192.0.2.7") / 2 ** 32;
  const early = place < 0.01 ? "1%, 40%, 100%" : place < 0.4 ? "40%, 100%" : "100%";
  const late = ["0%", ...(place < 0.01 ? [] : ["1%"]), ...(place < 0.4 ? [] : ["40%"])].join(", ");
  expect((await about("--user", "192.0.2.7"))[1]).toBe(
    `user       192.0.2.7 in orders-2: place ${Number((place * 100).toFixed(4))}%; orders at ${late}, canary at ${early}`,
  );
  const { code, stderr } = await gatewright(["explain", "GET /orders", "--user", "x"], { cwd: temporaryFolder(shop) });
  expect([code, stderr]).toEqual([2, expect.stringContaining("No `split` runs for this request")]);
});

test("explain shows which region a release comes to after which, and what one that fails does to the others", async () => {
  const policies = `operations:
  listOrders:
    split:
      to: { canary: 0% }
      steps: [1%, 100%]
      regions: { here: "\${env:REGION}", order: [eu, { region: us, steps: [10%, 50%, 100%] }], others: hold }
      analysis: { errors: 0.1%, store: shared }
`;
  const gateway = `${shop["gateway.yaml"]}stores: { default: { memory: {} }, shared: { redis: { url: "redis://127.0.0.1:6379" } } }\n`;
  const cwd = temporaryFolder({ ...shop, "gateway.yaml": gateway, "policies.yaml": policies });
  const { code, stdout, stderr } = await gatewright(["explain", "GET /orders"], { cwd });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(
    "roll-out   canary: 1% → 100% in eu, then 10% → 50% → 100% in us; back where more than 0.1% fail, and more than with the old service; at most 1% of good releases; 200 requests a step; here ${env:REGION}, where it is rolled back in one region, the others keep what they have; store shared",
  );
});

describe("where `routeTo` sends", () => {
  const policies = `operations:
  listOrders:
    routeTo: [{ service: canary, when: "request.query['beta'] == '1'" }, { service: next }]
`;

  test("explain lists every end in the order in which it is decided, and the own service only where it can be reached", async () => {
    const stdout = await run(["explain", "GET /orders?beta=1"], policies);
    const ends = stdout.split("\n").filter((line) => /^(forward|answer)/.test(line));
    expect(ends).toEqual([
      expect.stringMatching(
        /^forward {4}canary: http:\/\/127\.0\.0\.1:9101\/orders\?beta=1, where request\.query\['beta'\] == '1' {2}\(policies\.yaml:3\)$/,
      ),
      expect.stringMatching(/^forward {4}next: http:\/\/127\.0\.0\.1:9102\/orders\?beta=1 {2}\(policies\.yaml:3\)$/),
    ]);
  });

  test("an answer of the gateway's own that has a condition is one of the ends", async () => {
    const closed = `operations: { listOrders: { respond: { status: 503, when: "request.query['closed'] == '1'" } } }\n`;
    const stdout = await run(["explain", "GET /orders"], closed);
    expect(stdout).toMatch(/^answer {5}by respond; nothing is forwarded, where request\.query\['closed'\] == '1' /m);
    expect(stdout).toMatch(/^forward {4}orders: /m);
    expect(await run(["routes"], closed)).toContain(
      "answered by respond where request.query['closed'] == '1'; otherwise orders/",
    );
  });

  test("routes and coverage name the same services", async () => {
    const [row] = JSON.parse(await run(["routes", "--format", "json"], policies)) as { target: string; services: string[] }[];
    expect(row!.target).toBe("canary/orders where request.query['beta'] == '1'; otherwise next/orders");
    expect(row!.services).toEqual(["canary", "next"]);
    const covered = JSON.parse(await run(["coverage", "--format", "json"], policies)) as { operations: { services: string[] }[] };
    expect(covered.operations[0]!.services).toEqual(["canary", "next"]);
    expect(await run(["coverage"], policies)).toMatch(/listOrders|\/orders .* canary, next /);
  });

  test("the manifest names the service that no condition picks out, and all of them", async () => {
    const cwd = temporaryFolder({ ...shop, "policies.yaml": policies });
    expect((await gatewright(["build", "--out", "out"], { cwd })).code).toBe(0);
    const manifest = JSON.parse(readFileSync(`${cwd}/out/manifest.json`, "utf8")) as {
      operations: { service: string; services: string[] }[];
      withoutOperation: { unmatched: string[]; refused: string[] };
    };
    expect(manifest.operations[0]).toMatchObject({ service: "next", services: ["canary", "next"] });
    expect(manifest.withoutOperation).toEqual({
      unmatched: ["requestId", "rateLimit", "securityHeaders"],
      refused: ["requestId", "securityHeaders"],
    });
  });
});

describe("which steps run without an operation", () => {
  test.each<[request: string, args: string[], status: string, policies: string[]]>([
    ["TRACE /orders", [], "405: TRACE", ["requestId", "securityHeaders"]],
    ["GET /orders", ["-H", "Expect: 200-ok"], "417: the only expectation", ["requestId", "securityHeaders"]],
    ["GET /%zz", [], "400: the path", ["requestId", "securityHeaders"]],
    ["GET /nowhere", [], "404: no operation", ["requestId", "rateLimit", "securityHeaders"]],
    ["PATCH /orders", [], "405: the path exists", ["requestId", "rateLimit", "securityHeaders"]],
    ["OPTIONS *", [], "204: the gateway answers", ["requestId", "rateLimit", "securityHeaders"]],
    ["GET /orders", ["-H", `X-Large: ${"x".repeat(33_000)}`], "431: the head", []],
    [`GET /${"x".repeat(33_000)}`, [], "414: the request target", []],
    ["GET /orders", ["-H", "Content-Length: 1x"], "400: Content-Length", []],
  ])("%.40s %.20j: %s", async (request, args, status, policies) => {
    const stdout = await run(["explain", request, ...args], "{}");
    expect(stdout).toContain(`\n${status}`);
    const steps = stdout.split("\n").flatMap((line) => /^ +\d+\. (\w+)/.exec(line)?.[1] ?? []);
    expect(steps).toEqual(policies);
  });

  test("coverage names them for both kinds of such requests", async () => {
    const stdout = await run(["coverage"], "{}");
    expect(stdout).toContain("match no operation (404, 405): requestId, rateLimit and securityHeaders\n");
    expect(stdout).toContain("refused unrouted (400, 417, TRACE): requestId and securityHeaders\n");
  });

  test("a preflight shows what runs on its answer, and no condition that nothing has decided", async () => {
    const cors = "all: { cors: { origins: [https://shop.example.com] } }\n";
    const headers = ["-H", "Origin: https://shop.example.com", "-H", "Access-Control-Request-Method: GET"];
    const stdout = await run(["explain", "OPTIONS /orders", ...headers], cors);
    const steps = stdout.split("\n").flatMap((line) => /^ +\d+\. (\w+)/.exec(line)?.[1] ?? []);
    expect(steps).toEqual(["requestId", "cors", "securityHeaders"]);
  });

  test("OPTIONS that may go no further is answered by the gateway", async () => {
    const route = 'routes: { rest: { match: { path: "/rest/**" }, service: next, policies: { public: sample } } }\n';
    const cwd = temporaryFolder({ ...shop, "gateway.yaml": `${shop["gateway.yaml"]}${route}` });
    const { stdout } = await gatewright(["explain", "OPTIONS /rest/a", "-H", "Max-Forwards: 0"], { cwd });
    expect(stdout).toContain("204 with Allow, as Max-Forwards is 0");
  });
});

test("routes shows the path that the service gets: without what is stripped, and as it is rewritten", async () => {
  const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { app: { endpoints: ["http://127.0.0.1:9101"] } }
policies: { public: a test }
routes:
  deep: { match: { path: "/c/**" }, service: app, policies: { rewrite: { path: "/deep/{**}" } } }
  mixed: { match: { path: "/b/{x}/{y}.{z}" }, service: app, policies: { rewrite: { path: "/i/{x}/q-{z}/{y}" } } }
  root: { match: { path: "/d" }, service: app, policies: { rewrite: { stripPrefix: /d } } }
  rest: { match: { path: "/r/**" }, service: app, policies: { rewrite: { stripPrefix: /r } } }
  same: { match: { path: "/s/{x}" }, service: app }
`;
  const { stdout } = await gatewright(["routes", "--format", "json"], { cwd: temporaryFolder({ "gateway.yaml": gateway }) });
  const rows = JSON.parse(stdout) as readonly { readonly operation: string; readonly target: string }[];
  expect(Object.fromEntries(rows.map(({ operation, target }) => [operation, target]))).toEqual({
    "routes.deep": "app/deep/** (rewritten)",
    "routes.mixed": "app/i/{x}/q-{z}/{y} (rewritten)",
    "routes.root": "app/ (rewritten)",
    "routes.rest": "app/** (rewritten)",
    "routes.same": "app/s/{x}",
  });
});

describe("what reaches a service of who calls", () => {
  const told = (change: string): Promise<string> =>
    gatewright(["explain", "GET /orders"], {
      cwd: temporaryFolder({
        ...project,
        "gateway.yaml": project["gateway.yaml"].replace('ORDERS_URL}"]', (found) => `${found}${change}`),
        "policies.yaml": 'all: { identityHeaders: { fields: { X-User: "request.path", Acme-Roles: "request.method" } } }\n',
      }),
    }).then(({ code, stdout, stderr }) => {
      expect(code, stderr).toBe(0);
      return stdout;
    });

  test("explain lists the fields that are sent, and those that are taken from clients", async () => {
    const stdout = await told("");
    expect(stdout).toContain("without what the client sent as acme-roles and x-user, in any spelling");
  });

  test("explain says which credential the service gets", async () => {
    const stdout = await told(", authenticate: { bearer: { env: SHOP_TOKEN } }");
    expect(stdout).toMatch(/^ +\d+\. authenticate {2}the credential for orders {2}\(gateway\.yaml:\d+\)$/m);
    expect(stdout).toMatch(/^ +Authorization: a fixed bearer token$/m);
  });
});

describe("where steps keep something", () => {
  const stored = {
    ...project,
    "gateway.yaml": `${project["gateway.yaml"]}stores:
  default: { memory: { max: 8MiB } }
  shared: { redis: { url: { env: REDIS_URL } } }
policies:
  rateLimit:
    - { limit: 600/m, per: declaration }
    - { limit: 20/m, by: identity.subject, store: shared, onStoreFailure: refuse, when: "request.query['all'] == '1'" }
`,
  };
  const named = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await gatewright(args, { cwd: temporaryFolder(stored) });
    expect(code, stderr).toBe(0);
    return stdout;
  };

  test("explain names each store with its kind, what it is, and whether it may be out of reach", async () => {
    const lines = (await named(["explain", "GET /orders"])).split("\n").filter((line) => line.startsWith("store"));
    expect(lines).toEqual([
      "store      default: memory, values up to 8MiB  (gateway.yaml:16)",
      "store      shared: redis, URL of REDIS_URL; may be out of reach  (gateway.yaml:17)",
    ]);
  });

  test("a request without an operation reaches the stores of the steps that run for it, and no other", async () => {
    const missing = JSON.parse(await named(["explain", "GET /nowhere", "--format", "json"])) as { stores: { name: string }[] };
    expect(missing.stores.map(({ name }) => name)).toEqual(["default"]);
  });

  test("coverage names the same stores", async () => {
    const covered = JSON.parse(await named(["coverage", "--format", "json"])) as { operations: { stores: string[] }[] };
    expect(covered.operations[0]!.stores).toEqual(["default", "shared"]);
  });
});
