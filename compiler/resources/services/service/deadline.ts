import type { RemainingTimeConfig } from "../../../../runtime/upstream/remaining-time.ts";
import type { Service } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make } from "../../../ir/config.ts";
import type { ServiceContext } from "../../../resource/contract.ts";
import { unfitForDeadline } from "../../../text/deadline-field.ts";
import { deadlineField, deadlineUnused } from "./messages.gen.ts";

export function checkDeadline({ deadline, protocol }: Service, context: ServiceContext): void {
  if (deadline === undefined) return;
  const { field } = deadline;
  if (field === undefined) {
    if (protocol === "http1" || deadline.unit !== undefined)
      context.report(deadlineUnused(context.key("/deadline"), { name: context.name }));
    return;
  }
  const why = unfitForDeadline(field);
  if (why !== undefined) context.report(deadlineField(context.at("/deadline/field"), { field, why }));
}

export const remainingTimeOf = ({ deadline }: Service): MakeIr | undefined =>
  deadline === undefined
    ? undefined
    : make<RemainingTimeConfig>("upstream/remaining-time", "createRemainingTime", {
        ...(deadline.field === undefined ? {} : { field: { name: deadline.field, unit: deadline.unit ?? "ms" } }),
      });
