import type { Positions } from "../ir/positions.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { errorAllowed, unknownCode, unusedAllowance } from "./messages.gen.ts";
import { pages } from "./pages.gen.ts";
import { DiagnosticSink } from "./sink.ts";
import { suggestion } from "./suggest.ts";

/** `gateway.yaml`, as far as it says which warnings are accepted. */
export interface Allowing {
  readonly gateway: { readonly allowWarnings?: Readonly<Record<string, string>> };
  readonly positions: Positions;
}

const unusedCode = "diagnostics/unused-allowance";

/**
 * The diagnostics without the warnings that `allowWarnings` accepts, and with what is wrong about `allowWarnings`
 * itself. Errors always stay.
 */
export function allowWarnings(diagnostics: readonly Diagnostic[], { gateway, positions }: Allowing): readonly Diagnostic[] {
  const allowed = gateway.allowWarnings;
  if (allowed === undefined) return diagnostics;
  const codes = Object.keys(allowed);
  const sink = new DiagnosticSink();
  const fired = new Set(diagnostics.map(({ code }) => code));
  for (const code of codes) {
    const page = Object.hasOwn(pages, code) ? pages[code] : undefined;
    const at = positions.key(allowed, code);
    if (page === undefined) sink.report(unknownCode(at, { code, suggestion: suggestion(code, warnings()) }));
    else if (page.severity === "error") sink.report(errorAllowed(at, { code }));
  }
  // After an error later phases did not run, so nobody knows what they would have warned of.
  const isComplete = !sink.hasErrors && diagnostics.every(({ severity }) => severity !== "error");
  if (isComplete && !codes.includes(unusedCode)) {
    for (const code of codes) if (!fired.has(code)) sink.report(unusedAllowance(positions.key(allowed, code), { code }));
  }
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity === "error" || !codes.includes(diagnostic.code)) sink.report(diagnostic);
  }
  return sink.sorted();
}

const warnings = (): string[] => Object.keys(pages).filter((code) => pages[code]!.severity === "warning");
