import type { AttemptRecord } from "../../exchange/exchange.ts";
import type { Operation } from "../../gateway/operation.ts";
import type { AttributeSet, SpanValue } from "../../telemetry/span.ts";
import { isKnownMethod, methodName } from "./methods.ts";

/** What spans of one kind have in common. */
interface Common {
  /** Of the span. */
  readonly name: string;
  readonly set: AttributeSet;
}

interface OfOperation extends Common {
  readonly method: string;
  readonly isSecure: boolean;
}

interface OfEndpoint extends Common {
  readonly method: string;
  readonly service: string;
  /** Of the URL. */
  readonly origin: string;
}

/** Attributes that are the same for all requests of an operation, or to an endpoint, so that each exporter encodes them once. */
export class CommonAttributes {
  /** Lists of a few: there is one for each method that is known, and one for all others. */
  readonly #operations = new WeakMap<Operation, OfOperation[]>();
  readonly #endpoints = new WeakMap<AttemptRecord["endpoint"], OfEndpoint[]>();

  ofOperation(operation: Operation, sent: string, isSecure: boolean): Common {
    const method = methodName(sent);
    let known = this.#operations.get(operation);
    if (known === undefined) {
      known = [];
      this.#operations.set(operation, known);
    }
    for (let index = 0; index < known.length; index++) {
      const one = known[index]!;
      if (one.method === method && one.isSecure === isSecure) return one;
    }
    const { id, template, api, version } = operation;
    const attributes: SpanValue[] = ["http.request.method", methodAttribute(sent), "url.scheme", isSecure ? "https" : "http"];
    if (template !== "") attributes.push("http.route", template);
    attributes.push("gatewright.operation", id);
    if (api !== "") attributes.push("gatewright.api", api);
    if (version !== "") attributes.push("gatewright.api.version", version);
    const made = { method, isSecure, name: template === "" ? method : `${method} ${template}`, set: { attributes } };
    known.push(made);
    return made;
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
    const made = { method, service, name: method, origin: `${protocol}//${host}`, set: { attributes } };
    known.push(made);
    return made;
  }
}

const methodAttribute = (sent: string): string => (isKnownMethod(sent) ? sent : "_OTHER");
