import { refuse, refuseTooLarge } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { acceptedCodings } from "./content-coding.ts";
import { refuseMediaType } from "./content-selector.ts";
import type { Malformed } from "./malformed.ts";
import type { MediaRange } from "./media-type.ts";

/** What an operation takes. */
export interface AcceptedBody {
  readonly content: readonly MediaRange[];
  readonly maxBytes: number;
  /** A content coding that is read beside those that all read. */
  readonly furtherCoding?: string;
}

/** 400 `malformed-body`; 413 for more than is unpacked; 415 where another charset or coding would do (RFC 9110 §15.5.16). */
export function refuseMalformed(
  x: Exchange,
  { detail, unsupported, isTooLarge }: Malformed,
  { content, maxBytes, furtherCoding }: AcceptedBody,
  source: string,
): true {
  if (isTooLarge === true) return refuseTooLarge(x, maxBytes, source);
  if (unsupported === "charset") return refuseMediaType(x, content, source, detail);
  if (unsupported === undefined) {
    const findings = [{ in: "body", pointer: "", keyword: "syntax", message: detail } as const];
    return refuse(x, { status: 400, slug: "malformed-body", title: "The request body cannot be read", detail, findings, source });
  }
  return refuse(x, {
    status: 415,
    slug: "unsupported-content-coding",
    title: "The content coding of the request body is not supported",
    detail,
    headers: ["Accept-Encoding", furtherCoding === undefined ? acceptedCodings : `${acceptedCodings}, ${furtherCoding}`],
    findings: [{ in: "header", name: "content-encoding", pointer: "", keyword: "contentCoding", message: detail }],
    source,
  });
}
