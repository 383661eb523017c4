import type { Exposition } from "../gateway/metrics.ts";
import type { Operation } from "../gateway/operation.ts";
import type { Json } from "../life/json.ts";

/** Something that the admin listener answers. Contributed by whoever has it; `/metrics` is one of them. */
export interface AdminRoute {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** Path template of OpenAPI: `/limits/{limit}/keys/{key}`. */
  readonly path: string;
  /** What `/openapi.json` says of it: an Operation Object; schemas in it are what requests are validated by. */
  readonly describe: AdminOperation;
  /**
   * Who answers. `holder`: the process that outlives those that serve, which is also the only one there may be. `one`: any
   * process that serves. `all`: each of them, within a deadline; what came is put together, and how many answered is said.
   */
  readonly from: "holder" | "one" | "all";
  /** Probes ask for it: answered without a credential also where reading needs one, as long as the request has no query. */
  readonly isProbe?: true;
  answer(request: AdminRequest, about: AdminAbout): AdminAnswer | StreamedAnswer | Promise<AdminAnswer | StreamedAnswer>;
  /** Of `all`: makes one answer of those that came. Absent: a list. */
  merge?(answers: readonly AdminAnswer[]): AdminAnswer;
}

/** The parts of an OpenAPI 3.1 Operation Object that an admin route has. What changes something, or whoever asks, may be logged: a body never holds a secret. */
export interface AdminOperation {
  readonly operationId: string;
  readonly summary: string;
  /**
   * Parameter Objects, in the path or in the query, each with a schema of one type: string, integer, number or boolean.
   * What stands in a path is never empty: `minLength: 1`. A boolean with `allowEmptyValue` is true where its name stands alone: `?verbose`.
   */
  readonly parameters?: readonly { readonly [key: string]: Json }[];
  /** `{ content: { "application/json": { schema } } }`. */
  readonly requestBody?: { readonly [key: string]: Json };
  readonly responses: { readonly [status: string]: { readonly [key: string]: Json } };
}

export interface AdminRequest {
  /** By name, decoded and validated. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly body: Json | undefined;
  /** The `Accept` field, of what the holder is asked. */
  readonly accept?: string;
}

/** What routes may tell of that is not theirs. */
export interface AdminAbout {
  /** Of the gateway, by their index. */
  readonly operations: readonly AdminFacts[];
}

export type AdminFacts = Pick<Operation, "index" | "id" | "api" | "version" | "method" | "template">;

/** JSON, or text of another media type. */
export type AdminAnswer =
  | { readonly status: number; readonly json: Json }
  | { readonly status: number; readonly text: string; readonly mediaType: string };

/** Of the holder: one that is made while it is sent, with time for others between two parts. */
export type StreamedAnswer = { readonly status: number } & Exposition;
