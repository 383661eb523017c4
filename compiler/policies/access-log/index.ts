import type { AccessLogConfig, AccessLogField } from "../../../runtime/policies/access-log/index.ts";
import type { AccessLogOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { nothingToRedact } from "./messages.gen.ts";

export const accessLog = definePolicy<AccessLogOptions>({
  name: "accessLog",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",
  unmatched: true,

  check(options, context) {
    if (options.redact.length > 0 && !options.query && options.headers.length === 0)
      context.report(nothingToRedact(context.at("/redact")));
  },

  lower(options, context) {
    const fields = allFields.filter((field) => options.fields === undefined || options.fields.includes(field));
    return call<AccessLogConfig>(
      "policies/access-log",
      "createAccessLog",
      { fields, query: options.query, headers: options.headers, redact: [...options.redact, ...context.credentials] },
      {
        hooks: ["done"],
        ...(context.operation === undefined ? { roles: ["refusals"] as const } : {}),
        summary: fields.length === allFields.length ? "JSON lines" : `JSON lines: ${fields.join(", ")}`,
      },
    );
  },
});

/** In the order of a line. */
const allFields = Object.keys({
  time: true,
  requestId: true,
  method: true,
  host: true,
  path: true,
  operation: true,
  api: true,
  version: true,
  status: true,
  upgrade: true,
  source: true,
  outcome: true,
  durationMs: true,
  upstreamMs: true,
  service: true,
  endpoint: true,
  error: true,
  bytesIn: true,
  bytesOut: true,
  ip: true,
  subject: true,
  scheme: true,
  problem: true,
  violations: true,
  reports: true,
  injected: true,
} satisfies Record<AccessLogField, true>) as readonly AccessLogField[];
