import type { EcsLineConfig } from "../../../runtime/policies/access-log/ecs-line.ts";
import type { ExpressionLineConfig } from "../../../runtime/policies/access-log/expression-line.ts";
import type { LineConfig } from "../../../runtime/policies/access-log/line.ts";
import type { AccessLogMembers, AccessLogOptions } from "../../../schema/policies.gen.ts";
import { type Lowered, type MakeIr, make } from "../../ir/config.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { secretRead } from "../../policy/secret-read.ts";
import { anyInFormat, secretInFormat } from "./messages.gen.ts";

/** What makes the members of a line. Undefined where an expression is wrong, which was reported. */
export function lineOf(
  format: AccessLogOptions["format"],
  plain: Lowered<LineConfig>,
  context: PolicyContext,
): MakeIr | undefined {
  if (format === "native") return make<LineConfig>("policies/access-log/native-line", "createNativeLine", plain);
  if (format === "ecs")
    return make<EcsLineConfig>("policies/access-log/ecs-line", "createEcsLine", { ...plain, gateway: context.gateway });
  const members = membersOf(format, context);
  return members.length < Object.keys(format).length
    ? undefined
    : make<ExpressionLineConfig>("policies/access-log/expression-line", "createExpressionLine", { members, unread: plain });
}

function membersOf(format: AccessLogMembers, context: PolicyContext): Lowered<ExpressionLineConfig["members"]> {
  return Object.entries(format).flatMap(([name, text]) => {
    const pointer = `/format/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const value = context.expression(text, pointer, "any", "logged");
    if (value === undefined) return [];
    const secret = secretRead(value.data, context.credentials);
    if (secret !== undefined) {
      const at = context.at(pointer);
      context.report(
        "map" in secret
          ? anyInFormat(at, { member: name, ...secret })
          : secretInFormat(at, { member: name, secret: secret.field }),
      );
      return [];
    }
    const { answerHeaders = [] } = value.data.reads;
    return [{ name, value, ...(answerHeaders.length === 0 ? {} : { ofAnswer: true as const }) }];
  });
}
