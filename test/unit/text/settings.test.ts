import { describe, expect, it } from "vitest";
import { formats } from "../../../compiler/text/formats.ts";
import { compileProject } from "../../harness/compile-project.ts";

describe("text with a setting", () => {
  it.each([
    ["endpoint", "${env:URL:-http://localhost:9000}", true],
    ["endpoint", "${env:URL:-localhost:9000}", false],
    ["endpoint", "http://${env:HOST:-orders}:${env:PORT:-80}", true],
    ["port", "${env:PORT:-8080}", true],
    ["port", "${env:PORT:-http}", false],
    ["port", "${env:PORT:8080}", false],
    ["port", "${env:PORT-8080}", false],
    ["setting", "a${env:A:-b}c${env:D}", true],
    ["setting", "${env:A:-${env:B}}", false],
    ["duration-setting", "${env:WAIT}", true],
    ["duration-setting", "${env:WAIT:-5s}", true],
    ["duration-setting", "${env:WAIT:-5000}", false],
    ["duration-setting", "${env:WAIT}s", false],
    ["size-setting", "${env:SIZE:-1MB}", false],
    ["count-setting", "${env:MOST:-100}", true],
    ["count-setting", "${env:MOST:-0}", false],
    ["dns-server", "${env:DNS:-10.0.0.53}", true],
    ["dns-server", "${env:DNS:-resolver}", false],
  ])("%s: %s", (format, text, isRight) => {
    expect(formats[format]!.matches(text)).toBe(isRight);
  });
});

it("a literal among several keys of a consumer is not shown", async () => {
  const gateway = `gateway: sample
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
identity: { schemes: { k: { apiKey: { keys: { acme: { key: KEY } } } } } }
`;
  const found = async (key: string): Promise<string> => {
    const { diagnostics } = await compileProject(new Map([["gateway.yaml", gateway.replace("KEY", key)]]));
    return JSON.stringify(diagnostics);
  };
  for (const key of ["hunter2hunter2hunter2", "[{ env: A }, hunter2hunter2hunter2]"]) {
    expect(await found(key)).toContain("literal-secret");
    expect(await found(key)).not.toContain("hunter2");
  }
});
