import { expect, test } from "vitest";
import { parse } from "yaml";
import { exampleProject } from "../../compiler/diagnostics/example-project.ts";
import { pages } from "../../compiler/diagnostics/pages.gen.ts";
import { checkGateway, type Diagnostic } from "../../compiler/index.ts";
import { memoryDisk } from "../../compiler/phases/1-load/index.ts";
import { isFieldOf } from "../../compiler/text/openapi/is-field.ts";
import { type JsonSchema, schemas } from "../../schema/schemas.gen.ts";
import { followed } from "../harness/followed-help.ts";

type Files = Readonly<Record<string, string>>;

const check = async (files: Files): Promise<readonly Diagnostic[]> =>
  (await checkGateway("gateway.yaml", { disk: memoryDisk(new Map(Object.entries(files))) })).diagnostics;

function edited(files: Files, { edits }: Diagnostic): Files {
  const changed = { ...files };
  for (const { origin, text } of edits.toSorted((a, b) => b.origin.start - a.origin.start))
    changed[origin.file] = changed[origin.file]!.slice(0, origin.start) + text + changed[origin.file]!.slice(origin.end);
  return changed;
}

/** Help that names what belongs somewhere else than what is underlined, with where. Their good examples show it done. */
const elsewhere: Readonly<Record<string, string>> = {
  "listener/address-or-socket": "the value of the underlined key",
  "check/undeclared-scheme": "one name in the underlined requirement",
  "expressions/never-equal": "one side of the underlined comparison",
  "expressions/unknown-field": "the path of the underlined field",
  "headers/host-field": "a policy of its own",
  "link/framework-path-syntax": "a part of the underlined path",
  "link/unused-path-parameter": "the path",
  "load/yaml-syntax": "the end of what is opened here",
  "schemas/oneof-overlap": "the keyword in the underlined schema",
  "respond/malformed-setting": "a part of the underlined text",
  "rewrite/unknown-parameter": "a name inside of the underlined path",
};

/** Help that leads to a project with another fault, which was hidden. */
const leadsOn: Readonly<Record<string, string>> = {
  "check/guardrail-unknown-name": "check/guardrail-broken",
  "diagnostics/unknown-code": "diagnostics/unused-allowance",
  "expressions/undeclared-parameter": "expressions/never-equal",
  "load/unknown-path-item-key": "load/missing-responses",
};

test("the help and the edits of every diagnostic that show what to write are right when they are followed to the letter", async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const [code, page] of Object.entries(pages)) {
    const files = { ...exampleProject, ...page.bad };
    const found = (await check(files)).find((diagnostic) => diagnostic.code === code);
    if (found === undefined) continue;
    const ways = [
      found.edits.length > 0 ? edited(files, found) : undefined,
      elsewhere[code] === undefined ? followed(files, found) : undefined,
    ];
    for (const done of ways) {
      if (done === undefined) continue;
      count++;
      const left = [...new Set((await check(done)).map((diagnostic) => diagnostic.code))];
      if (left.length > 0 && left.join() !== leadsOn[code]) wrong.push(`${code}: ${found.help} → ${left.join(", ")}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(30);
});

/** Every schema of a key, in all of our own files. */
function schemasOfKeys(): ReadonlyMap<string, readonly JsonSchema[]> {
  const found = new Map<string, JsonSchema[]>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries((node as JsonSchema).properties ?? {}))
      found.set(key, [...(found.get(key) ?? []), value]);
    for (const value of Object.values(node)) visit(value);
  };
  visit(schemas);
  return found;
}

/** Fields of OpenAPI documents and overlays, which are not ours. */
const documents = [
  "schema",
  "parameter",
  "mediaType",
  "encoding",
  "operation",
  "pathItem",
  "response",
  "requestBody",
  "securityScheme",
  "header",
];
const others = new Set([
  "components",
  "info",
  "openapi",
  "schemas",
  "servers",
  "swagger",
  "target",
  "update",
  "url",
  "paths",
  // A property of the reader's own schema.
  "kind",
]);
const isForeign = (key: string): boolean => others.has(key) || documents.some((kind) => isFieldOf(kind, key));

test("every setting that a message shows is one that our schemas know, with a value that they allow", () => {
  const keys = schemasOfKeys();
  const wrong: string[] = [];
  let count = 0;
  for (const [code, { help, why }] of Object.entries(pages)) {
    for (const [, shown] of `${why} ${help}`.matchAll(/`([A-Za-z$][\w$-]*: [^`]+)`/g)) {
      // Placeholders and ellipses stand for what the reader puts there.
      if (/…|(?<!\$)\{[a-zA-Z]+\}/.test(shown!)) continue;
      let written: Readonly<Record<string, unknown>>;
      try {
        written = parse(shown!.includes(", ") && !/[[{]/.test(shown!) ? `{ ${shown} }` : shown!);
      } catch {
        wrong.push(`${code}: \`${shown}\` is not YAML`);
        continue;
      }
      for (const [key, value] of Object.entries(written)) {
        count++;
        if (!keys.has(key) && !isForeign(key)) wrong.push(`${code}: nothing is called \`${key}\``);
        const allowed = keys.get(key)?.flatMap((schema) => [schema, ...(schema.anyOf ?? [])]) ?? [];
        const constants = allowed.flatMap((schema) => schema.enum ?? []);
        const isFree = isForeign(key) || allowed.some((schema) => schema.enum === undefined && schema.anyOf === undefined);
        if (!isFree && !constants.includes(value)) wrong.push(`${code}: \`${key}\` is never \`${String(value)}\``);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(20);
});
