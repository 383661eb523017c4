import { expect, test } from "vitest";
import { loadProject } from "./support.ts";

/** Each mistake once, at the very place, with what to write instead; never in the words of the YAML parser. */
test.each([
  [
    "no space after a colon",
    "all:\n  accessLog:{}\n  requestId: {}\n",
    "accessLog:{}",
    "no space after the colon of `accessLog`",
    "Write `accessLog: {}`.",
  ],
  ["an equals sign", "all:\n  requestId = {}\n  metrics: {}\n", "requestId = {}", "not by `=`", "Write `requestId: {}`."],
  ["no colon", "all:\n  requestId\n  metrics: {}\n", "requestId", "no colon", "Write `requestId:` and its value"],
  [
    "a double quote without end",
    'all:\n  public: "fine\n  metrics: {}\n',
    '"',
    'the quote " that begins here has no end',
    'Write " at the end',
  ],
  [
    "a single quote without end",
    "all:\n  public: 'fine\n  metrics: {}\n",
    "'",
    "the quote ' that begins here has no end",
    "is written `''`",
  ],
  [
    "a bracket without end",
    "all:\n  cors: { origins: [https://a.example }\n",
    "[",
    "`[` is opened here and never closed",
    "Write `]` where the list ends.",
  ],
  [
    "a brace without end",
    "all:\n  requestId: {\n  metrics: {}\n",
    "{",
    "`{` is opened here and never closed",
    "Write `}` where the mapping ends.",
  ],
  [
    "a closing brace in the wrong column",
    "all:\n  requestId: {\n    response: off\n}\n",
    "}",
    "not indented deeper",
    "Indent the line of `}`",
  ],
  [
    "a list in an expression between braces",
    "all:\n  authorize: { require: body.kind in ['a', 'b'], detail: no }\n",
    "body.kind in ['a', 'b']",
    "`[` does not belong to text without quotes",
    "Write it in quotes: `\"body.kind in ['a', 'b']\"`.",
  ],
  [
    "an index in an expression between braces",
    'all:\n  headers: { request: { set: { X-A: { expression: request.headers["a"] } } } }\n',
    'request.headers["a"]',
    "`[` does not belong to text without quotes",
    "Write it in quotes: `'request.headers[\"a\"]'`.",
  ],
  [
    "a choice in an expression between braces",
    "all:\n  authorize: { require: body.a > 1 ? true : false }\n",
    "body.a > 1 ? true : false",
    "a colon before a space does not belong",
    'Write it in quotes: `"body.a > 1 ? true : false"`.',
  ],
  [
    "quoted text in a call between braces",
    "all:\n  rateLimit: { limit: 60/m, by: matches(request.path, 'a', 'b') }\n",
    "matches(request.path, 'a', 'b')",
    "a comma does not belong to text without quotes",
    "Write it in quotes: `\"matches(request.path, 'a', 'b')\"`.",
  ],
  ["a surplus brace", "all:\n  requestId: {}}\n", "}", "`}` closes nothing", "Remove it"],
  ["too deep by one", "all:\n  requestId: {}\n   metrics: {}\n", "metrics: {}", "indented by 3 spaces", "after 0 or 2 spaces"],
  ["not deep enough", "all:\n    requestId: {}\n  metrics: {}\n", "metrics: {}", "indented by 2 spaces", "after 0 or 4 spaces"],
  [
    "below a value",
    "all:\n  public: fine\n    metrics: {}\n",
    "metrics: {}",
    "indented below `public`",
    "in the column of `public`",
  ],
  [
    "a colon inside of text",
    "all:\n  public: why: fine\n",
    "why: fine",
    "holds a colon and a space",
    'Write it in quotes: `"why: fine"`.',
  ],
  ["a reserved character", "all:\n  public: @home\n", "@home", "cannot begin with `@`", 'Write it in quotes: `"@home"`.'],
  ["a backtick", "all:\n  public: `home`\n", "`home`", "cannot begin with a backtick", "double quotes"],
  ["an escape of regular expressions", 'all:\n  public: "a\\d"\n', "\\d", "`\\d` means nothing", "Write `\\\\d` for a backslash"],
  [
    "a star at the beginning of a key",
    "paths:\n  */orders: { requestId: {} }\n",
    "*/orders",
    "read as the alias",
    'Write it in quotes: `"*/orders":`.',
  ],
  ["a list among keys", "all:\n  requestId: {}\n  - metrics: {}\n", "-", "an item of a list", "Remove the `-`"],
  ["text behind a quote", 'all:\n  public: "home" page\n', "page", "behind its closing quote", "the quotes around all of it"],
  [
    "no comma",
    "all:\n  cors: { origins: [https://a.example] methods: [GET] }\n",
    "methods",
    "no comma before `methods`",
    "with commas",
  ],
  [
    "two commas",
    "all:\n  cors: { origins: [https://a.example],, methods: [GET] }\n",
    ",",
    "nothing before this comma",
    "Remove one",
  ],
  ["text behind a bar", "all:\n  public: |why\n    fine\n", "why", "behind `|` or `>`", "on the next line"],
  [
    "a merge that was not finished",
    "all:\n<<<<<<< HEAD\n  requestId: {}\n=======\n  metrics: {}\n>>>>>>> x\n",
    "<<<<<<< HEAD",
    "two versions of it were merged",
    "Keep one of the two parts",
  ],
  ["something that has no explanation of its own", "all:\n  public: &\n", "&", "fits nothing before it", "Mind the indentation"],
])("%s", async (_, text, shown, problem, help) => {
  for (const written of [text, text.replaceAll("\n", "\r\n")]) {
    const { found } = await loadProject({ "policies.yaml": written });
    expect(found.map(({ code }) => code)).toEqual(["load/yaml-syntax"]);
    expect(found[0]!.shown).toBe(shown);
    expect(found[0]!.message).toContain(problem);
    expect(found[0]!.help).toContain(help);
  }
});

