// Prints nanoseconds for reading and checking the path and query parameters of typical operations.
// Usage: npm run -s build && node test/bench/parameters.mjs
//
// Every round goes over 4,096 requests whose texts are objects of their own; rounds of the subjects take turns.
import { performance } from "node:perf_hooks";
import { build } from "esbuild";
import { ModuleWriter } from "../../dist/compiler/phases/5-emit/module-writer.js";
import { ParameterWriter, writeParameterReader } from "../../dist/compiler/phases/5-emit/parameters/index.js";
import { emittedModules } from "../../dist/compiler/phases/6-bundle/runtime-plugin.js";
import { parsePathTemplate } from "../../dist/compiler/routing/path-template.js";

const origin = { file: "openapi.yaml", start: 0, end: 0, line: 1, column: 1 };
const schemas = new Map();
const parameter = (where, name, schema, shape, more = {}) => {
  schemas.set(name, schema);
  const style = where === "path" || where === "header" ? "simple" : "form";
  return {
    kind: "parameter",
    in: where,
    name,
    style,
    explode: style === "form",
    allowReserved: false,
    allowEmptyValue: false,
    required: where === "path",
    deprecated: false,
    shape,
    schema: name,
    enforced: "value",
    labelDots: false,
    origin,
    ...more,
  };
};
const integer = { scalar: ["integer"] };
const text = { scalar: ["string"] };
const orderId = parameter("path", "orderId", { type: "string", minLength: 1, maxLength: 36 }, text);
const limit = parameter("query", "limit", { type: "integer", minimum: 1, maximum: 100 }, integer, { default: 20 });
const offset = parameter("query", "offset", { type: "integer", minimum: 0 }, integer);
const sort = parameter("query", "sort", { type: "string", enum: ["created", "total", "name"] }, text);
const status = parameter("query", "status", { type: "array", items: { type: "string" } }, { scalar: [], items: text });

const digits = (index, length) => String(1_000_000_000 + ((index * 48_271) % 1_000_000_000)).slice(-length);
const subjects = [
  {
    name: "path: orderId",
    template: "/v1/orders/{orderId}",
    parameters: [orderId],
    path: (index) => `/v1/orders/${digits(index, 9)}`,
    query: () => "",
  },
  {
    name: "path and query: orderId, limit, offset, sort",
    template: "/v1/orders/{orderId}/items",
    parameters: [orderId, limit, offset, sort],
    path: (index) => `/v1/orders/${digits(index, 9)}/items`,
    query: (index) => `limit=${(index % 100) + 1}&offset=${digits(index, 4).replace(/^0+(?=.)/, "")}&sort=created`,
  },
  {
    name: "the same, values kept",
    template: "/v1/orders/{orderId}/items",
    parameters: [orderId, limit, offset, sort],
    values: true,
    path: (index) => `/v1/orders/${digits(index, 9)}/items`,
    query: (index) => `limit=${(index % 100) + 1}&offset=${digits(index, 4).replace(/^0+(?=.)/, "")}&sort=created`,
  },
  {
    name: "the same, unknown names refused, one array",
    template: "/v1/orders/{orderId}/items",
    parameters: [orderId, limit, offset, sort, status],
    unknown: "refuse",
    path: (index) => `/v1/orders/${digits(index, 9)}/items`,
    query: (index) => `limit=${(index % 100) + 1}&status=open&status=paid&sort=created`,
  },
];

const module = new ModuleWriter("main.js", []);
const writer = new ParameterWriter({
  module,
  taken: new Set(["x", "problems"]),
  validator: (id) => {
    throw new Error(`${id} needs a validator`);
  },
  schemaOf: (id) => schemas.get(id),
});
for (const [index, { name, template, parameters, unknown = "allow", values }] of subjects.entries()) {
  writeParameterReader(
    parameters,
    {
      name: `read${index}`,
      operation: name,
      path: { segments: parsePathTemplate(template, { wildcards: false }).segments, template },
      query: { unknown, known: [] },
      ...(values ? { values: { target: "x.values", wanted: new Set(parameters) } } : {}),
    },
    writer,
  );
}
writer.finish();
module.line(`export { ${subjects.map((_, index) => `read${index}`).join(", ")} };`);
const modules = new Map([["main.js", module.finish()]]);
const { outputFiles } = await build({
  entryPoints: ["gateway:main.js"],
  bundle: true,
  format: "esm",
  platform: "node",
  charset: "utf8",
  write: false,
  plugins: [emittedModules(() => modules)],
});
const readers = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);

const count = 4096;
const flat = (value) => Buffer.from(value).latin1Slice();
for (const [index, subject] of subjects.entries()) {
  subject.read = readers[`read${index}`];
  subject.best = Infinity;
  subject.requests = Array.from({ length: count }, (_, number) => ({
    path: flat(subject.path(number)),
    query: flat(subject.query(number)),
    headers: null,
    values: undefined,
  }));
  for (const x of subject.requests)
    if (!subject.read(x, null)) throw new Error(`${subject.name}: ${x.path}?${x.query} is refused`);
  if (subject.parameters.includes(limit) && subject.read({ path: subject.path(1), query: "limit=101" }, null))
    throw new Error(`${subject.name}: nothing is checked`);
}
for (let turn = 0; turn < 80; turn++) {
  for (const subject of subjects) {
    const started = performance.now();
    let refused = 0;
    for (let pass = 0; pass < 4; pass++) for (const x of subject.requests) if (!subject.read(x, null)) refused++;
    if (refused > 0) throw new Error("a request was refused");
    subject.best = Math.min(subject.best, ((performance.now() - started) * 1e6) / (4 * count));
  }
}
console.log("| Parameters | ns / request |\n|---|--:|");
for (const { name, best } of subjects) console.log(`| ${name} | ${best.toFixed(0)} |`);
