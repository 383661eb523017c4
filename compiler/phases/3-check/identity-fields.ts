import type { DiagnosticExtras } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { policies } from "../../policies/registry.gen.ts";
import { foldedField } from "../../text/identity-fields.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { identityFieldElsewhere } from "./messages.gen.ts";

/** A field in which services are told who calls. */
export interface IdentityField {
  readonly name: string;
  readonly folded: string;
  readonly policy: string;
  readonly origin: Origin;
}

/**
 * Each once, whichever operation has the policy: the same service may be reached by another one, on which it is off, does not
 * run, or has nobody to tell of.
 */
export function identityFieldsOf(linked: LinkedGateway): IdentityField[] {
  const found = new Map<string, IdentityField>();
  for (const { policies: effective } of linked.operations) {
    for (const { name: policy, off, instances } of effective) {
      const fieldsOf = policies[policy]?.identityFields;
      if (off || fieldsOf === undefined) continue;
      for (const { value, origin } of instances) {
        // The options were checked against the policy's own schema, from which the definition's type is generated.
        for (const name of fieldsOf(value as never)) {
          const folded = foldedField(name);
          if (!found.has(folded)) found.set(folded, { name, folded, policy, origin });
        }
      }
    }
  }
  return [...found.values()];
}

export const ownerOf = (name: string, fields: readonly IdentityField[]): IdentityField | undefined => {
  const folded = foldedField(name);
  return fields.find((field) => field.folded === folded);
};

/** Values and related places of the message about a second one who has a say in the field. */
export const writtenBy = (
  { name, policy, origin }: IdentityField,
  what: string,
): [{ readonly name: string; readonly policy: string; readonly what: string }, DiagnosticExtras] => [
  { name, policy, what },
  { related: [{ origin, text: `\`${policy}\` tells services with it who calls` }] },
];

/** Nobody but the policy itself may bring such a field to a service: neither other policies nor credentials nor trailers. */
export function checkIdentityFields(
  { steps, forward }: OperationIr,
  fields: readonly IdentityField[],
  credentials: readonly string[],
  sink: DiagnosticSink,
): void {
  if (fields.length === 0 || forward.kind === "terminal") return;
  for (const { policy, keeps = [], fields: touched, hooks, origin } of steps) {
    const written = hooks.includes("upstreamRequest") ? (touched?.request ?? []) : [];
    for (const name of [...keeps, ...written]) {
      const owner = ownerOf(name, fields);
      if (owner !== undefined && owner.policy !== policy)
        sink.report(identityFieldElsewhere(origin, ...writtenBy(owner, `changed by \`${policy}\` here`)));
    }
  }
  for (const name of credentials) {
    const owner = ownerOf(name, fields);
    if (owner !== undefined)
      sink.report(identityFieldElsewhere(owner.origin, { ...writtenBy(owner, "the credential of a security scheme")[0] }));
  }
  const written = forward.options.find(({ pointer }) => pointer.startsWith("/trailers/request"))?.origin;
  for (const name of forward.trailers?.request ?? []) {
    const owner = ownerOf(name, fields);
    if (owner !== undefined && written !== undefined)
      sink.report(identityFieldElsewhere(written, ...writtenBy(owner, "let through as a trailer here")));
  }
}
