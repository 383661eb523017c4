import { describe, expect, it } from "vitest";
import { fixedMessage, message } from "../../../compiler/diagnostics/message.ts";
import { generalHelp, isDiagnosticCode, renderPage, unknownDiagnostic } from "../../../compiler/diagnostics/render/page.ts";

const at = { file: "a.yaml", start: 0, end: 1, line: 1, column: 1 };
const template = {
  code: "x/y",
  severity: "error",
  message: "{a} and {b}",
  label: "{a}",
  why: "w",
  help: "as {{a}}: {b}",
} as const;

describe("message functions", () => {
  it("fill every part in one pass", () => {
    expect(message<"a" | "b">(template)(at, { a: "{b}", b: "$&" })).toEqual({
      code: "x/y",
      severity: "error",
      message: "{b} and $&",
      primary: { origin: at, text: "{b}" },
      related: [],
      why: "w",
      help: "as {a}: $&",
      edits: [],
    });
  });

  it("take related labels and edits", () => {
    const extras = { related: [{ origin: at, text: "r" }], edits: [{ origin: at, text: "e" }] };
    expect(fixedMessage({ ...template, message: "m", label: "l" })(at, extras)).toMatchObject(extras);
  });
});

describe("pages", () => {
  const page = {
    severity: "warning",
    message: "{spec} has {{braces}}.",
    label: "l",
    why: "It matters.",
    help: "Change {spec}.",
    prose: "More about it.",
    bad: { "policies.yaml": "all:\n  x: 1\n" },
    good: { "policies.yaml": "all: {}\n" },
  } as const;

  it("show the template, the advice and both examples", () => {
    expect(renderPage("link/x", page, undefined)).toBe(
      `warning[link/x] <spec> has {braces}.

why   It matters.
help  Change <spec>.

More about it.

Wrong (policies.yaml)

    all:
      x: 1

Right (policies.yaml)

    all: {}`,
    );
  });

  it("show what their example gives where the template says little", () => {
    const template = {
      code: "link/x",
      severity: "warning",
      message: page.message,
      label: "l",
      why: page.why,
      help: "{suggestion}",
    } as const;
    const found = message<"spec" | "suggestion">(template)(at, { spec: "a.yaml", suggestion: "Did you mean `b`?" });
    const text = renderPage("link/x", { ...page, help: template.help }, found);
    expect(text).toContain(
      `Of the example below it says, at ${at.file}:${at.line}:\n\n      a.yaml has {braces}.\nhelp  Did you mean \`b\`?\n`,
    );
    expect(text).not.toContain("<suggestion>");
    expect(generalHelp("link/x", { ...page, help: template.help })).toContain("gatewright explain link/x");
    expect(generalHelp("link/x", page)).toBe("Change <spec>.");
  });

  it("suggest the nearest code", () => {
    expect(unknownDiagnostic("link/unknown-operatoin")).toBe(
      "There is no diagnostic `link/unknown-operatoin`. Did you mean `link/unknown-operation`?",
    );
    expect(isDiagnosticCode("link/unknown-operation")).toBe(true);
    expect(isDiagnosticCode("constructor")).toBe(false);
  });
});
