import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { Diagnostic } from "../../../compiler/index.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { followSchemaRef, type LocatedSchema } from "../../../compiler/phases/1-load/schema-kinds.ts";
import { sampleValue } from "../../../compiler/phases/1-load/shape-example.ts";
import type { JsonValue } from "../../../compiler/source/source-set.ts";
import { schemas } from "../../../schema/schemas.gen.ts";
import { followed } from "../../harness/followed-help.ts";

/** What people write where something else belongs. */
const wrongValues = [
  "5000",
  "1MB",
  "5 seconds",
  "100 per minute",
  "yes",
  "text",
  "[x]",
  "{}",
  "null",
  "-1",
  "1.5",
  "get",
  "X Field",
];

/** Some place of a schema, in a whole document that is right everywhere else. */
interface Place {
  readonly name: string;
  readonly document: (written: string) => string;
}

const hole = "@@";

function* placesOf(
  written: LocatedSchema,
  wrap: (value: JsonValue) => JsonValue,
  name: string,
  above: readonly object[],
): Generator<Place> {
  const { schema, file } = followSchemaRef(written);
  if (above.length > 0) yield { name, document: (text) => JSON.stringify(wrap(hole)).replace(JSON.stringify(hole), () => text) };
  if (above.includes(schema)) return;
  const parts = { file, above: [...above, schema] };
  for (const form of schema.anyOf ?? [schema]) {
    const { schema: own, file: ownFile } = followSchemaRef({ schema: form, file });
    const inside = (part: LocatedSchema["schema"], label: string, wrapPart: (value: JsonValue) => JsonValue): Generator<Place> =>
      placesOf({ schema: part, file: ownFile }, (value) => wrap(wrapPart(value)), `${name}${label}`, parts.above);
    for (const [key, part] of Object.entries(own.properties ?? {})) {
      const others = Object.fromEntries(
        (own.required ?? [])
          .filter((other) => other !== key)
          .map((other) => [other, rightValue({ schema: own.properties![other]!, file: ownFile })]),
      );
      yield* inside(part, `.${key}`, (value) => ({ ...others, [key]: value }));
    }
    if (typeof own.additionalProperties === "object") yield* inside(own.additionalProperties, ".*", (value) => ({ name: value }));
    if (own.items !== undefined) yield* inside(own.items, "[]", (value) => [value]);
  }
}

/** A value that a required neighbour may have. */
function rightValue(located: LocatedSchema): JsonValue {
  const sample = sampleValue(located);
  if (sample !== undefined) return sample;
  const { schema, file } = followSchemaRef(located);
  if (schema.items !== undefined) return [rightValue({ schema: schema.items, file })];
  return schema.pattern === "^/" ? "/x" : [schema.type].flat()[0] === "object" ? {} : "text";
}

/** Policies are the same at every scope. */
const isRepeated = (name: string): boolean =>
  /^(gateway\.(routes\.\*\.)?policies|policy-file\.(tags|paths|operations))\./.test(name);

async function check(files: Readonly<Record<string, string>>, file: string): Promise<readonly Diagnostic[]> {
  const sink = new DiagnosticSink();
  await load("gateway.yaml", sink, memoryDisk(new Map(Object.entries(files))));
  // That a file of the invented name is there, no help could know.
  return sink
    .sorted()
    .filter(({ code, primary }) => primary.origin.file === file && !/^load\/(file-missing|no-folder)$/.test(code));
}

const spec = 'openapi: 3.1.0\ninfo: { title: A, version: "1" }\npaths: {}\n';
const gateway = JSON.stringify({
  gateway: "a",
  compatibility: "2026-12-01",
  listeners: { public: { port: 1 } },
  apis: { a: { versions: { v1: { spec: "openapi.yaml", policies: "policies.yaml" } } } },
});

