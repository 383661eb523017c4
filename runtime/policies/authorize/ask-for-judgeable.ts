import type { UpstreamRequest } from "../../exchange/exchange.ts";

/** Fields for which a service may answer a GET with a part, a difference, or nothing (RFC 9110 §13, §14, RFC 3229). */
const partial = ["if-none-match", "if-modified-since", "range", "if-range", "a-im"];

/** Content codings that are unpacked to be judged. */
const readable = /^(?:x-)?gzip$|^deflate$|^br$|^identity$/;

/** Asks the service for a whole body, in a form that can be read. In other methods than GET the fields say something else. */
export function askForJudgeable({ method, headers }: UpstreamRequest): void {
  if (method === "GET") for (const name of partial) headers.delete(name);
  const accepted = headers.get("accept-encoding");
  if (accepted === undefined) return;
  const codings = accepted.split(",").filter((coding) => readable.test(coding.split(";", 1)[0]!.trim().toLowerCase()));
  headers.set("Accept-Encoding", codings.length === 0 ? "identity" : codings.join(",").trim());
}
