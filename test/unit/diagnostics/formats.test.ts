import { describe, expect, it } from "vitest";
import { renderGithub } from "../../../compiler/diagnostics/render/github.ts";
import { renderJson } from "../../../compiler/diagnostics/render/json.ts";
import { renderSarif } from "../../../compiler/diagnostics/render/sarif.ts";
import { diagnostic, label, sources } from "./support.ts";

const policies = "tags:\n  write:\n    rateLimit: { limit: 0/m }\n";
const spec = "paths: {}\n";
const files = sources({ "a b/policies.yaml": policies, "openapi.yaml": spec });
const limit = label("a b/policies.yaml", policies, "0/m", "no request passes");
const found = diagnostic(limit, {
  message: "`0/m` lets nothing of /orders/{id} pass: 100% refused.",
  related: [label("openapi.yaml", spec, "paths", "the operations")],
  edits: [{ origin: limit.origin, text: "1/m" }],
});
const block = diagnostic(label("a b/policies.yaml", policies, "write:\n    rateLimit: { limit: 0/m }\n", ""), {
  severity: "warning",
});

describe("JSON", () => {
  it("has every part with its place", () => {
    expect(JSON.parse(renderJson([found], files))).toEqual({
      version: 1,
      diagnostics: [
        {
          code: "rate-limit/zero-limit",
          severity: "error",
          message: found.message,
          primary: {
            file: "a b/policies.yaml",
            start: 39,
            end: 42,
            line: 3,
            column: 25,
            endLine: 3,
            endColumn: 28,
            text: "no request passes",
          },
          related: [
            { file: "openapi.yaml", start: 0, end: 5, line: 1, column: 1, endLine: 1, endColumn: 6, text: "the operations" },
          ],
          why: "Every request would be refused.",
          help: "Write a positive number.",
          edits: [{ file: "a b/policies.yaml", start: 39, end: 42, line: 3, column: 25, endLine: 3, endColumn: 28, text: "1/m" }],
        },
      ],
      summary: { errors: 1, warnings: 0 },
    });
  });

  it("is a document also where nothing was found", () => {
    expect(JSON.parse(renderJson([], files))).toEqual({ version: 1, diagnostics: [], summary: { errors: 0, warnings: 0 } });
  });

  it("ends a block before the white space that follows it", () => {
    expect(JSON.parse(renderJson([block], files)).diagnostics[0].primary).toMatchObject({
      line: 2,
      column: 3,
      endLine: 3,
      endColumn: 30,
    });
  });
});

describe("SARIF", () => {
  const [run] = JSON.parse(renderSarif([found, block], files, { version: "1.2.3", folder: "gateways" })).runs;

  it("lists each rule once and points at it", () => {
    expect(run.tool.driver).toMatchObject({
      name: "gatewright",
      semanticVersion: "1.2.3",
      rules: [{ id: "rate-limit/zero-limit" }],
    });
    expect(run.results.map((result: { ruleIndex: number }) => result.ruleIndex)).toEqual([0, 0]);
    expect(run.results.map((result: { level: string }) => result.level)).toEqual(["error", "warning"]);
  });

  it("gives places as percent-encoded URIs with lines and columns", () => {
    expect(run.results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "gateways/a%20b/policies.yaml" },
      region: { startLine: 3, startColumn: 25, endLine: 3, endColumn: 28 },
    });
    expect(run.results[0].relatedLocations[0]).toMatchObject({ id: 0, message: { text: "the operations" } });
    expect(run.columnKind).toBe("utf16CodeUnits");
  });

  it("offers edits as a fix", () => {
    expect(run.results[0].fixes[0].artifactChanges).toEqual([
      {
        artifactLocation: { uri: "gateways/a%20b/policies.yaml" },
        replacements: [{ deletedRegion: { charOffset: 39, charLength: 3 }, insertedContent: { text: "1/m" } }],
      },
    ]);
    expect(run.results[1]).not.toHaveProperty("fixes");
  });

  it("doubles braces, which would begin a placeholder", () =>
    expect(run.results[0].message.text).toContain("/orders/{{id}} pass"));
});

describe("workflow commands", () => {
  it("escapes data and properties", () => {
    const comma = diagnostic({ origin: { ...limit.origin, file: "a,b:c.yaml" }, text: "" });
    expect(renderGithub([found], files)).toBe(
      "::error file=a b/policies.yaml,line=3,endLine=3,col=25,endColumn=28,title=rate-limit/zero-limit::" +
        "`0/m` lets nothing of /orders/{id} pass: 100%25 refused.%0Aopenapi.yaml:1: the operations%0A" +
        "Every request would be refused.%0AWrite a positive number.\n",
    );
    expect(renderGithub([comma], files)).toContain("file=a%2Cb%3Ac.yaml,");
  });

  it("gives no end column for a range of several lines", () => {
    expect(renderGithub([block], files)).toMatch(/^::warning file=a b\/policies\.yaml,line=2,endLine=3,col=3,title=/);
  });

  it("writes nothing where nothing was found", () => expect(renderGithub([], files)).toBe(""));
});
