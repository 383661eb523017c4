import { describe, expect, it } from "vitest";
import { pages } from "../../compiler/diagnostics/pages.gen.ts";
import { type OpenapiObject, openapiVersions } from "../../compiler/text/openapi/field.ts";
import { openapiObjects } from "../../compiler/text/openapi/objects.ts";
import { officialFields } from "./openapi-schemas.ts";

const objects: Readonly<Record<string, OpenapiObject>> = openapiObjects;

/** Objects that the schemas of 3.1 and 3.2 leave to a vocabulary, by the sections that list their fields. */
const bySection: Readonly<Record<string, string>> = {
  discriminator: "OpenAPI 3.1 §4.8.25, 3.2 §4.25",
  xml: "OpenAPI 3.1 §4.8.26, 3.2 §4.26",
};

describe.each(openapiVersions)("OpenAPI %s, as the OpenAPI Initiative's schema lists it", (version) => {
  it("has no field whose treatment the table does not state", () => {
    const missing = [...officialFields(version)].flatMap(([name, keys]) =>
      [...keys].filter((key) => objects[name]!.fields[key]?.versions.includes(version) !== true).map((key) => `${name}.${key}`),
    );
    expect(missing).toEqual([]);
  });

  it("has every field of the table", () => {
    const official = officialFields(version);
    const invented = Object.entries(objects).flatMap(([name, { fields }]) => {
      if (version > "3.0" && Object.hasOwn(bySection, name)) return [];
      return Object.entries(fields)
        .filter(([key, { versions }]) => versions.includes(version) && official.get(name as never)?.has(key) !== true)
        .map(([key]) => `${name}.${key}`);
    });
    expect(invented).toEqual([]);
  });
});

it("a field that is warned of names the diagnostic, and every diagnostic that the table names exists", () => {
  const codes = new Set(Object.keys(pages));
  const wrong = Object.entries(objects).flatMap(([name, { fields }]) =>
    Object.entries(fields).flatMap(([key, { treatment, note }]) => {
      const named = [...note.matchAll(/`([a-z]+\/[a-z0-9-]+)`/g)].map(([, code]) => code!);
      const unknown = named.filter((code) => !codes.has(code));
      return treatment === "warned" && named.length === 0
        ? [`${name}.${key} names no diagnostic`]
        : unknown.map((code) => `${name}.${key} names ${code}`);
    }),
  );
  expect(wrong).toEqual([]);
});
