import { forbiddenField } from "./field.ts";
import { foldedField } from "./identity-fields.ts";
import { isNeverTrailer } from "./trailer-names.ts";

/** Why a field of this name cannot carry the deadline of a request; undefined where it can. */
export function unfitForDeadline(name: string): string | undefined {
  const folded = foldedField(name);
  if (folded === "grpc-timeout") return "gRPC calls carry theirs in it, in a notation of its own.";
  const forbidden = forbiddenField(name);
  if (forbidden !== undefined) return forbidden;
  return isNeverTrailer(folded) || folded === "idempotency-key" ? "It says something else about a request." : undefined;
}
