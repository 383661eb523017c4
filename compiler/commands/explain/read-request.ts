import { STATUS_CODES } from "node:http";
import { type AsSentReader, createAsSentReader } from "../../../runtime/http/as-sent.ts";
import { readTarget } from "../../../runtime/http/dispatch.ts";
import { defaultLimits } from "../../../runtime/http/server.ts";
import { syntaxAnswer } from "../../../runtime/http/syntax-refusal.ts";
import { reading } from "../../../runtime/http1/field-section.ts";
import { RequestHeadReader } from "../../../runtime/http1/request-head.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import { asSentConfig } from "../../routing/as-sent.ts";
import { decideRoute } from "../../routing/brute-force.ts";
import type { RouteRequest } from "../../routing/route.ts";

/** A request as somebody wrote it. */
export interface WrittenRequest {
  readonly method: string;
  /** Any form of RFC 9112 §3.2. */
  readonly target: string;
  readonly headers: RouteRequest["headers"];
}

/** Why the data plane answers before it looks for an operation. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** No policy sees it, as it could not be read as a request at all. */
  readonly isUnread: boolean;
}

/** A request as the data plane reads it. */
export interface ReadRequest {
  readonly request: RouteRequest;
  /** The path as it was written. */
  readonly sentPath: string;
  /** What was read otherwise than written, and why. */
  readonly notes: readonly string[];
  readonly refusal?: Refusal;
}

const standardMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"];

export const isStandardMethod = (text: string): boolean => standardMethods.includes(text.toUpperCase());

/** Reads a request with the data plane's own code, so that what is explained is what is done. */
export function readRequest(written: WrittenRequest, ir: Pick<GatewayIr, "operations" | "routing" | "listeners">): ReadRequest {
  const notes: string[] = [];
  const isMisspelt = !standardMethods.includes(written.method) && isStandardMethod(written.method);
  const method = isMisspelt ? written.method.toUpperCase() : written.method;
  if (isMisspelt)
    notes.push(
      `\`${written.method}\` was read as ${method}: methods are case-sensitive (RFC 9110 §9.1), and clients send capitals.`,
    );
  const asWritten = { method, host: "localhost", path: written.target, query: "", headers: written.headers };
  const hasHost = written.headers.some(({ name }) => name.toLowerCase() === "host");
  const lines = [...(hasHost ? [] : [{ name: "Host", value: "localhost" }]), ...written.headers];
  const octets = Buffer.from(
    `${method} ${written.target} HTTP/1.1\r\n${lines.map(({ name, value }) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
  const reader = new RequestHeadReader({ ...defaultLimits, ...ir.listeners.public.head });
  if (reader.read(octets, 0, octets.length) !== reading.complete) {
    const { status } = syntaxAnswer(reader.problem);
    const reason = syntaxReasons[reader.problem] ?? `${STATUS_CODES[status]!.toLowerCase()} (${reader.problem}).`;
    return { request: asWritten, sentPath: written.target, notes, refusal: { status, reason, isUnread: true } };
  }
  const head = reader.head!;
  const read = readTarget(head);
  const target = read.problem === undefined ? read : (asSentReader(ir, written.headers)?.(head, read) ?? read);
  const request = { ...asWritten, host: target.host, path: target.path, query: target.query };
  const refused = (status: number, reason: string): ReadRequest => ({
    request: target.problem === undefined ? request : asWritten,
    sentPath: pathOf(written.target),
    notes,
    refusal: { status, reason, isUnread: false },
  });
  if (target.problem !== undefined) {
    const { status, slug } = target.problem;
    const reason = written.target === "*" ? "only OPTIONS has the target `*`." : reasons[slug];
    return refused(status, reason ?? target.problem.title);
  }
  if (method === "TRACE") return refused(405, "TRACE is never taken, as its answer would show credentials (RFC 9110 §9.3.8).");
  if (head.expects === "other") return refused(417, "the only expectation that is known is `100-continue` (RFC 9110 §10.1.1).");
  if (target.path !== "*" && target.path !== pathOf(written.target)) {
    notes.push(
      `The path was read as ${target.path}, its normal form (RFC 3986 §6.2.2): routing and policies see that one, and so does the service unless it gets the path as sent.`,
    );
  }
  return { request, sentPath: pathOf(written.target), notes };
}

/** The reader of a gateway with operations that take paths as sent. */
function asSentReader(
  { operations, routing }: Pick<GatewayIr, "operations" | "routing">,
  headers: RouteRequest["headers"],
): AsSentReader | undefined {
  const config = asSentConfig({ operations });
  if (config === undefined) return undefined;
  return createAsSentReader(({ path, host, query }, method) => {
    const { winner } = decideRoute(operations, { method, path, host, query, headers }, routing);
    return winner === undefined ? null : { index: operations.indexOf(winner) };
  }, config);
}

/** By the slugs of problems. */
const reasons: Readonly<Record<string, string | undefined>> = {
  "bad-path":
    "the path cannot be read in one way only. Encode it in one layer of UTF-8, without `#`, empty segments, dot segments, and escaped slashes, backslashes or control characters. `rewrite: { path: asSent }` lets an operation take it as it is, where each reading leads to the same guards.",
  "bad-host": "a request has exactly one valid Host field.",
  "method-not-allowed": "CONNECT is never taken: the gateway is no tunnel.",
};

const syntaxReasons: Readonly<Record<string, string | undefined>> = {
  "too-many-fields": "the request has more header fields than the listener takes (`requestHead.maxFields`).",
  "head-too-large": "the head of the request is larger than the listener takes (`requestHead.maxSize`).",
  "target-too-long": "the request target is longer than the listener takes (`requestHead.maxSize`).",
  "bad-request-line": "the request line is not valid HTTP/1.1 (RFC 9112 §3).",
  "bad-field-line": "a header field is not valid (RFC 9112 §5).",
  "bad-content-length": "Content-Length is not one number (RFC 9112 §6.3).",
  "bad-transfer-encoding": "Transfer-Encoding is not `chunked` (RFC 9112 §6.1).",
  "ambiguous-length": "Content-Length and Transfer-Encoding say where the body ends in two ways (RFC 9112 §6.3).",
};

/** Path of an origin-form or absolute-form target as written. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/\?.*$/s, "");
  return path === "" ? "/" : path;
}
