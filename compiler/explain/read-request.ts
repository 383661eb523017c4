import { parseHost, parseTarget } from "../../runtime/http/target.ts";
import type { RouteRequest } from "../routing/route.ts";

/** A request as somebody wrote it. */
export interface WrittenRequest {
  readonly method: string;
  /** Any form of RFC 9112 §3.2. */
  readonly target: string;
  readonly headers: RouteRequest["headers"];
}

/** A request as the data plane reads it. */
export interface ReadRequest {
  readonly request: RouteRequest;
  /** What was read otherwise than written, and why. */
  readonly notes: readonly string[];
  /** Why the data plane answers 400 before it looks for an operation. */
  readonly refusal?: string;
}

const standardMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"];

export const isStandardMethod = (text: string): boolean => standardMethods.includes(text.toUpperCase());

/** Reads a request with the data plane's own code, so that the path that is explained is the one that is routed. */
export function readRequest(written: WrittenRequest): ReadRequest {
  const notes: string[] = [];
  const isMisspelt = !standardMethods.includes(written.method) && isStandardMethod(written.method);
  const method = isMisspelt ? written.method.toUpperCase() : written.method;
  if (isMisspelt)
    notes.push(
      `\`${written.method}\` was read as ${method}: methods are case-sensitive (RFC 9110 §9.1), and clients send capitals.`,
    );

  const target = parseTarget(written.target, method);
  const hosts = written.headers.filter(({ name }) => name.toLowerCase() === "host").map(({ value }) => value);
  const writtenHost = target?.authority ?? hosts[0] ?? "localhost";
  const host =
    hosts.length > 1 || (hosts[0] !== undefined && parseHost(hosts[0]) === undefined) ? undefined : parseHost(writtenHost);
  const request = {
    method,
    host: host ?? writtenHost,
    path: target?.path ?? written.target,
    query: target?.query ?? "",
    headers: written.headers,
  };
  if (target === undefined) {
    const refusal = written.target === "*" ? "only OPTIONS has the target `*`." : badTarget;
    return { request, notes, refusal };
  }
  if (host === undefined) return { request, notes, refusal: "a request has exactly one valid Host field." };
  const writtenPath = pathOf(written.target);
  if (target.path !== "*" && target.path !== writtenPath) {
    notes.push(
      `The path was read as ${target.path}, its normal form (RFC 3986 §6.2.2): routing, policies and the service see that one.`,
    );
  }
  return { request, notes };
}

const badTarget =
  "the path cannot be read in one way only. Encode it in one layer of UTF-8, without `#`, and without slashes, backslashes or control characters in escapes.";

/** Path of an origin-form or absolute-form target as written. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/\?.*$/s, "");
  return path === "" ? "/" : path;
}
