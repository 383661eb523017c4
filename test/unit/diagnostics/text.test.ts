import { describe, expect, it } from "vitest";
import { renderText } from "../../../compiler/diagnostics/render/text.ts";
import { diagnostic, label, sources } from "./support.ts";

const frameOf = (source: string, marked: string, width = 120): string[] => {
  const text = renderText([diagnostic(label("a.yaml", source, marked, "here"))], sources({ "a.yaml": source }), { width });
  return text.split("\n").slice(3, text.split("\n").indexOf("  why   Every request would be refused.") - 1);
};

describe("text for people", () => {
  it("shows the sentence, every label in its file, why, help and the page", () => {
    const policies = "all:\n  requestId: {}\ntags:\n  write:\n    rateLimit: { limit: 20/m, by: identity.subject }\n";
    const spec = "paths:\n  /orders:\n    get:\n      tags: [write]\n";
    const found = diagnostic(label("orders/policies.yaml", policies, "identity.subject", "needs an identity"), {
      code: "check/unprovided",
      message: "`rateLimit` needs an identity, and nothing authenticates listOrders.",
      related: [label("orders/openapi.yaml", spec, "get", "GET /orders has no `security`")],
      why: "Every caller would share one counter.",
      help: "Limit by `peer.ip`.",
    });
    expect(renderText([found], sources({ "orders/policies.yaml": policies, "orders/openapi.yaml": spec }))).toBe(
      `error[check/unprovided] \`rateLimit\` needs an identity, and nothing authenticates listOrders.

  orders/policies.yaml:5:35
  5 |     rateLimit: { limit: 20/m, by: identity.subject }
    |                                   ^^^^^^^^^^^^^^^^ needs an identity
  orders/openapi.yaml:3:5
  3 |     get:
    |     ^^^ GET /orders has no \`security\`

  why   Every caller would share one counter.
  help  Limit by \`peer.ip\`.
  docs  gatewright explain check/unprovided

1 error
`,
    );
  });

  it("is empty where nothing was found", () => expect(renderText([], sources({}))).toBe(""));

  it("counts what it does not show", () => {
    const found = [1, 2, 3].map((number) => diagnostic(label("a.yaml", "a: 1", "1", ""), { message: `No ${number}.` }));
    const text = renderText([...found, diagnostic(label("a.yaml", "a: 1", "1", ""), { severity: "warning" })], sources({}), {
      limit: 2,
    });
    expect(text).toContain("No 2.");
    expect(text).not.toContain("No 3.");
    expect(text).toMatch(/\n\n… and 2 more; `--format json` has all of them\n\n3 errors, 1 warning\n$/);
  });

  const manyWarnings = (count: number) => {
    const found = (code: string, line: number, message: string) =>
      diagnostic(label("a.yaml", `${"\n".repeat(line)}a: 1`, "1", ""), { code, message, severity: "warning" });
    return [
      ...Array.from({ length: count }, (_, line) => found("bodies/x", line, `The schema of \`${line}\` is not enforced.`)),
      found("bodies/x", 1900, "The schema is of another kind."),
      found("route/crossing", 2000, "Two routes cross."),
      found("route/crossing", 2001, "Two routes cross too."),
    ];
  };

  it("makes a line with a count of five hundred warnings of one kind, and shows others in full", () => {
    const text = renderText(manyWarnings(500), sources({}));
    expect(text.split("\n").slice(0, 4)).toEqual([
      "warning[bodies/x] 500 times: The schema of `0` is not enforced. First at a.yaml:1:4",
      "warning[bodies/x] The schema is of another kind. At a.yaml:1901:4",
      "  `gatewright explain bodies/x` says why and what to do; `--format json` has all places.",
      "",
    ]);
    expect(text).toContain("warning[route/crossing] Two routes cross.\n\n  a.yaml:2001:4");
    expect(text).toMatch(/\n503 warnings\n$/);
  });

  it("counts warnings by code and shows none where it is to be quiet, but every error", () => {
    expect(renderText(manyWarnings(500), sources({}), { quiet: true })).toBe(
      "503 warnings\n  501 × bodies/x\n    2 × route/crossing\n",
    );
    const error = diagnostic(label("a.yaml", "a: 1", "1", ""), { message: "No." });
    const text = renderText([error, ...manyWarnings(30)], sources({}), { quiet: true });
    expect(text).toContain("No.");
    expect(text).not.toContain("Two routes cross");
    expect(text).toMatch(/\n1 error, 33 warnings\n/);
  });

  it("shows the first of a few warnings of one code in full and the others by place and sentence", () => {
    const text = renderText(manyWarnings(12), sources({}));
    expect(text.match(/^warning.*$/gm)).toEqual([
      "warning[bodies/x] The schema of `0` is not enforced.",
      "warning[route/crossing] Two routes cross.",
      "warning[route/crossing] Two routes cross too.",
    ]);
    expect(text).toContain(
      "\n  12 more of bodies/x\n    a.yaml:1901:4  The schema is of another kind.\n    a.yaml:2:4  The schema of `1`",
    );
    expect(text).toContain("\n    … and 4 more; `--format json` has all of them\n");
    expect(text).toMatch(/\n15 warnings\n {2}13 × bodies\/x\n {3}2 × route\/crossing\n$/);
  });

  it("shows ten errors of a code in full, and no more", () => {
    const found = (count: number) =>
      Array.from({ length: count }, (_, line) => diagnostic(label("a.yaml", `${"\n".repeat(line)}a: 1`, "1", "")));
    const frames = (count: number) => renderText(found(count), sources({})).match(/^error\[/gm)?.length;
    expect([frames(10), frames(11)]).toEqual([10, 1]);
  });

  it("lists places only where others say the same", () => {
    const found = Array.from({ length: 5 }, (_, line) =>
      diagnostic(label("a.yaml", `${"\n".repeat(line)}a: 1`, "1", ""), { severity: "warning" }),
    );
    expect(renderText(found, sources({}))).toContain(
      `\n  4 more of ${found[0]!.code}\n    the same at a.yaml:2:4, a.yaml:3:4, a.yaml:4:4, a.yaml:5:4\n\n5 warnings\n`,
    );
  });

  it("puts the folder of the gateway in front of paths", () => {
    const text = renderText([diagnostic(label("a.yaml", "a: 1", "1", ""))], sources({}), { folder: "gateways/shop/" });
    expect(text).toContain("  gateways/shop/a.yaml:1:4\n");
  });

  it("names the place where the file could not be read", () => {
    expect(renderText([diagnostic(label("a.yaml", "a: 1", "1", "not found"))], sources({}))).toContain(
      "  a.yaml:1:4 not found\n",
    );
  });

  it("colours only when asked", () => {
    const found = [diagnostic(label("a.yaml", "a: 1", "1", "x"))];
    expect(renderText(found, sources({ "a.yaml": "a: 1" }))).not.toContain("\u001b");
    expect(renderText(found, sources({ "a.yaml": "a: 1" }), { colour: true })).toContain("\u001b[31m");
  });

  it("wraps advice between words, never inside code", () => {
    const help = "Write `limit: 20/m, by: peer.ip` in place of what stands there now, or remove it.";
    const text = renderText([diagnostic(label("a.yaml", "a: 1", "1", ""), { help })], sources({}), { width: 48 });
    expect(text).toContain(
      "  help  Write `limit: 20/m, by: peer.ip` in\n        place of what stands there now, or\n        remove it.\n",
    );
  });
});

describe("code frames", () => {
  it("underlines a key", () => expect(frameOf("a:\n  b: 1\n", "b")).toEqual(["  2 |   b: 1", "    |   ^ here"]));

  it("marks one column for an empty range", () => {
    const origin = { file: "a.yaml", start: 2, end: 2, line: 1, column: 3 };
    const text = renderText([diagnostic({ origin, text: "here" })], sources({ "a.yaml": "a: 1" }));
    expect(text).toContain("  1 | a: 1\n    |   ^ here\n");
  });

  it("marks the end of a file that does not go on", () => {
    const origin = { file: "a.yaml", start: 5, end: 5, line: 2, column: 1 };
    expect(renderText([diagnostic({ origin, text: "here" })], sources({ "a.yaml": "a: 1\n" }))).toContain(
      "  2 |\n    | ^ here\n",
    );
  });

  it("expands tabs", () => expect(frameOf("\ta:\tbad", "bad")).toEqual(["  1 |     a:  bad", "    |         ^^^ here"]));

  it("knows the width of wide and combined characters", () => {
    expect(frameOf('{ "日本": "e\u0301", b: 1 }', "b")).toEqual([
      '  1 | { "日本": "e\u0301", b: 1 }',
      "    |                ^ here",
    ]);
  });

  it("leaves the carriage return of CRLF out", () => expect(frameOf("a: 1\r\nb: 2\r\n", "a")[0]).toBe("  1 | a: 1"));

  it("lets nothing in a source steer the terminal", () => {
    expect(frameOf("a: \u001b[31mred\u202e", "red")[0]).toBe("  1 | a: ␛[31mred\ufffd");
  });

  it("cuts a wide line around what is marked", () => {
    const source = `{ ${"x: 1, ".repeat(40)}bad: 2, ${"y: 1, ".repeat(40)} }`;
    const [line, marks] = frameOf(source, "bad", 40);
    expect(line!.length).toBeLessThanOrEqual(40);
    expect(line).toMatch(/^ {2}1 \| ….*bad: 2.*…$/);
    expect(line!.indexOf("bad")).toBe(marks!.indexOf("^"));
    expect(marks).toContain("^^^ here");
  });

  it("cuts the far side only, where the marked part stands at an end", () => {
    expect(frameOf(`bad: ${"x".repeat(80)}`, "bad", 30)[0]).toMatch(/^ {2}1 \| bad: x+…$/);
    expect(frameOf(`a: ${"x".repeat(80)}bad`, "bad", 30)[0]).toMatch(/^ {2}1 \| …x+bad$/);
  });

  it("draws a bar beside a range of several lines", () => {
    expect(frameOf("a:\n  b: 1\n  c: 2\nd: 3\n", "a:\n  b: 1\n  c: 2\n")).toEqual([
      "  1 | / a:",
      "  2 | |   b: 1",
      "  3 | |   c: 2",
      "    | |______^ here",
    ]);
  });

  it("leaves out the middle of a long range", () => {
    const source = `a:\n${"  - item\n".repeat(20)}`;
    expect(frameOf(source, source)).toEqual([
      "   1 | / a:",
      "   2 | |   - item",
      "   … | |",
      "  21 | |   - item",
      "     | |________^ here",
    ]);
  });
});
