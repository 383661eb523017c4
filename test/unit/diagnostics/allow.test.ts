import { describe, expect, it } from "vitest";
import { allowWarnings } from "../../../compiler/diagnostics/allow.ts";
import { pages } from "../../../compiler/diagnostics/pages.gen.ts";
import { Positions } from "../../../compiler/ir/positions.ts";
import { diagnostic, label } from "./support.ts";

const [warning, otherWarning] = Object.keys(pages).filter(
  (code) => pages[code]!.severity === "warning" && !code.startsWith("diagnostics/"),
) as [string, string];
const error = Object.keys(pages).find((code) => pages[code]!.severity === "error")!;
const fired = (code: string) =>
  diagnostic(label("a.yaml", "a: 1", "a", ""), { code, severity: pages[code]?.severity ?? "error" });

function codesAfter(found: readonly string[], allowed: readonly string[]): readonly string[] {
  const block = Object.fromEntries(allowed.map((code) => [code, "looked at"]));
  const positions = new Positions();
  positions.set(block, {
    file: "gateway.yaml",
    start: 0,
    end: 0,
    keys: allowed,
    spans: allowed.flatMap((_, index) => [index, index, index, index]),
  });
  return allowWarnings(found.map(fired), { gateway: { allowWarnings: block }, positions }).map(({ code }) => code);
}

describe("allowWarnings", () => {
  it("changes nothing where the gateway allows nothing", () => {
    const found = [fired(warning)];
    expect(allowWarnings(found, { gateway: {}, positions: new Positions() })).toBe(found);
  });

  it("drops the warnings it names", () => expect(codesAfter([warning, otherWarning], [warning])).toEqual([otherWarning]));

  it("never drops an error", () => expect(codesAfter([error], [error])).toEqual([error, "diagnostics/error-allowed"].sort()));

  it("reports a code that does not exist", () =>
    expect(codesAfter([], ["link/nothing-of-the-kind"])).toEqual(["diagnostics/unknown-code"]));

  it("reports a warning that nothing gives", () => expect(codesAfter([], [warning])).toEqual(["diagnostics/unused-allowance"]));

  it("does not guess what phases would have found that an error stopped", () =>
    expect(codesAfter([error], [warning])).toEqual([error]));

  it("may allow the remark about what nothing gives", () => {
    expect(codesAfter([], [warning, "diagnostics/unused-allowance"])).toEqual([]);
  });
});
