import type { ResponseIr } from "../../ir/body.ts";
import type { JsonObject } from "../../source/source-set.ts";
import { linkContent } from "./link-content.ts";
import { linkHeaders } from "./link-headers.ts";
import { notAStatus } from "./messages.gen.ts";
import { type BodyContext, type BodyOwner, type BodyView, entriesOf, resolved } from "./spec-tree.ts";

/** What an operation may answer: exact statuses first, then ranges, then `default`. */
export function linkResponses({ spec, operation, name }: BodyOwner, view: BodyView, context: BodyContext): readonly ResponseIr[] {
  const { positions, sink } = context;
  const responses: ResponseIr[] = [];
  for (const [written, item] of entriesOf(operation.responses)) {
    if (written.startsWith("x-")) continue;
    const origin = positions.key(operation.responses as JsonObject, written);
    const status = /^[1-5]xx$/i.test(written) ? written.toUpperCase() : written;
    if (!/^[1-5]([0-9]{2}|XX)$|^default$/.test(status)) {
      sink.report(notAStatus(origin, { found: written }));
      continue;
    }
    const response = resolved(item, spec);
    if (response === undefined) continue;
    const hint = `${name}.${status}`;
    const headers = linkHeaders(response.headers, spec, hint, view, context);
    const content = linkContent(response.content, { spec, name: hint, view }, context);
    responses.push({ kind: "response", status, headers, content, origin });
  }
  return responses.sort((a, b) => rank(a.status) - rank(b.status) || (a.status < b.status ? -1 : 1));
}

const rank = (status: string): number => (status === "default" ? 2 : status.endsWith("XX") ? 1 : 0);
