import { linkRequestBody } from "../../contract/bodies/link-request-body.ts";
import { linkResponses } from "../../contract/bodies/link-responses.ts";
import { offeredMediaTypes } from "../../contract/bodies/offered-media-types.ts";
import type { BodyContext } from "../../contract/bodies/spec-tree.ts";
import { linkParameters } from "../../contract/parameters/link.ts";
import { isAnyText } from "../../contract/parameters/proven.ts";
import { SchemaTable } from "../../contract/schemas/table.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { MessageViews, ResponseIr } from "../../ir/body.ts";
import { namesIn } from "../../ir/route.ts";
import type { JsonSchema, SchemaIr } from "../../ir/schema.ts";
import type { ErrorMismatch, MessageContract, PolicyContext } from "../../policy/contract.ts";
import type { JsonObject } from "../../source/source-set.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import { errorMismatches } from "./declared-errors.ts";

/** What specs say of the messages of operations; the schemas they use are collected once for the whole gateway. */
export class MessageContracts {
  readonly #linked: LinkedGateway;
  readonly #credentials: readonly string[];
  readonly #sink: DiagnosticSink;
  readonly #table: SchemaTable;
  readonly #advised = new WeakSet<JsonObject>();
  readonly #contracts = new Map<LinkedOperation, Map<string, MessageContract>>();

  constructor(linked: LinkedGateway, credentials: readonly string[], sink: DiagnosticSink) {
    this.#linked = linked;
    this.#credentials = credentials;
    this.#sink = sink;
    this.#table = new SchemaTable(linked.positions, sink);
  }

  /** All schemas that the contracts asked for so far refer to. */
  get schemas(): readonly SchemaIr[] {
    return this.#table.schemas;
  }

  /** Of those that the contracts asked for so far. */
  schemaOf(id: string): JsonSchema | undefined {
    return this.#table.get(id);
  }

  /** What the spec declares otherwise for errors than they are made. */
  errorMismatches(operation: LinkedOperation, made: Parameters<PolicyContext["errorMismatches"]>[0]): readonly ErrorMismatch[] {
    return errorMismatches(operation, made, this.#linked.positions);
  }

  of(operation: LinkedOperation, views: MessageViews = plain): MessageContract | undefined {
    if (operation.spec === undefined) return undefined;
    let byViews = this.#contracts.get(operation);
    if (byViews === undefined) this.#contracts.set(operation, (byViews = new Map()));
    const { lenient = [] } = views;
    const key = `${views.request} ${views.response} ${lenient.join()}`;
    const known = byViews.get(key);
    if (known !== undefined) return known;
    const { source: spec, item: pathItem, operation: node } = operation.spec;
    const { operationId: name } = operation;
    const table = this.#table;
    const scope = `${operation.api}.${operation.version}`;
    const common = { positions: this.#linked.positions, sink: this.#sink };
    const get = (id: string): JsonSchema | undefined => table.get(id);
    const names = new Set(operation.match.path.segments.flatMap(namesIn));
    const linked = linkParameters(
      { spec, pathItem, operation: node },
      {
        ...common,
        schemas: {
          get,
          add: (schema, hint) => table.add(spec, schema, { scope, name: `${name}.${hint}`, view: views.request, lenient }),
        },
      },
    );
    // One that is not in the path has no value; the link phase warned of it.
    const parameters = linked.filter((parameter) => parameter.in !== "path" || names.has(parameter.name));
    const bodies: BodyContext = {
      ...common,
      advised: this.#advised,
      schemas: { get, add: (from, schema, hint, view) => table.add(from, schema, { scope, name: hint, view, lenient }) },
    };
    const owner = { spec, operation: node, name };
    const { version } = operation.match;
    let responses: readonly ResponseIr[] | undefined;
    const contract: MessageContract = {
      parameters,
      refusable: parameters.filter((parameter) => !isAnyText(parameter, get)),
      body: linkRequestBody(owner, views.request, bodies),
      // Only who judges responses pays for them.
      get responses() {
        responses ??= linkResponses(owner, views.response, bodies);
        return responses;
      },
      get offered() {
        return offeredMediaTypes(owner, version?.by === "mediaType" ? version.name : undefined);
      },
      knownQuery: [...this.#credentials, ...(version?.by === "query" ? [version.name] : [])],
    };
    byViews.set(key, contract);
    return contract;
  }
}

const plain: MessageViews = { request: "request", response: "response" };
