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
  answer(request: AdminRequest): AdminAnswer | Promise<AdminAnswer>;
  /** Of `all`: makes one answer of those that came. Absent: a list. */
  merge?(answers: readonly AdminAnswer[]): AdminAnswer;
}

/** The parts of an OpenAPI 3.1 Operation Object that an admin route has. */
export interface AdminOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly [key: string]: Json }[];
  readonly requestBody?: { readonly [key: string]: Json };
  readonly responses: { readonly [status: string]: { readonly [key: string]: Json } };
}

export interface AdminRequest {
  /** By name, decoded and validated. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly body: Json | undefined;
}

/** JSON, or text of another media type. */
export type AdminAnswer =
  | { readonly status: number; readonly json: Json }
  | { readonly status: number; readonly text: string; readonly mediaType: string };