describe.each(["gateway", "policy-file"] as const)(
  "what the help of a shape error shows is right, at every place of schema/%s.json",
  (schema) => {
    const file = schema === "gateway" ? "gateway.yaml" : "policies.yaml";
    const places = [...placesOf({ schema: schemas[schema]!, file: schema }, (value) => value, schema, [])].filter(
      ({ name }) => !isRepeated(name),
    );

    test.each(wrongValues)("%s", async (wrong) => {
      let shown = 0;
      const wrongHelp: string[] = [];
      for (const { name, document } of places) {
        let files: Readonly<Record<string, string>> = {
          "gateway.yaml": gateway,
          "policies.yaml": "{}",
          "openapi.yaml": spec,
          [file]: `# ${name}\n${document(wrong)}`,
        };
        const [first] = await check(files, file);
        let current = first;
        // A first help may lead to a second mistake, as in `port: -1` in place of the whole listener; not to a third. Keys
        // that are missing are told one at a time.
        for (let step = 0; current !== undefined && step < 2; step++) {
          const next = followed(files, current);
          if (next === undefined) break;
          files = next;
          const [remaining] = await check(files, file);
          if (remaining === undefined) shown++;
          else if (remaining.code === current.code && remaining.help === current.help)
            wrongHelp.push(`${name}: ${current.code}: ${current.help}`);
          if (current.code === "load/missing-key" && remaining?.code === current.code && remaining.message !== current.message)
            step--;
          current = remaining;
          if (step === 1 && current !== undefined) wrongHelp.push(`${name}: ${first!.help} → ${current.message}`);
        }
      }
      expect(wrongHelp).toEqual([]);
      expect(shown).toBeGreaterThan(places.length / 4);
    });
  },
);

test.each([
  [
    "a policy beside `policies` belongs into it",
    { routes: { r: { match: { path: "/x" }, public: "x" } } },
    "Write it under `policies`: `policies: { public: … }`.",
  ],
  [
    "what is empty can have something in it",
    { services: { s: { endpoints: [] } } },
    "Give it at least 1 item, such as `[http://orders:8080]`, or leave `services.s.endpoints` out.",
  ],
  [
    "what is not needed can",
    { services: { s: { endpoints: ["http://x"], connections: {} } }, guardrails: [{ select: { all: true }, forbid: [] }] },
    "Give it at least 1 item, such as `[public]`, or leave `guardrails[0].forbid` out.",
  ],
  [
    "a time is not taken for the name of a field",
    { services: { s: { endpoints: ["http://x"], deadline: "5s" } } },
    "Write a mapping (`key: value`), such as `{ field: X-Request-Timeout-Ms }`.",
  ],
])("%s", async (_, wrong, help) => {
  const text = JSON.stringify({ ...(JSON.parse(gateway) as object), ...wrong });
  const found = await check({ "gateway.yaml": text, "policies.yaml": "{}", "openapi.yaml": spec }, "gateway.yaml");
  expect(found.map((diagnostic) => diagnostic.help)).toEqual([help]);
});

test("a name with a line break is quoted on one line", async () => {
  const text = JSON.stringify({ ...(JSON.parse(gateway) as object), services: { "or\nders": { endpoints: ["http://x"] } } });
  const found = await check({ "gateway.yaml": text, "policies.yaml": "{}", "openapi.yaml": spec }, "gateway.yaml");
  expect(found.map((diagnostic) => diagnostic.message)).toContain("`or\u240aders` cannot be a name under `services`.");
});

test("a host pattern without quotes is an alias for YAML, and its help says so", async () => {
  const text = `gateway: a\nlisteners: { public: { port: 1 } }\nroutes: { r: { match: { path: /x, hosts: [*.example.com] } } }\n`;
  const [found] = await check({ "gateway.yaml": text }, "gateway.yaml");
  expect(found).toMatchObject({
    code: "load/unknown-alias",
    help: 'In YAML `*` begins an alias. Write text in quotes: `"*.example.com"`.',
  });
});
