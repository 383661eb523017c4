import type { TypedNode } from "../../ir/expression.ts";
import { childrenOf } from "./comparands.ts";

/** Variables whose parts a client writes as it likes. */
const written = new Set(["request.path", "request.host", "request.headers", "request.query", "params", "body"]);

/** Claims that are others in each token of one client, which gets as many tokens as it likes (RFC 7519 §4.1). */
const perToken = new Set(["jti", "iat", "exp", "nbf", "nonce", "auth_time", "at_hash"]);

/**
 * Whether a client can bring about as many values of the expression as it likes: what only decides between values does
 * not count. `isFixed`: header fields in which a client cannot write what it likes.
 */
export function clientChooses(node: TypedNode, isFixed: (header: string) => boolean): boolean {
  if (node.type.kind === "bool") return false;
  if (node.kind === "variable") return written.has(node.name);
  if (node.kind === "conditional") return clientChooses(node.then, isFixed) || clientChooses(node.otherwise, isFixed);
  if (node.kind === "field" && node.operand.kind === "variable" && node.operand.name === "request.headers" && isFixed(node.name))
    return false;
  if (node.kind === "field" && node.operand.kind === "variable" && node.operand.name === "identity.claims")
    return perToken.has(node.name);
  return childrenOf(node).some((child) => clientChooses(child, isFixed));
}