test("a setting without quotes in a mapping between braces", async () => {
  const { found } = await loadProject({ "policies.yaml": "all:\n  redirect: { to: ${env:TARGET} }\n" });
  expect(found).toMatchObject([
    { code: "load/yaml-syntax", shown: "${env:TARGET}", edits: ['${env:TARGET} -> "${env:TARGET}"'] },
  ]);
});

test("braces of a template language are named as such", async () => {
  const { found } = await loadProject({ "policies.yaml": "all:\n  requestId: {{ .Values.requestId }}\n" });
  expect(found).toMatchObject([{ code: "load/key-not-text", help: expect.stringContaining("template language") as string }]);
});

test.each([
  "all:\n\trequestId: {}\n",
  "all:\n  cors:\n  \torigins: []\n",
  "all: {}\n  \ttags: {}\n",
  "all:\n  public: fine\n\tmetrics: {}\n",
])("the tab of %j is what is wrong, and it is said once", async (text) => {
  const { found } = await loadProject({ "policies.yaml": text });
  expect(found).toMatchObject([{ code: "load/tab-indentation", shown: "\t" }]);
});

test("what was read of a gateway file that does not parse is kept, so that the line can be shown", async () => {
  const text = "gateway:shop\nlisteners: {}\n";
  const { sources, found } = await loadProject({ "gateway.yaml": text });
  expect(sources.files.get("gateway.yaml")?.text).toBe(text);
  expect(found).toMatchObject([{ at: "gateway.yaml:1:1", edits: ["gateway:shop -> gateway: shop"] }]);
});

test.each([
  ["roles.exists(r, r == 'a')", "roles.exists(r, r == 'a')"],
  ["b == 'x, y'", "b == 'x, y'"],
  ["f(a, g(b, c)), detail: no", "f(a, g(b, c))"],
])("an expression that a comma ends between braces: %s", async (written, meant) => {
  const { found } = await loadProject({ "policies.yaml": `all:\n  authorize: { require: ${written} }\n` });
  const unknown = found.filter(({ code }) => code === "load/unknown-key");
  expect(unknown.length).toBeGreaterThan(0);
  for (const { help } of unknown) expect(help).toContain(`Write the whole of it in quotes: \`"${meant}"\`.`);
});

test("a misspelt key behind a comma is a misspelt key", async () => {
  const { found } = await loadProject({ "policies.yaml": "all:\n  authorize: { require: f(a), detial: no }\n" });
  expect(found).toMatchObject([{ code: "load/unknown-key", help: "Did you mean `detail`?" }]);
});
