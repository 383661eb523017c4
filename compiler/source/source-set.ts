import type { GatewayFile } from "../../schema/gateway.gen.ts";
import type { PolicyFile } from "../../schema/policy-file.gen.ts";
import type { Positions } from "../ir/positions.ts";

/** Everything read from disk: the result of the first phase. Trees are plain data; `positions` knows where each node was written. */
export interface SourceSet {
  /** Relative path of `gateway.yaml` (its folder is the root of all paths). */
  readonly gatewayFile: string;
  readonly gateway: GatewayFile;
  /** By path relative to the root. */
  readonly policyFiles: ReadonlyMap<string, PolicyFile>;
  readonly specs: ReadonlyMap<string, SpecSource>;
  readonly positions: Positions;
  /** All files read, sorted by path: for code frames and the manifest. */
  readonly files: ReadonlyMap<string, SourceFile>;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Hex digest of the bytes. */
  readonly sha256: string;
}

/** One OpenAPI document with everything it refers to, in the shape of OpenAPI 3.1. */
export interface SpecSource {
  readonly file: string;
  /** As written: `3.0.3`. */
  readonly openapi: string;
  readonly document: JsonObject;
  /** How `nullable` beside an `enum` without null is read; undefined where `gateway.yaml` does not say. */
  readonly nullableEnums?: "allow" | "refuse";
  /**
   * Follows `$ref` (and refs to refs); undefined where loading reported it broken. `base`: the file to which the `$ref` of
   * a node is relative that was made after loading.
   */
  resolve(node: JsonObject, base?: string): JsonObject | undefined;
  /** What the `$ref` of a node names itself, which may have a `$ref` again; undefined where it is broken. */
  target(node: JsonObject, base?: string): JsonValue | undefined;
}

export interface JsonObject {
  readonly [key: string]: JsonValue;
}
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];
