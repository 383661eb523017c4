import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { celTypes, checkExpression, locateExpression, policyEnvironment, type TypeEnvironment } from "../../expressions/index.ts";
import { emitted } from "../../ir/emitted.ts";
import type { Origin } from "../../ir/origin.ts";
import type { LoweredResource, ResourceContext, ResourceDefinition, Room, RoomContext } from "../../resource/contract.ts";
import { resources } from "../../resources/registry.gen.ts";
import { own } from "../../text/own.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";

/** A resource as its authors wrote it, with defaults filled in. */
export interface WrittenResource<In extends Room> {
  readonly name: string;
  /** Which kind of the room it is. */
  readonly type: string;
  readonly options: object;
  readonly origin: Origin;
  /** What definitions of the room get beside what all get. */
  readonly facts: Omit<RoomContext[In], keyof ResourceContext>;
}

type CheckedResource<In extends Room> = LoweredResource<In> & {
  readonly kind: "resource";
  readonly room: In;
  readonly type: string;
  readonly name: string;
  readonly origin: Origin;
};

/** Checks a resource and brings it into the IR. Undefined where something is wrong with it, which was reported. */
export function lowerResource<In extends Room>(
  room: In,
  { name, type, options, origin, facts }: WrittenResource<In>,
  linked: LinkedGateway,
  sink: DiagnosticSink,
): CheckedResource<In> | undefined {
  const definition: ResourceDefinition<In, never> | undefined = own(resources[room], type);
  if (definition === undefined) throw new Error(`no kind ${type} among ${room}`);
  const { context, hasFailed } = contextOf(name, options, origin, linked, sink);
  const whole = { ...context, ...facts } as RoomContext[In];
  // The options were checked against the schema of the kind, from which the definition's type is generated.
  definition.check?.(options as never, whole);
  if (hasFailed()) return undefined;
  const lowered = definition.lower(options as never, whole);
  return hasFailed() ? undefined : { ...lowered, kind: "resource", room, type, name, origin };
}

/** What is there on each request, whatever its operation. Where something is absent, whoever asks goes on without it. */
const requestEnvironment = ({ geo }: LinkedGateway["file"]): TypeEnvironment => ({
  ...policyEnvironment({ geo, identity: { optional: "quietly" } }),
  sparse: true,
});

function contextOf(
  name: string,
  options: object,
  origin: Origin,
  { file, positions, textOf }: LinkedGateway,
  sink: DiagnosticSink,
) {
  let failed = false;
  const at = (pointer: string): Origin => positions.pointer(options, pointer);
  const context: ResourceContext = {
    name,
    gateway: file.gateway,
    origin,
    at,
    key(pointer) {
      const found = holderOf(options, pointer);
      return found === undefined ? at(pointer) : positions.key(found.holder, found.key);
    },
    isWritten(pointer) {
      const found = holderOf(options, pointer);
      return found !== undefined && positions.has(found.holder, found.key);
    },
    secret: (reference, pointer) => ({ kind: "secret", from: reference, origin: at(pointer) }),
    expression: (text, pointer, expected) => {
      const origin = at(pointer);
      const { expression, problems } = checkExpression(text, requestEnvironment(file), celTypes[expected]);
      const inside = locateExpression(origin, textOf(origin.file), text);
      for (const problem of problems) context.report(problem.diagnose(inside(problem)));
      if (expression === undefined) failed = true;
      return expression === undefined ? undefined : emitted("expression", { ...expression, origin });
    },
    report: (diagnostic) => {
      if (diagnostic.severity === "error") failed = true;
      sink.report(diagnostic);
    },
  };
  return { context, hasFailed: () => failed };
}

/** The container that a pointer ends in; undefined where it leads nowhere. */
function holderOf(root: object, pointer: string): { readonly holder: object; readonly key: string } | undefined {
  const tokens = pointer.split("/").slice(1);
  const key = tokens.pop() ?? "";
  let holder: unknown = root;
  for (const token of tokens) {
    if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, token)) return undefined;
    holder = (holder as Readonly<Record<string, unknown>>)[token];
  }
  return typeof holder === "object" && holder !== null && Object.hasOwn(holder, key) ? { holder, key } : undefined;
}
