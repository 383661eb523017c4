import type { AttemptRecord } from "../../exchange/exchange.ts";
import type { Operation } from "../../gateway/operation.ts";
import type { SpanShape, SpanValue } from "../../telemetry/span.ts";
import { isKnownMethod, methodName } from "./methods.ts";

/** Keys whose values each SERVER span has itself, in the order of `Spans.ofRequest`. */
const requestKeys: readonly string[] = [
  "url.path",
  "server.address",
  "server.port",
  "client.address",
  "network.peer.address",
  "http.response.status_code",
  "user_agent.original",
  "url.query",
  "gatewright.request.id",
  "http.request.method_original",
  "gatewright.answer.source",
  "gatewright.problem",
  "error.type",
];

/** Keys whose values each CLIENT span has itself, in the order of `Spans.ofAttempt`. */
const attemptKeys: readonly string[] = [
  "url.full",
  "http.response.status_code",
  "http.request.resend_count",
  "http.request.method_original",
  "error.type",
  "gatewright.abandoned",
];

interface OfOperation {
  readonly method: string;
  readonly isSecure: boolean;
  readonly shape: SpanShape;
}

interface OfEndpoint {
  readonly method: string;
  readonly service: string;
  /** Of the URL. */
  readonly origin: string;
  readonly shape: SpanShape;
}

/** What all requests of an operation, or to an endpoint, have in common. */
export class SpanShapes {
  /** Lists of a few: there is one for each method that is known, and one for all others. */
  readonly #operations = new WeakMap<Operation, OfOperation[]>();
  readonly #endpoints = new WeakMap<AttemptRecord["endpoint"], OfEndpoint[]>();

  ofOperation(operation: Operation, sent: string, isSecure: boolean): SpanShape {
    const method = methodName(sent);
    let known = this.#operations.get(operation);
    if (known === undefined) {
      known = [];
      this.#operations.set(operation, known);
    }
    for (let index = 0; index < known.length; index++) {
      const one = known[index]!;
      if (one.method === method && one.isSecure === isSecure) return one.shape;
    }
    const { id, template, api, version } = operation;
    const attributes: SpanValue[] = ["http.request.method", methodAttribute(sent), "url.scheme", isSecure ? "https" : "http"];
    if (template !== "") attributes.push("http.route", template);
    attributes.push("gatewright.operation", id);
    if (api !== "") attributes.push("gatewright.api", api);
    if (version !== "") attributes.push("gatewright.api.version", version);
    const name = template === "" ? method : `${method} ${template}`;
    const shape: SpanShape = { name, kind: 2, attributes, keys: requestKeys };
    known.push({ method, isSecure, shape });
    return shape;
  }

  /** Endpoints may be replaced while the gateway runs. */
  ofEndpoint(endpoint: AttemptRecord["endpoint"], service: string, sent: string): OfEndpoint {
    const method = methodName(sent);
    let known = this.#endpoints.get(endpoint);
    if (known === undefined) {
      known = [];
      this.#endpoints.set(endpoint, known);
    }
    for (let index = 0; index < known.length; index++) {
      const one = known[index]!;
      if (one.method === method && one.service === service) return one;
    }
    const { protocol, host, hostname, port } = new URL(endpoint.url);
    const attributes: SpanValue[] = [
      "http.request.method",
      methodAttribute(sent),
      "server.address",
      hostname.replace(/^\[(.*)\]$/, "$1"),
      "server.port",
      // `URL` leaves out the port that the scheme has anyway.
      port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
      "gatewright.service",
      service,
    ];
    const shape: SpanShape = { name: method, kind: 3, attributes, keys: attemptKeys };
    const made = { method, service, origin: `${protocol}//${host}`, shape };
    known.push(made);
    return made;
  }
}

const methodAttribute = (sent: string): string => (isKnownMethod(sent) ? sent : "_OTHER");
