import type { ConfigIr } from "../../ir/config.ts";
import { emittedIn } from "../../ir/config-nodes.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { JsonSchema } from "../../ir/schema.ts";
import type { StepIr } from "../../ir/step.ts";

/** How many operations refuse properties of a request body that its schema does not declare: many services ignore these. */
export function closedBodies({ operations, schemas }: GatewayIr): number {
  const byRef = new Map(schemas.map(({ id, schema }) => [`#/${id}`, schema]));
  const isClosed = (schema: JsonSchema | undefined, depth = 0): boolean => {
    if (typeof schema !== "object" || depth > deepest) return false;
    if (schema.additionalProperties === false || schema.unevaluatedProperties === false) return true;
    const target = schema.$ref === undefined ? undefined : byRef.get(schema.$ref);
    return isClosed(target, depth + 1) || (schema.allOf ?? []).some((part) => isClosed(part, depth + 1));
  };
  const closes = (step: StepIr): boolean =>
    emittedIn(requestBody(step), "validator").some(({ schema }) => isClosed(byRef.get(`#/${schema}`)));
  return operations.filter(({ steps }) => steps.some(closes)).length;
}

/** Of references and `allOf` in each other. */
const deepest = 8;

/** What the step checks request bodies by, whether it looks at answers as well or not. */
function requestBody({ config }: StepIr): ConfigIr | undefined {
  const { body, request } = config as { readonly [key: string]: ConfigIr | undefined };
  return body ?? (typeof request === "object" && request !== null ? (request as { readonly body?: ConfigIr }).body : undefined);
}
