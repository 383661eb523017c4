import type { BodyIr } from "../../ir/body.ts";
import { linkContent } from "./link-content.ts";
import { bodyWithoutContent } from "./messages.gen.ts";
import { adviseOnAbsence } from "./request-advice.ts";
import { type BodyContext, type BodyOwner, type BodyView, resolved } from "./spec-tree.ts";

/** The body that an operation takes; undefined where its spec declares none. */
export function linkRequestBody({ spec, operation, name }: BodyOwner, view: BodyView, context: BodyContext): BodyIr | undefined {
  const { positions, sink } = context;
  if (operation.requestBody === undefined) return undefined;
  const body = resolved(operation.requestBody, spec);
  // A broken reference was reported when the spec was loaded.
  if (body === undefined) return undefined;
  const origin = positions.key(operation, "requestBody");
  const content = linkContent(body.content, { spec, name: `${name}.body`, view }, context);
  if (content.length === 0) {
    sink.report(bodyWithoutContent(origin));
    return undefined;
  }
  adviseOnAbsence(body, spec, context);
  return { kind: "body", required: body.required === true, content, origin };
}
