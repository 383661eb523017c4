import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { type ServerAddress, serverAddress, type WrittenServer } from "../../text/server-url.ts";
import { joinPaths } from "./api-versions.ts";
import { otherServer } from "./messages.gen.ts";
import type { SpecOperation } from "./spec-operations.ts";

interface Elsewhere {
  readonly operation: string;
  readonly holder: JsonObject;
  count: number;
}

/** Where a service has the operations of a spec, and which of them the spec has at another host. */
export class ServicePaths {
  readonly #documentPath: string;
  readonly #documentHost: string | undefined;
  /** `servicePath` of the version in `gateway.yaml`: what the service has in place of the path of the document's server. */
  readonly #servicePath: string | undefined;
  readonly #elsewhere = new Map<string, Elsewhere>();

  constructor(spec: SpecSource, servicePath: string | undefined) {
    const address = addressOf(spec.document);
    this.#documentPath = joinPaths(address?.path ?? "");
    this.#documentHost = address?.authority;
    this.#servicePath = servicePath;
  }

  /** In front of the path of an operation: from `servers` of the operation, else of its path, else of the document. */
  of({ item, operation }: SpecOperation): string {
    const own = addressOf(operation) ?? addressOf(item);
    const path = own === undefined ? this.#documentPath : joinPaths(own.path);
    return this.#servicePath !== undefined && path === this.#documentPath ? joinPaths(this.#servicePath) : path;
  }

  /** Takes note of an operation that goes to the service of its API. */
  note({ operationId, item, operation }: SpecOperation): void {
    const holder = [operation, item].find((each) => addressOf(each) !== undefined);
    const host = holder === undefined ? undefined : addressOf(holder)?.authority;
    if (host === undefined || host === this.#documentHost) return;
    const seen = this.#elsewhere.get(host);
    if (seen === undefined) this.#elsewhere.set(host, { operation: operationId, holder: holder!, count: 1 });
    else seen.count++;
  }

  report(service: string, positions: Positions, sink: DiagnosticSink): void {
    for (const [host, { operation, holder, count }] of this.#elsewhere) {
      const more = count === 1 ? "" : ` and ${count - 1} others`;
      sink.report(otherServer(positions.value(holder, "servers"), { operation, more, host, service }));
    }
  }
}

function addressOf({ servers }: JsonObject): ServerAddress | undefined {
  const first: JsonValue | undefined = Array.isArray(servers) ? servers[0] : undefined;
  if (!isObject(first) || typeof first.url !== "string") return undefined;
  const variables = isObject(first.variables) ? (first.variables as WrittenServer["variables"]) : {};
  return serverAddress({ url: first.url, variables });
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
