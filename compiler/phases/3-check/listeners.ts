import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { type IdentityField, ownerOf, writtenBy } from "./identity-fields.ts";
import { lowerResource } from "./lower-resource.ts";
import { identityFieldElsewhere, sameListener, samePort } from "./messages.gen.ts";

/** @param identityFields which no client, and no proxy in front, may write */
export function checkListeners(
  linked: LinkedGateway,
  identityFields: readonly IdentityField[],
  sink: DiagnosticSink,
): { readonly ir: GatewayIr["listeners"]; readonly isWhole: boolean } {
  const { public: open, admin } = linked.file.listeners;
  const folded = identityFields.map((field) => field.folded).sort();
  const lowered = {
    public: lowerListener("public", open, folded, linked, sink),
    ...(admin === undefined ? {} : { admin: lowerListener("admin", admin, folded, linked, sink) }),
  };
  checkKept(linked, identityFields, sink);
  checkApart(linked, sink);
  return {
    // Nothing is made of a gateway in which one is wrong.
    ir: { public: lowered.public!, ...(lowered.admin === undefined ? {} : { admin: lowered.admin }) },
    isWhole: lowered.public !== undefined && (admin === undefined || lowered.admin !== undefined),
  };
}

function lowerListener(
  type: ListenerIr["name"],
  options: object,
  identityFields: readonly string[],
  linked: LinkedGateway,
  sink: DiagnosticSink,
): ListenerIr | undefined {
  const origin = linked.positions.key(linked.file.listeners, type);
  const listener = lowerResource("listeners", { name: type, type, options, origin, facts: { identityFields } }, linked, sink);
  return listener === undefined ? undefined : { ...listener, name: type };
}

/** In which fields services are told who calls, no proxy says. */
function checkKept({ file, positions }: LinkedGateway, identityFields: readonly IdentityField[], sink: DiagnosticSink): void {
  const { trustedProxies } = file.listeners.public;
  if (trustedProxies === undefined || !("from" in trustedProxies)) return;
  const { keep = [] } = trustedProxies;
  for (const [index, name] of keep.entries()) {
    const owner = ownerOf(name, identityFields);
    if (owner !== undefined) sink.report(identityFieldElsewhere(positions.value(keep, index), ...writtenBy(owner, "kept here")));
  }
}

function checkApart({ file, positions }: LinkedGateway, sink: DiagnosticSink): void {
  const { public: open, admin } = file.listeners;
  if (admin === undefined) return;
  const key = admin.socket === undefined ? "port" : "socket";
  const own = admin[key];
  if (own === undefined || String(own) !== String(open[key]) || own === 0 || own === "0") return;
  const related = [{ origin: positions.value(open, key), text: "the public listener" }];
  const at = positions.value(admin, key);
  if (key === "port") sink.report(samePort(at, { port: String(own) }, { related }));
  else sink.report(sameListener(at, { path: String(own) }, { related }));
}
