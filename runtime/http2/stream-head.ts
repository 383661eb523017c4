import { reading, type SyntaxProblem } from "../http1/field-section.ts";
import { isToken } from "../http1/field-text.ts";
import type { RequestHead, RequestHeadReader } from "../http1/request-head.ts";
import { isFieldLine, isFieldValue } from "./field-line.ts";

/**
 * The head of a request of HTTP/2 as the one of HTTP/1.1 that it is forwarded as (RFC 9113 §8). What HTTP/1.1 could read
 * in another way is refused, and then the reader for HTTP/1.1 has its say: so both versions are held to the same rules.
 *
 * @param lines name and value alternating, as they came
 * @param isEnded no body follows
 */
export function readStreamHead(
  lines: readonly string[],
  isEnded: boolean,
  reader: RequestHeadReader,
): RequestHead | SyntaxProblem {
  const pseudo = new Map<string, string>();
  let host: string | undefined;
  let cookie = "";
  let fields = "";
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index]!;
    const value = lines[index + 1]!;
    if (name.startsWith(":")) {
      if (!isFieldValue(value)) return "bad-field-line";
      // Each once, and before all others (§8.3).
      if (fields !== "" || !pseudoNames.includes(name) || pseudo.has(name)) return "bad-request-line";
      pseudo.set(name, value);
    } else if (!isFieldLine(name, value)) return "bad-field-line";
    else if (name === "te" && value !== "trailers") return "bad-field-line";
    else if (name === "host") {
      if (host !== undefined) return "bad-host";
      host = value;
    }
    // Crumbs of cookies are one line again (§8.2.3).
    else if (name === "cookie") cookie += cookie === "" ? value : `; ${value}`;
    else fields += `${name}: ${value}\r\n`;
  }
  const authority = pseudo.get(":authority");
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return "bad-host";
  const site = authority ?? host;
  const target = targetOf(pseudo, authority);
  if (target === undefined) return "bad-request-line";
  const text =
    `${target} HTTP/1.1\r\n${site === undefined ? "" : `Host: ${site}\r\n`}` +
    `${cookie === "" ? "" : `cookie: ${cookie}\r\n`}${fields}\r\n`;
  const bytes = Buffer.from(text, "latin1");
  const result = reader.read(bytes, 0, bytes.length);
  if (result === reading.refused) return reader.problem;
  if (result === reading.partial || reader.end !== bytes.length) return "bad-field-line";
  const head = reader.head!;
  if (isEnded) return head.contentLength > 0 ? "bad-content-length" : head;
  return head.contentLength >= 0 ? head : { ...head, isChunked: true };
}

const pseudoNames: readonly string[] = [":method", ":scheme", ":authority", ":path"];

/** Method and target as they stand in a request line; undefined: not of one kind. */
function targetOf(pseudo: ReadonlyMap<string, string>, authority: string | undefined): string | undefined {
  const method = pseudo.get(":method") ?? "";
  const path = pseudo.get(":path");
  const scheme = pseudo.get(":scheme");
  if (!isToken(method)) return undefined;
  // §8.5; refused further on, as in HTTP/1.1.
  if (method === "CONNECT") return path === undefined && scheme === undefined ? `CONNECT ${authority ?? ""}` : undefined;
  if (path === undefined || (scheme !== "http" && scheme !== "https")) return undefined;
  return path.startsWith("/") || (path === "*" && method === "OPTIONS") ? `${method} ${path}` : undefined;
}
