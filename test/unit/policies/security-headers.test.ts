import { describe, expect, it } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { createSecurityHeaders } from "../../../runtime/policies/security-headers/index.ts";
import { fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";

const field = (name: string, value: string) => ({ name, value: value as StartValue });
const fields = [field("X-Content-Type-Options", "nosniff"), field("X-Frame-Options", "DENY")];
const secureFields = [field("Strict-Transport-Security", "max-age=60")];

function linesAfter(options: { readonly secure?: boolean; readonly replace?: boolean }, ...headers: string[]): readonly string[] {
  const policy = createSecurityHeaders({
    fields,
    secureFields,
    remove: ["Server", "X-Powered-By"],
    replace: options.replace ?? true,
  });
  const x = fakeExchange({ peer: { secure: options.secure ?? false } });
  x.answer = fakeAnswer({ headers });
  policy.response(x);
  return x.answer.headers.lines;
}

describe("securityHeaders", () => {
  it("adds its fields and drops what the service tells about itself", () => {
    expect(linesAfter({}, "SERVER", "nginx", "Content-Type", "a/b", "x-powered-by", "php")).toEqual([
      ...["Content-Type", "a/b"],
      ...["X-Content-Type-Options", "nosniff"],
      ...["X-Frame-Options", "DENY"],
    ]);
  });

  it("sends Strict-Transport-Security over TLS only, not even the service's otherwise", () => {
    expect(linesAfter({ secure: true })).toContain("Strict-Transport-Security");
    expect(linesAfter({ secure: false }, "Strict-Transport-Security", "max-age=1")).not.toContain("Strict-Transport-Security");
  });

  it("replaces every line of the service's", () => {
    const lines = linesAfter({}, "x-frame-options", "SAMEORIGIN", "X-Frame-Options", "ALLOW-FROM x");
    expect(lines.filter((text) => text.toLowerCase() === "x-frame-options")).toHaveLength(1);
    expect(lines).toContain("DENY");
  });

  it("keeps the service's where it shall", () => {
    expect(linesAfter({ replace: false }, "x-frame-options", "SAMEORIGIN")).toEqual([
      "x-frame-options",
      "SAMEORIGIN",
      "X-Content-Type-Options",
      "nosniff",
    ]);
  });

  it("refuses a value from the environment that is no field value", () => {
    const fields = [field("Content-Security-Policy", "a\r\nSet-Cookie: b")];
    expect(() => createSecurityHeaders({ fields, secureFields: [], remove: [], replace: true })).toThrow("U+000D");
  });
});
