import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../compiler/source/source-set.ts";
import { loadWith } from "../../conformance/overlay/load-with.ts";

const spec = `openapi: 3.1.0
info: { title: Orders, version: "1" }
tags: [{ name: a }, { name: b }, { name: c }]
paths:
  /orders:
    get: { operationId: listOrders, deprecated: true, responses: { "200": { description: ok } } }
    post: { operationId: createOrder, responses: { "201": { description: ok } } }
components:
  schemas: { Order: { type: object } }
`;
const overlay = (actions: string, version = "1.1.0"): string =>
  `overlay: ${version}\ninfo: { title: T, version: "1" }\nactions:\n${actions}`;

describe("places", () => {
  test("what an overlay wrote is shown in the overlay, and the rest where it was", async () => {
    const { document, positions, shown, codes } = await loadWith(spec, [
      overlay(
        "  - target: $.info\n    update: { title: Public orders, contact: { name: Us } }\n  - target: $.tags\n    update: [{ name: d }]\n",
      ),
    ]);
    expect(codes).toEqual([]);
    const info = document!.info as JsonObject;
    expect(info).toEqual({ title: "Public orders", version: "1", contact: { name: "Us" } });
    expect(positions!.value(info, "title")).toMatchObject({ file: "overlay-1.yaml", line: 5 });
    expect(shown(positions!.value(info, "title"))).toBe("Public orders");
    expect(shown(positions!.value(info.contact as JsonObject, "name"))).toBe("Us");
    expect(positions!.value(info, "version")).toMatchObject({ file: "spec.yaml", line: 2 });
    expect(shown(positions!.value(document!.tags as readonly unknown[], 3))).toBe("{ name: d }");
  });

  test("items keep theirs when others before them go", async () => {
    const { document, positions, shown } = await loadWith(spec, [
      overlay(
        "  - target: $.tags\n    update: { name: d }\n  - target: $.tags[?@.name == 'a' || @.name == 'c']\n    remove: true\n",
      ),
    ]);
    expect(document!.tags).toEqual([{ name: "b" }, { name: "d" }]);
    const tags = document!.tags as readonly unknown[];
    expect([shown(positions!.value(tags, 0)), shown(positions!.value(tags, 1))]).toEqual(["{ name: b }", "{ name: d }"]);
  });

  test("a fault that an overlay brings is reported in the overlay", async () => {
    const { errors } = await loadWith(spec, [overlay("  - target: $.paths['/orders'].get\n    update: { tags: read }\n")]);
    expect(errors).toMatchObject([{ code: "load/spec-wrong-type", shown: "read" }]);
  });
});

describe("references", () => {
  test("in values of an overlay are those of the document", async () => {
    const {
      document,
      spec: loaded,
      codes,
    } = await loadWith(spec, [
      overlay(
        '  - target: $.paths.*.post.responses["201"]\n    update: { content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } } }\n',
      ),
    ]);
    expect(codes).toEqual([]);
    const response = (((document!.paths as JsonObject)["/orders"] as JsonObject).post as Record<string, JsonObject>).responses![
      "201"
    ] as Record<string, JsonObject>;
    const { schema } = response.content!["application/json"] as Record<string, JsonObject>;
    expect(loaded!.resolve(schema!)).toEqual({ type: "object" });
  });

  test("see what overlays changed", async () => {
    const { errors } = await loadWith(
      `${spec}  parameters: { p: { name: p, in: query, schema: { $ref: "#/components/schemas/Order" } } }\n`,
      [overlay("  - target: $.components.schemas.Order\n    remove: true\n")],
    );
    expect(errors).toMatchObject([{ code: "load/broken-ref", shown: '"#/components/schemas/Order"' }]);
  });
});

describe("actions", () => {
  test("follow each other, over several files", async () => {
    const { document } = await loadWith(spec, [
      overlay("  - target: $\n    update: { x-stage: one }\n"),
      overlay("  - target: $['x-stage']\n    update: two\n"),
    ]);
    expect(document!["x-stage"]).toBe("two");
  });

  test("each target gets a copy of its own", async () => {
    const { document } = await loadWith(spec, [
      overlay(
        "  - target: $.paths.*.*\n    update: { x-owner: { team: a } }\n  - target: $.paths.*.get['x-owner']\n    update: { team: b }\n",
      ),
    ]);
    const item = (document!.paths as Record<string, Record<string, JsonObject>>)["/orders"]!;
    expect([item.get!["x-owner"], item.post!["x-owner"]]).toEqual([{ team: "b" }, { team: "a" }]);
  });

  test("copy one value", async () => {
    const { document, codes } = await loadWith(spec, [
      overlay(
        "  - target: $.paths\n    update: { /copies: {} }\n  - target: $.paths['/copies']\n    copy: $.paths['/orders']\n  - target: $.paths['/orders'].get\n    remove: true\n  - target: $.paths['/copies'].get.operationId\n    update: listCopies\n",
      ),
    ]);
    expect(codes).toEqual([]);
    const paths = document!.paths as Record<string, Record<string, JsonObject>>;
    expect(Object.keys(paths["/copies"]!)).toEqual(["get", "post"]);
    expect(Object.keys(paths["/orders"]!)).toEqual(["post"]);
    expect(paths["/copies"]!.get!.operationId).toBe("listCopies");
  });

  test.each([
    ["$.inf", "Did you mean `$.info`?"],
    ["$.paths['/order'].get", "Did you mean `$.paths['/orders'].get`?"],
    ["$.paths.*.gett", "Did you mean `$.paths.*.get`?"],
    ["$..operationID", "Did you mean `$..operationId`?"],
    ["$.tags[?@.name == 'z']", "Its names are there, but no value passes the filters and indices."],
    ["$.components.zebra", "`$.components` is there, but nothing like `zebra` in it."],
    ["$.info.title.*", "Nothing is in `$.info.title`."],
  ])("%s selects nothing, which is fine (Overlay 1.1.0 §4.4.3) and said", async (target, help) => {
    const { warnings } = await loadWith(spec, [overlay(`  - target: ${JSON.stringify(target)}\n    remove: true\n`)]);
    expect(warnings).toMatchObject([{ code: "load/overlay-no-target", help, shown: JSON.stringify(target) }]);
  });

  test("a bad path is shown where it stops making sense", async () => {
    const { errors } = await loadWith(spec, [overlay("  - target: $.paths[/orders]\n    remove: true\n")]);
    expect(errors).toMatchObject([{ code: "load/overlay-bad-path", shown: "/" }]);
  });

  test.each([
    ["  - target: $.info\n    update: text\n", "text"],
    ["  - target: $\n    update: { info: text }\n", "text"],
    ["  - target: $\n    update: { info: }\n", "info"],
  ])("%j would lose what is there", async (actions, shown) => {
    const { errors } = await loadWith(spec, [overlay(actions)]);
    expect(errors).toMatchObject([{ code: "load/overlay-mismatch", shown }]);
  });
});

test("Swagger 2.0 is changed as it was written", async () => {
  const swagger =
    'swagger: "2.0"\ninfo: { title: T, version: "1" }\nbasePath: /v1\npaths: { /a: { get: { responses: { "200": { description: ok } } } } }\n';
  const { document, codes } = await loadWith(swagger, [
    overlay("  - target: $.basePath\n    update: /v2\n  - target: $\n    update: { definitions: { A: { type: string } } }\n"),
  ]);
  expect(codes).toEqual([]);
  expect(document).toMatchObject({ servers: [{ url: "/v2" }], components: { schemas: { A: { type: "string" } } } });
});
