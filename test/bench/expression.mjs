// Prints nanoseconds per evaluation of typical policy expressions, and the ratio to the same condition written by hand.
// Usage: npm run -s build && node test/bench/expression.mjs
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import {
  celTypes,
  checkExpression,
  exchangeNames,
  policyEnvironment,
  printExpression,
  typeOfSchema,
} from "../../dist/compiler/expressions/index.js";
import { authorize } from "../../dist/compiler/policies/authorize/index.js";
import { jsIdentifier } from "../../dist/compiler/text/js.js";
import { HeaderList } from "../../dist/runtime/fields/header-list.js";
import { createDemands } from "../../dist/runtime/policies/authorize/demands.js";
import { createAuthorize } from "../../dist/runtime/policies/authorize/index.js";

const schema = {
  type: "object",
  required: ["total", "items"],
  properties: {
    total: { type: "integer" },
    items: {
      type: "array",
      items: { type: "object", required: ["sku", "count"], properties: { sku: { type: "string" }, count: { type: "integer" } } },
    },
  },
};

const cases = [
  {
    text: "'orders:write' in identity.scopes && body.total <= 10000",
    hand: 'x.identity.scopes.includes("orders:write") && body.total <= 10000',
    goal: 60,
  },
  { text: "request.headers['x-tenant'] == params.tenant", hand: 'x.headers.get("x-tenant") === params.tenant' },
  {
    text: "body.items.all(i, i.count > 0 && i.sku.startsWith('A'))",
    hand: 'body.items.every((i) => i.count > 0 && i.sku.startsWith("A"))',
  },
  {
    text: "body.total > 0 && body.total <= 10000 && size(body.items) < 100",
    hand: "body.total > 0 && body.total <= 10000 && body.items.length < 100",
  },
];

/** The policy around typical conditions, for requests that pass: nanoseconds at most. */
const policyGoal = 100;

const folder = mkdtempSync(join(import.meta.dirname, "../../dist/bench-expression-"));
const environment = policyEnvironment({
  params: { tenant: { type: celTypes.string } },
  body: typeOfSchema(schema, () => undefined),
  identity: {},
});

function check(text) {
  const { expression, problems } = checkExpression(text, environment, celTypes.bool);
  if (expression === undefined) throw new Error(problems.map(({ message }) => message).join("\n"));
  return expression;
}

const load = (text) => print(check(text));

async function print(expression) {
  const taken = new Set(["x", "body", "params"]);
  const imports = new Map();
  const names = exchangeNames({
    declare: (hint) => jsIdentifier(hint, taken),
    runtime(module, name) {
      const key = `${module} ${name}`;
      if (!imports.has(key))
        imports.set(
          key,
          `import { ${name} as ${jsIdentifier(name, taken)} } from "${pathToFileURL(join(import.meta.dirname, `../../dist/runtime/${module}.js`)).href}";`,
        );
      return /as (\S+) }/.exec(imports.get(key))[1];
    },
    param: (name) => ({ text: `params.${name}`, uses: ["params"] }),
    query: (name) => ({ text: `params.${name}`, uses: ["params"] }),
    header: (name) => ({ text: `params.${name}`, uses: ["params"] }),
  });
  const code = printExpression(expression, names);
  return {
    code: code.text,
    module: await importText(
      [...imports.values(), ...code.declarations, `export const run = (x, params, body) => ${code.text};`].join("\n"),
    ),
  };
}

let count = 0;
async function importText(text) {
  const file = join(folder, `${count++}.mjs`);
  writeFileSync(file, text);
  return import(pathToFileURL(file).href);
}

/** What the compiler makes of the options of `authorize`. */
async function configOf(options) {
  const { config } = authorize.lower(options, { schemes: [], ruleLists: { find() {} }, expression: check });
  const run = async (expression) => expression && (await print(expression)).module.run;
  const parts = (list) =>
    Promise.all(list.map(async (part) => ({ ...part, when: await run(part.when), require: await run(part.require) })));
  return {
    ...config,
    passes: await run(config.passes),
    allow: await Promise.all(config.allow.map(run)),
    demands: await parts(config.demands),
    rules: await parts(config.rules),
  };
}

/** Different objects, so that nothing is computed once for all. */
const exchanges = Array.from({ length: 1024 }, (_, index) => ({
  x: {
    identity: {
      subject: "ann",
      scheme: "bearer",
      roles: [],
      scopes: index % 16 === 0 ? ["orders:read"] : ["orders:read", "profile", "orders:write"],
    },
    headers: new HeaderList(["Host", "shop.example", "Accept", "*/*", "X-Tenant", `t${index % 7}`]),
  },
  params: { tenant: `t${index % 5}` },
  body: JSON.parse(
    JSON.stringify({
      total: (index * 37) % 12_000,
      items: [
        { sku: "A1", count: 1 },
        { sku: "A2", count: index % 9 },
      ],
    }),
  ),
}));

function measure(run) {
  const rounds = 400;
  let best = Number.POSITIVE_INFINITY;
  let hits = 0;
  for (let repeat = 0; repeat < 15; repeat++) {
    const started = performance.now();
    for (let round = 0; round < rounds; round++) for (const { x, params, body } of exchanges) if (run(x, params, body)) hits++;
    best = Math.min(best, ((performance.now() - started) * 1e6) / (rounds * exchanges.length));
  }
  return { best, hits };
}

/** Nanoseconds of processor time for a request: what a busy machine adds is not in it. */
function policyCost(policy, passing) {
  const rounds = 400;
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 15; repeat++) {
    const started = process.cpuUsage();
    let refused = 0;
    for (let round = 0; round < rounds; round++) for (const x of passing) if (policy.request(x)) refused++;
    const { user, system } = process.cpuUsage(started);
    best = Math.min(best, ((user + system) * 1000) / (rounds * passing.length));
    if (refused > 0) throw new Error("it refuses what it should let pass");
  }
  return best;
}

try {
  for (const { text, hand, goal } of cases) {
    const { module, code } = await load(text);
    const byHand = await importText(`export const run = (x, params, body) => ${hand};`);
    const [ours, theirs] = [measure(module.run), measure(byHand.run)];
    if (ours.hits !== theirs.hits) throw new Error(`${text}: the two disagree`);
    const verdict = goal === undefined ? "" : ours.best <= goal ? `  goal ${goal} ns: met` : `  goal ${goal} ns: MISSED`;
    console.log(
      `${ours.best.toFixed(1).padStart(7)} ns  ${(ours.best / theirs.best).toFixed(2)} × by hand${verdict}\n         ${text}\n         ${code}`,
    );
  }
  const typical = "'profile' in identity.scopes && identity.subject != ''";
  const policies = [
    ["authorize, one condition", createAuthorize({ require: (await load(typical)).module.run, detail: undefined })],
    [
      "authorize, four conditions: an exception, a demand and a rule with a `when`",
      createDemands(
        await configOf({
          allow: [{ name: "admins", if: "'admin' in identity.roles" }],
          require: typical,
          rules: [{ when: "request.method == 'GET'", require: typical }],
        }),
      ),
    ],
  ];
  const passing = exchanges.map(({ x }) => ({
    ...x,
    method: "GET",
    identity: { ...x.identity, scopes: ["orders:read", "profile"] },
  }));
  for (const [name, policy] of policies) {
    const best = policyCost(policy, passing);
    const verdict = `  goal ${policyGoal} ns: ${best <= policyGoal ? "met" : "MISSED"}`;
    console.log(`${best.toFixed(1).padStart(7)} ns${verdict}\n         ${name}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
