import { connectionOption } from "../http1/field-section.ts";
import type { ResponseHead } from "../http1/response-head.ts";

/** Bytes of the body to come (RFC 9112 §6.3); -1: in chunks; -2: up to the end of the connection. */
export function bodyLength({ status, isChunked, contentLength }: ResponseHead, isHead: boolean): number {
  if (isHead || status === 204 || status === 304) return 0;
  if (isChunked) return -1;
  return contentLength >= 0 ? contentLength : -2;
}

/** Whether another request may follow on the connection. `length`: that of the body. */
export const mayBeKept = (head: ResponseHead, length: number, isUpgrade: boolean): boolean =>
  length !== -2 &&
  // A service that was asked for another protocol may speak it all the same (RFC 9110 §7.8).
  !isUpgrade &&
  // A 204 that announces content may have some behind it, against RFC 9112 §6.3.
  (head.status !== 204 || !(head.isChunked || head.contentLength > 0)) &&
  (head.connection & connectionOption.close) === 0 &&
  (head.minor === 1 || (head.connection & connectionOption.keepAlive) !== 0);
