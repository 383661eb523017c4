import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Origin } from "../../compiler/ir/origin.ts";
import { resourceRef } from "../../compiler/ir/resource.ts";
import type { PathPattern, Segment } from "../../compiler/ir/route.ts";
import type { OperationContext, PolicyContext, PolicyDefinition } from "../../compiler/policy/contract.ts";

/** A place that only remembers what it was asked for: the JSON pointer stands in the file name. */
export const fakeOrigin = (pointer: string): Origin => ({
  file: `policies.yaml#${pointer}`,
  start: 0,
  end: 1,
  line: 1,
  column: 1,
});

/** A pattern from `/orders/{id}`, `/{from}-{to}`, `/a/*`, `/a/**`. */
export function fakePattern(template: string): PathPattern {
  return { template, segments: template.slice(1).split("/").map(fakeSegment) };
}

function fakeSegment(text: string): Segment {
  if (text === "*") return { kind: "wildcard" };
  if (text === "**") return { kind: "rest" };
  const parts = text
    .split(/(\{\w+\})/)
    .filter((part) => part !== "")
    .map((part) =>
      part.startsWith("{")
        ? ({ kind: "parameter", name: part.slice(1, -1) } as const)
        : ({ kind: "literal", text: part } as const),
    );
  const [only] = parts;
  if (only === undefined) return { kind: "literal", text: "" };
  return parts.length === 1 ? only : { kind: "mixed", parts };
}

/** An operation for a definition to look at, and what it reports. */
export function fakePolicyContext(
  operation: { readonly method?: string; readonly path?: string } = {},
): PolicyContext & { readonly found: Diagnostic[] } {
  const found: Diagnostic[] = [];
  const about: OperationContext = {
    id: "orders.v1.getOrder",
    operationId: "getOrder",
    method: operation.method ?? "GET",
    path: fakePattern(operation.path ?? "/v1/orders/{orderId}"),
    api: "orders",
    version: "v1",
    service: "orders",
    strip: 0,
    prepend: "",
    routedBy: [],
    origin: fakeOrigin("operation"),
  };
  return {
    operation: about,
    origin: fakeOrigin(""),
    mode: "enforce",
    at: fakeOrigin,
    writtenIn: () => undefined,
    report: (diagnostic) => void found.push(diagnostic),
    present: new Set(),
    purges: undefined,
    warming: undefined,
    wanted: new Set(),
    written: new Set(),
    objectives: [],
    told: [],
    credentialFields: [],
    gateway: "shop",
    identity: "always",
    credentials: [],
    secretParameters: () => [],
    services: ["orders"],
    deprecated: [],
    schemes: [],
    ruleLists: { names: [], find: () => undefined },
    store: ({ store = "default" }) => ({ name: store, type: "memory", mayFail: false, ref: resourceRef("stores", store) }),
    exporter: ({ exporter = "default" }) => ({ name: exporter, type: "otlp", ref: resourceRef("exporters", exporter) }),
    contract: () => undefined,
    secrets: () => undefined,
    errorMismatches: () => [],
    expression: (text) => {
      throw new Error(`the fake context compiles no expression: ${text}`);
    },
    found,
  };
}

/** Codes and places of what a definition finds wrong: `rewrite/two-paths at /stripPrefix`. */
export function findings<Options>(
  definition: PolicyDefinition<Options>,
  options: Options,
  operation?: Parameters<typeof fakePolicyContext>[0],
): string[] {
  const context = fakePolicyContext(operation);
  definition.check?.(options, context);
  return context.found.map(({ code, primary }) => `${code} at ${primary.origin.file.slice("policies.yaml#".length)}`);
}

/** The config of a lowered call. */
export function loweredConfig<Options>(
  definition: PolicyDefinition<Options>,
  options: Options,
  operation?: Parameters<typeof fakePolicyContext>[0],
): unknown {
  const lowered = definition.lower(options, fakePolicyContext(operation));
  if (lowered.kind !== "call") throw new Error(`${definition.name} is lowered to ${lowered.kind}`);
  return lowered.config;
}
