import type { LineField } from "./line.ts";

/** Written out, so that each look is one at an object of a known shape. */
export function chosen(fields: readonly LineField[]): Readonly<Record<LineField, boolean>> {
  const has = (field: LineField): boolean => fields.includes(field);
  return {
    time: has("time"),
    requestId: has("requestId"),
    traceId: has("traceId"),
    spanId: has("spanId"),
    method: has("method"),
    host: has("host"),
    path: has("path"),
    operation: has("operation"),
    api: has("api"),
    version: has("version"),
    status: has("status"),
    upgrade: has("upgrade"),
    source: has("source"),
    outcome: has("outcome"),
    durationMs: has("durationMs"),
    upstreamMs: has("upstreamMs"),
    service: has("service"),
    endpoint: has("endpoint"),
    attempts: has("attempts"),
    error: has("error"),
    bytesIn: has("bytesIn"),
    bytesOut: has("bytesOut"),
    ip: has("ip"),
    subject: has("subject"),
    scheme: has("scheme"),
    problem: has("problem"),
    violations: has("violations"),
    reports: has("reports"),
    injected: has("injected"),
    experiments: has("experiments"),
  };
}
