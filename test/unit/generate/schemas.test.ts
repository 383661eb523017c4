import { describe, expect, it } from "vitest";
import { bundleSchema } from "../../../compiler/generate/bundle-schema.ts";
import { combinedSchema } from "../../../compiler/generate/combined-schema.ts";
import { optionTable } from "../../../compiler/generate/option-tables.ts";
import type { JsonSchema } from "../../../schema/schemas.gen.ts";

const policy = (folder: string, name: string, schema: JsonSchema) => ({
  folder,
  name,
  schema,
  hasDefinition: true,
  hasScheme: false,
});

describe("schema/policies.json", () => {
  const plain: JsonSchema = { description: "D", type: "object", properties: {} };

  it("takes off, or the options", () => {
    expect(combinedSchema([policy("request-id", "requestId", plain)]).properties).toEqual({
      requestId: { description: "D", anyOf: [{ enum: ["off"] }, { $ref: "#/definitions/requestId" }] },
    });
  });

  it("takes a list where a policy allows several instances", () => {
    const combined = combinedSchema([policy("headers", "headers", { ...plain, "x-multiple": true })]);
    const options = { $ref: "#/definitions/headers" };
    expect(combined.properties!.headers!.anyOf).toEqual([
      { enum: ["off"] },
      options,
      { type: "array", minItems: 1, items: options },
    ]);
  });

  it("takes mode where a policy can refuse, with the references of its options still right", () => {
    const schema: JsonSchema = {
      ...plain,
      "x-can-refuse": true,
      properties: { key: { $ref: "#/definitions/key" }, secret: { $ref: "../secret.json" } },
      definitions: { key: { type: "string" } },
    };
    const combined = combinedSchema([policy("ip-filter", "ipFilter", schema)]);
    expect(combined.properties!.ipFilter!.anyOf![1]).toEqual({ $ref: "#/definitions/ipFilter" });
    expect(combined.definitions).toEqual({
      ipFilter: {
        ...plain,
        "x-can-refuse": true,
        properties: {
          key: { $ref: "#/definitions/ipFilter.key" },
          secret: { $ref: "secret.json" },
          mode: { description: expect.stringContaining("`report`"), enum: ["enforce", "report"] },
          when: { description: expect.any(String), type: "string", minLength: 1, format: "expression" },
        },
      },
      "ipFilter.key": { type: "string" },
    });
  });
});

describe("bundled schemas", () => {
  const files = new Map<string, JsonSchema>([
    [
      "gateway",
      {
        title: "G",
        properties: { p: { description: "here", $ref: "policies.json" }, own: { $ref: "#/definitions/own" } },
        definitions: { own: { items: { $ref: "#/definitions/own" } } },
      },
    ],
    ["policies", { $schema: "s", properties: { a: { $ref: "policies/a-b.json" } } }],
    ["policies/a-b", { properties: { x: { $ref: "#/definitions/x" } }, definitions: { x: { type: "string" } } }],
  ]);

  it("refer to nothing outside, cycles included", () => {
    expect(bundleSchema("gateway", files, () => {})).toEqual({
      title: "G",
      properties: { p: { description: "here", $ref: "#/definitions/policies" }, own: { $ref: "#/definitions/own" } },
      definitions: {
        aBPolicy: { properties: { x: { $ref: "#/definitions/aBPolicyX" } } },
        aBPolicyX: { type: "string" },
        own: { items: { $ref: "#/definitions/own" } },
        policies: { properties: { a: { $ref: "#/definitions/aBPolicy" } } },
      },
    });
  });

  it("say which reference leads nowhere", () => {
    const missing: string[] = [];
    bundleSchema("a", new Map([["a", { items: { $ref: "b.json" } }]]), (reference) => missing.push(reference));
    expect(missing).toEqual(["schema/a.json: b.json"]);
  });
});

describe("option tables", () => {
  it("list options with type, default and description, those of inner objects too", () => {
    const schema: JsonSchema = {
      required: ["limit"],
      properties: {
        limit: { description: "How many | much.", type: "string", format: "rate" },
        by: {
          description: "Who.",
          anyOf: [{ enum: ["peer.ip", "operation"] }, { $ref: "#/definitions/header" }],
          default: "peer.ip",
        },
        edits: {
          description: "E.",
          type: "object",
          properties: { remove: { description: "R.", type: "array", items: { type: "string" } } },
        },
        keys: { description: "K.", type: "object", additionalProperties: { $ref: "#/definitions/header" } },
      },
      definitions: { header: { type: "object", properties: { header: { description: "H.", type: "string" } } } },
    };
    expect(optionTable("x", schema)).toBe(`| Option | Type | Default | Description |
| --- | --- | --- | --- |
| \`limit\` | rate | required | How many \\| much. |
| \`by\` | \`peer.ip\`, \`operation\` or \`{ header }\` | \`peer.ip\` | Who. |
| \`edits\` | \`{ remove }\` |  | E. |
| \`edits.remove\` | list of strings |  | R. |
| \`keys\` | map to \`{ header }\` |  | K. |
| \`keys.*.header\` | string |  | H. |`);
  });

  it("have one row for a policy that is no object", () => {
    expect(optionTable("public", { description: "Why.", type: "string" })).toContain("| `public` | string | required | Why. |");
  });
});
