import type { ExpressionIr } from "../ir/expression.ts";
import type { Origin } from "../ir/origin.ts";

/** Of a step that tells nothing: what others say of theirs goes on top. */
export const nothingTold = {
  fields: [],
  changing: [],
  confidential: [],
  renamed: [],
  ofIdentity: [],
  isWho: false,
  isDecision: false,
  asks: [],
  isPathAsSent: false,
} as const satisfies Partial<Told>;

/** What the service learns from one step beside what the client sent. */
export interface Told {
  readonly policy: string;
  /** Fields that it writes, in lower case; `x-*`: all that begin so. */
  readonly fields: readonly string[];
  /** Those of them that are not alike in every request. */
  readonly changing: readonly string[];
  /** Query parameters that it writes and that may have a secret of the gateway, or say who asks. */
  readonly confidential: readonly string[];
  /** Query parameters of the client that it gives other names. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /** Expressions about the identity of who asks that it, or whether it does something, depends on. */
  readonly ofIdentity: readonly ExpressionIr[];
  /** It says who asks. */
  readonly isWho: boolean;
  /** It says what somebody else has decided about who asks. */
  readonly isDecision: boolean;
  /** Expressions by which it asks the service for something else: another path, query or host. */
  readonly asks: readonly ExpressionIr[];
  /** The service gets the path byte for byte, as the client wrote it. */
  readonly isPathAsSent: boolean;
  /** Service that gets the credential of who asks, or one in exchange for it. */
  readonly credentialFor?: string;
  /** It gets tokens of a scheme; one caller may have several, which differ in roles, scopes and these claims. */
  readonly token?: { readonly scheme: string; readonly claims: readonly string[] };
  readonly origin: Origin;
}
