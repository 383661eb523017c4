import type { CallerDeadlineConfig } from "../../../../runtime/http/caller-deadline.ts";
import type { RequestTimeConfig } from "../../../../runtime/http/request-time.ts";
import type { PublicListener } from "../../../../schema/resources.gen.ts";
import { type MakeIr, make, type NumberIr } from "../../../ir/config.ts";
import type { ListenerIr } from "../../../ir/listener.ts";
import type { ListenerContext } from "../../../resource/contract.ts";
import { callerDeadlineField, deadlineFromNobody, deadlineUnitAlone } from "../../../resource/listener/messages.gen.ts";
import { unfitForDeadline } from "../../../text/deadline-field.ts";
import { parseDuration } from "../../../text/formats.ts";
import { foldedField } from "../../../text/identity-fields.ts";
import { startNumber } from "../../../text/setting.ts";

export function checkTime({ deadline, trustedProxies = [] }: PublicListener, context: ListenerContext): void {
  if (deadline === undefined) return;
  const { from, field, unit } = deadline;
  const trusted = "from" in trustedProxies ? trustedProxies.from : trustedProxies;
  if (from !== "anyone" && trusted.length === 0) context.report(deadlineFromNobody(context.key("/deadline")));
  if (unit !== undefined && field === undefined) context.report(deadlineUnitAlone(context.key("/deadline/unit")));
  if (field === undefined) return;
  const why = context.identityFields.includes(foldedField(field))
    ? "It tells services who calls, and no client may write it."
    : unfitForDeadline(field);
  if (why !== undefined) context.report(callerDeadlineField(context.at("/deadline/field"), { field, why }));
}

/** How long requests may take as a whole; undefined where nobody says. */
export function timeOf(options: PublicListener, context: ListenerContext): MakeIr | undefined {
  const answer = answerTimeOf(options, context);
  if (answer === undefined && options.deadline === undefined) return undefined;
  return make<RequestTimeConfig>("http/request-time", "createRequestTime", {
    ...(answer === undefined ? {} : { answer }),
    ...(options.deadline === undefined ? {} : { caller: callerOf(options.deadline) }),
  });
}

export function answerTimeOf({ timeouts }: PublicListener, context: ListenerContext): NumberIr | undefined {
  const written = timeouts?.answer;
  return written === undefined
    ? undefined
    : startNumber(written, parseDuration, () => context.at("/timeouts/answer"), "duration");
}

const callerOf = ({ from, field, unit }: NonNullable<PublicListener["deadline"]>): MakeIr =>
  make<CallerDeadlineConfig>("http/caller-deadline", "createCallerDeadline", {
    ...(from === "anyone" ? { fromAnyone: true } : {}),
    ...(field === undefined ? {} : { field: { name: field.toLowerCase(), unit: unit ?? "ms" } }),
  });

/** For those who judge it together with services and operations. */
export function requestTimeOf(options: PublicListener, context: ListenerContext): Pick<ListenerIr, "time"> {
  const answer = answerTimeOf(options, context);
  const { deadline } = options;
  if (answer === undefined && deadline === undefined) return {};
  return {
    time: {
      ...(answer === undefined ? {} : { answer: { within: answer, origin: context.at("/timeouts/answer") } }),
      ...(deadline === undefined
        ? {}
        : {
            caller: {
              from: deadline.from,
              ...(deadline.field === undefined ? {} : { field: deadline.field, unit: deadline.unit ?? "ms" }),
              origin: context.key("/deadline"),
            },
          }),
    },
  };
}
