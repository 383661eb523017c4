import { fieldIn } from "../field-in.ts";

/** An int64, as protobuf's JSON has it: a text, absent where it is 0. */
export function integerIn(value: unknown, name: string): bigint {
  const found = fieldIn(value, name);
  return typeof found === "string" && /^-?\d{1,19}$/.test(found) ? BigInt(found) : 0n;
}

export interface EtcdError {
  /** Printable and short; empty: it says nothing. */
  readonly message: string;
  /** A new token may help. */
  readonly isOfToken: boolean;
}

const unauthenticated = 16;

/** What an answer that is not 200 says: `{"error":"…","message":"…","code":16}`. */
export function errorIn(body: Buffer): EtcdError {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    // A proxy in between answers with whatever it likes.
    return { message: "", isOfToken: false };
  }
  const said = fieldIn(value, "message") ?? fieldIn(value, "error");
  const message = typeof said === "string" ? said.replaceAll(/[^\x20-\x7e]/g, " ").slice(0, 200) : "";
  return {
    message,
    isOfToken: fieldIn(value, "code") === unauthenticated || /revision of auth store is old/.test(message),
  };
}

/** Of a message that a revision is gone: by the text, as its code (OUT_OF_RANGE) stands for others too. */
export const saysCompacted = (message: string): boolean => message.includes("required revision has been compacted");
