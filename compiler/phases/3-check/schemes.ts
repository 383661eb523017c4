import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { OperationIr, SchemeIr, SecurityRequirementIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { schemes as providers } from "../../policies/registry.gen.ts";
import type { SchemeContext } from "../../policy/contract.ts";
import { list } from "../../text/words.ts";
import type { DeclaredScheme, LinkedGateway } from "../2-link/linked-gateway.ts";
import { declarationsDisagree, providerMismatch, schemeWithoutProvider, undeclaredScheme, unusedScheme } from "./messages.gen.ts";

/** The security schemes of the gateway: which exist, which are asynchronous, which are used. */
export interface Schemes {
  isAsync(name: string): boolean;
  /** Checks that every scheme of the requirements is declared and implemented. */
  use(requirements: readonly SecurityRequirementIr[], linked: LinkedGateway, sink: DiagnosticSink): void;
  /** The schemes that some operation refers to; reports the others. */
  inUse(operations: readonly OperationIr[], linked: LinkedGateway, sink: DiagnosticSink): readonly SchemeIr[];
}

/** Checks and lowers every provider under `identity.schemes`. */
export function checkSchemes(linked: LinkedGateway, sink: DiagnosticSink): Schemes {
  const written = linked.file.identity?.schemes ?? {};
  const lowered = new Map<string, SchemeIr>();
  for (const [name, block] of Object.entries(written)) {
    const [provider, options] = Object.entries(block)[0] ?? ["", undefined];
    const definition = providers[provider];
    if (definition === undefined || options === undefined) continue;
    const origin = linked.positions.key(written, name);
    const declarations = linked.declaredSchemes.get(name) ?? [];
    checkDeclarations(name, declarations, sink);
    const [declared] = declarations;
    const type = declared === undefined ? undefined : typeOf(declared);
    if (type !== undefined && !definition.implements.includes(type)) {
      const related = [{ origin: declared!.origin, text: "declared here" }];
      const values = {
        name,
        provider,
        type,
        implemented: list(
          definition.implements.map((one) => `\`${one}\``),
          "or",
        ),
      };
      sink.report(providerMismatch(linked.positions.key(block, provider), values, { related }));
      continue;
    }
    let failed = false;
    const context: SchemeContext = {
      name,
      origin,
      declared: declared?.value,
      declaredAt: declared?.origin,
      at: (pointer) => linked.positions.pointer(options, pointer),
      secret: (reference, pointer) => ({ kind: "secret", from: reference, origin: linked.positions.pointer(options, pointer) }),
      report: (diagnostic) => {
        if (diagnostic.severity === "error") failed = true;
        sink.report(diagnostic);
      },
    };
    definition.check?.(options as never, context);
    if (!failed) lowered.set(name, { kind: "scheme", name, provider, ...definition.lower(options as never, context), origin });
  }
  const known = Object.keys(written);
  return {
    isAsync: (name) => lowered.get(name)?.async ?? false,
    use(requirements, gateway, reports) {
      for (const requirement of requirements) {
        for (const { name } of requirement.alternatives.flatMap((alternative) => alternative.schemes)) {
          if (known.includes(name)) continue;
          const declared = gateway.declaredSchemes.get(name)?.[0];
          const values = { name, suggestion: suggestion(name, known) };
          // Who has none yet is told what there is to write, not that there is nothing to choose from.
          const remedy =
            known.length > 0
              ? values.suggestion
              : `Its provider is one of: ${list(Object.keys(providers).map((provider) => `\`${provider}\``))}.`;
          if (declared === undefined) reports.report(undeclaredScheme(requirement.origin, values));
          else
            reports.report(
              schemeWithoutProvider(requirement.origin, { name, suggestion: remedy }, { related: [declaredHere(declared)] }),
            );
        }
      }
    },
    inUse(operations, gateway, reports) {
      const used = new Set(operations.flatMap(schemesOf));
      for (const name of known) {
        if (!used.has(name)) reports.report(unusedScheme(gateway.positions.key(written, name), { name }));
      }
      return [...lowered.values()].filter((scheme) => used.has(scheme.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

const declaredHere = (declared: DeclaredScheme): { origin: Origin; text: string } => ({
  origin: declared.origin,
  text: "declared here",
});

function schemesOf(operation: OperationIr): string[] {
  const { access } = operation;
  const alternatives =
    access.kind === "public" ? access.optional : access.requirements.flatMap((requirement) => requirement.alternatives);
  return alternatives.flatMap((alternative) => alternative.schemes.map((scheme) => scheme.name));
}

/** `apiKey`, `oauth2`, `http bearer`: what a provider says it implements. */
function typeOf({ value }: DeclaredScheme): string {
  return value.type === "http" ? `http ${String(value.scheme).toLowerCase()}` : String(value.type);
}

/** Two specs may share a scheme only if they mean the same. */
function checkDeclarations(name: string, declarations: readonly DeclaredScheme[], sink: DiagnosticSink): void {
  const meaning = ({ value }: DeclaredScheme): string => JSON.stringify([value.type, value.in, value.name, value.scheme]);
  const [first, ...others] = declarations;
  for (const other of others) {
    if (meaning(other) !== meaning(first!))
      sink.report(declarationsDisagree(other.origin, { name }, { related: [declaredHere(first!)] }));
  }
}

/** Where API keys travel, as declared in specs and in the gateway file: names that must never be logged with their value. */
export function credentialNames(linked: LinkedGateway): string[] {
  const declared = [...linked.declaredSchemes.values()]
    .flat()
    .map(({ value }) => (value.type === "apiKey" ? value.name : undefined));
  const configured = Object.values(linked.file.identity?.schemes ?? {}).map(({ apiKey }) => apiKey?.name);
  return [...new Set([...declared, ...configured].filter((name) => typeof name === "string"))].sort();
}
