import { type Problem, refuse } from "../answers/problem.ts";
import type { RequestHead } from "../http1/request-head.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { normalisePath } from "./path.ts";
import { send } from "./send.ts";
import { parseHost, parseTarget, type Target } from "./target.ts";

/** What the head of a request says about where it goes. */
export interface ReadTarget {
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly authority: string;
  /** Undefined where all is well. */
  readonly problem: Problem | undefined;
}

/** Reads target and host. A request that could be read in two ways gets the problem that says so. `normalise`: of paths. */
export function readTarget(head: RequestHead, normalise = normalisePath): ReadTarget {
  const target = parseTarget(head.target, head.method, normalise);
  const host = hostOf(head, target);
  return {
    path: target === undefined ? "/" : target.path,
    query: target === undefined ? "" : target.query,
    host: host ?? "",
    authority: host === undefined ? "" : (target?.authority ?? head.host),
    problem:
      head.method === "CONNECT" ? noConnect() : target === undefined ? badTarget() : host === undefined ? badHost() : undefined,
  };
}

/** An absolute-form target counts before `Host`, which must be there all the same (RFC 9112 §3.2.2). Undefined: refused. */
function hostOf(head: RequestHead, target: Target | undefined): string | undefined {
  const authority = target?.authority;
  if (head.hosts === 0) {
    if (head.minor > 0) return undefined;
    return authority === undefined ? "" : parseHost(authority);
  }
  const host = head.hosts > 1 ? undefined : parseHost(head.host);
  return authority === undefined || host === undefined ? host : parseHost(authority);
}

/** Answers what is wrong with the head as a whole, or gives the exchange to its operation. */
export function dispatch(x: HttpExchange): void {
  const wrong = x.problem ?? refusalOf(x);
  if (wrong !== undefined) {
    refuse(x, wrong);
    sendSafely(x);
    return;
  }
  if (x.path === "*") {
    x.run();
    return;
  }
  const { gateway } = x.state;
  try {
    if (x.method === "OPTIONS") {
      const { answerPreflight, forwardOptions } = gateway.parts;
      if (answerPreflight?.(x) === true || forwardOptions?.(x) === true) return;
    }
    x.operation = gateway.match(x, x.method) ?? gateway.unmatched;
  } catch (error) {
    x.fail(error);
    return;
  }
  x.run();
}

function refusalOf(x: HttpExchange): Problem | undefined {
  if (x.method === "TRACE") {
    // Credentials of the request would be echoed (RFC 9110 §9.3.8).
    return {
      ...badRequest("method-not-allowed", "TRACE is not supported"),
      status: 405,
      headers: ["Allow", x.state.gateway.allow(x)],
    };
  }
  if (x.head.expects === "other" && x.head.minor > 0) {
    return {
      ...badRequest("expectation-failed", "The expectation of the request cannot be met", "Only 100-continue is known."),
      status: 417,
    };
  }
  return undefined;
}

const badTarget = (): Problem =>
  badRequest(
    "bad-path",
    "The request target cannot be read in one way only",
    "Encode it in one layer of UTF-8, without empty segments, dot segments, and escaped slashes, backslashes or control characters.",
  );

const badHost = (): Problem => badRequest("bad-host", "The request needs exactly one valid Host field");

const noConnect = (): Problem => ({ ...badRequest("method-not-allowed", "CONNECT is not supported"), status: 405 });

const badRequest = (slug: string, title: string, detail?: string): Problem => ({
  status: 400,
  slug,
  title,
  source: "gateway",
  ...(detail === undefined ? {} : { detail }),
});

function sendSafely(x: HttpExchange): void {
  try {
    send(x);
  } catch (error) {
    x.fail(error);
  }
}
