// Prints microseconds for a typical body of 1 KB: JSON.parse alone, with the emitted validator behind it, and the strict
// reader with the validator, which is what a request costs; the last two from bytes.
// Usage: npm run -s build && node test/bench/validate.mjs
import { performance } from "node:perf_hooks";
import { build } from "esbuild";
import { printSchemas } from "../../dist/compiler/phases/5-emit/schemas/index.js";
import { emittedModules } from "../../dist/compiler/phases/6-bundle/runtime-plugin.js";
import { JsonReader } from "../../dist/runtime/body/json.js";

const origin = { file: "openapi.yaml", start: 0, end: 0, line: 1, column: 1 };
const text = (more = {}) => ({
  type: "string",
  minLength: 1,
  maxLength: 200,
  ...more,
});
const schemas = {
  "orders.v1.Order": {
    type: "object",
    required: ["id", "customer", "currency", "items", "createdAt"],
    additionalProperties: false,
    properties: {
      id: { type: "string", format: "uuid" },
      customer: { $ref: "#/orders.v1.Customer" },
      currency: { enum: ["EUR", "USD", "GBP", "CHF"] },
      createdAt: { type: "string", format: "date-time" },
      status: { enum: ["draft", "open", "paid", "shipped", "cancelled"] },
      note: { type: ["string", "null"], maxLength: 500 },
      items: {
        type: "array",
        minItems: 1,
        maxItems: 100,
        items: { $ref: "#/orders.v1.Item" },
      },
      labels: { type: "object", additionalProperties: { type: "string" } },
    },
  },
  "orders.v1.Customer": {
    type: "object",
    required: ["name", "email"],
    properties: {
      name: text(),
      email: { type: "string", format: "email" },
      address: { $ref: "#/orders.v1.Address" },
    },
  },
  "orders.v1.Address": {
    type: "object",
    required: ["street", "city", "country"],
    properties: {
      street: text(),
      city: text(),
      zip: text({ pattern: "^[0-9A-Z -]+$" }),
      country: { type: "string", pattern: "^[A-Z]{2}$" },
    },
  },
  "orders.v1.Item": {
    type: "object",
    required: ["sku", "quantity", "price"],
    additionalProperties: false,
    properties: {
      sku: { type: "string", pattern: "^[A-Z]{3}-[0-9]{4,8}$" },
      title: text(),
      quantity: { type: "integer", format: "int32", minimum: 1, maximum: 999 },
      price: { type: "number", minimum: 0 },
      taxRate: { type: "number", minimum: 0, maximum: 1 },
    },
  },
};
const body = JSON.stringify({
  id: "0b2f3c1e-7f0a-4b5c-9d6e-112233445566",
  customer: {
    name: "Ada Lovelace",
    email: "ada.lovelace@example.com",
    address: {
      street: "12 St James's Square",
      city: "London",
      zip: "SW1Y 4JH",
      country: "GB",
    },
  },
  currency: "EUR",
  createdAt: "2026-11-21T09:30:00Z",
  status: "open",
  note: null,
  items: Array.from({ length: 6 }, (_, index) => ({
    sku: `ABC-${1000 + index}`,
    title: `Item number ${index} of the order`,
    quantity: index + 1,
    price: 9.99 + index,
    taxRate: 0.19,
  })),
  labels: { channel: "web", campaign: "autumn" },
});

const irs = Object.entries(schemas).map(([id, schema]) => ({
  kind: "schema",
  id,
  schema,
  origin,
  place: id,
}));
const { modules, names } = printSchemas(irs, ["orders.v1.Order"]);
const entry = names.get("orders.v1.Order");
const all = new Map(modules.map((module) => [module.path, module]));
all.set("main.js", {
  path: "main.js",
  text: `export { ${entry.name} as validate } from "./${entry.path}";`,
  map: '{"version":3,"sources":[],"mappings":""}',
});
const { outputFiles } = await build({
  entryPoints: ["gateway:main.js"],
  bundle: true,
  format: "esm",
  minify: true,
  write: false,
  plugins: [emittedModules(() => all)],
});
const { validate } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
if (!validate(JSON.parse(body), null)) throw new Error("the body is valid");

const rounds = 30;
const count = 20_000;
function microseconds(work) {
  const start = performance.now();
  for (let index = 0; index < count; index++) if (work() === null) throw new Error("nothing");
  return ((performance.now() - start) * 1000) / count;
}
const parse = () => JSON.parse(body);
const both = () => validate(JSON.parse(body), null);
const bytes = Buffer.from(body);
const reader = new JsonReader({ exactIntegers: true });
const parseBytes = () => JSON.parse(bytes.toString());
const whole = () => validate(reader.parse(bytes).value, null);
const alone = [];
const validated = [];
const fromBytes = [];
const wholes = [];
// In turn, so that a busy moment of the machine falls on both; the best round is the one that was disturbed least.
for (let round = 0; round < rounds; round++) {
  alone.push(microseconds(parse));
  validated.push(microseconds(both));
  fromBytes.push(microseconds(parseBytes));
  wholes.push(microseconds(whole));
}
const best = (list) => Math.min(...list);
const difference = best(validated) - best(alone);
console.log(`body                       ${body.length} bytes`);
console.log(`JSON.parse                 ${best(alone).toFixed(2)} µs`);
console.log(`JSON.parse and validator   ${best(validated).toFixed(2)} µs`);
console.log(`validator                  ${difference.toFixed(2)} µs (${(best(validated) / best(alone)).toFixed(2)} ×)`);
console.log(`JSON.parse from bytes      ${best(fromBytes).toFixed(2)} µs`);
console.log(`reader and validator       ${best(wholes).toFixed(2)} µs`);
console.log(
  `added to JSON.parse        ${(best(wholes) - best(fromBytes)).toFixed(2)} µs (${(best(wholes) / best(fromBytes)).toFixed(2)} ×; goal: at most 2 µs)`,
);
