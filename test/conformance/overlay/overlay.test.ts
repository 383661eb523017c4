import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadWith } from "./load-with.ts";

/** The tests and compliant sets of the Overlay Specification, where the shared material is at hand. */
const folder = process.env.GATEWRIGHT_OVERLAYS ?? new URL("../../../../shared/corpus/overlay", import.meta.url).pathname;
const isHere = existsSync(folder);
const names = (...path: readonly string[]): readonly string[] =>
  isHere ? readdirSync(join(folder, ...path)).sort() : ["(the shared material is not here)"];
const read = (...path: readonly string[]): string => readFileSync(join(folder, ...path), "utf8");

/** A document in which the targets of the specification's own examples are. */
const target = `openapi: 3.1.0
info: { title: T, version: "1", description: D }
paths:
  /foo: { get: { parameters: [{ name: filter, in: query, schema: {} }], responses: { "200": { description: ok } } } }
  /bar: { get: { parameters: [{ name: dummy, in: query, schema: {} }], responses: { "200": { description: ok } }, x-oai-traits: [paged] } }
  /pets: { get: { parameters: [], responses: { "200": { description: ok } } } }
  /some-items: { get: { responses: { "200": { description: ok } } }, delete: { responses: { "200": { description: ok } } } }
`;

/** Overlays that pass the schema, and what is true of them all the same when they are applied to that document. */
const remarks: Readonly<Record<string, readonly string[]>> = {
  // `components:` without a value is null, and the operation that it adds has no responses.
  "actions-structured-overlay-example.yaml": ["load/spec-wrong-type", "load/missing-responses"],
  "actions-targeted-overlay-example.yaml": ["load/missing-responses"],
  // `@.x-oai-traits.paged`: RFC 9535 has no hyphen in a member name shorthand.
  "actions-traits-example.yaml": ["load/overlay-bad-path"],
  // It refers to a component that nobody has.
  "actions-wildcard-overlay-example.yaml": ["load/broken-ref"],
};

/** The overlay of this set says that it extends a document of another name. */
const setRemarks: Readonly<Record<string, readonly string[]>> = { "remove-server": ["load/overlay-for-another"] };

describe.each(["v1.0", "v1.1"])("overlay documents of %s", (version) => {
  it.skipIf(!isHere).each(names("tests", version, "pass"))("%s is applied", async (name) => {
    const { codes } = await loadWith(target, [read("tests", version, "pass", name)]);
    expect(codes).toEqual(remarks[name] ?? []);
  });

  it.skipIf(!isHere).each(names("tests", version, "fail"))("%s is refused", async (name) => {
    const { errors } = await loadWith(target, [read("tests", version, "fail", name)]);
    expect(errors).toMatchSnapshot();
    expect(errors).not.toEqual([]);
  });
});

it.skipIf(!isHere)("what has no version yet is refused for its version", async () => {
  for (const name of names("tests", "v1.2-dev", "pass")) {
    const { errors } = await loadWith(target, [read("tests", "v1.2-dev", "pass", name)]);
    expect(errors.map(({ code, shown }) => `${code} ${shown}`)).toContain("load/bad-format 1.2.0");
  }
});

describe("compliant sets", () => {
  it.skipIf(!isHere).each(names("compliant-sets").filter((name) => !name.endsWith(".md")))("%s", async (name) => {
    const { document, codes } = await loadWith(read("compliant-sets", name, "openapi.yaml"), [
      read("compliant-sets", name, "overlay.yaml"),
    ]);
    expect(document).toEqual(parse(read("compliant-sets", name, "output.yaml")));
    expect(codes).toEqual(setRemarks[name] ?? []);
  });
});
