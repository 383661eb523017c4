import type { OutgoingHttpHeaders } from "node:http2";

/** Fields of a connection of HTTP/1.1, which HTTP/2 does not have (RFC 9113 §8.2.2). */
const ofConnection = ["connection", "transfer-encoding", "keep-alive", "proxy-connection", "upgrade", "http2-settings"];

/**
 * A request as HTTP/2 sends it (RFC 9113 §8.3.1), from its text in the form of HTTP/1.1, which was written by us. Lines
 * of one name become one (RFC 9110 §5.3).
 */
export function requestFields(head: string, scheme: "http" | "https"): OutgoingHttpHeaders {
  const lines = head.split("\r\n");
  const [method = "", path = ""] = lines[0]!.split(" ");
  // No prototype: a field may be called `__proto__`.
  const fields = Object.create(null) as OutgoingHttpHeaders;
  fields[":method"] = method;
  fields[":scheme"] = scheme;
  fields[":authority"] = lines[1]!.slice("Host: ".length);
  fields[":path"] = path;
  addLines(fields, lines, 2);
  return fields;
}

/** Trailers from their lines. */
export function trailerFields(text: string): OutgoingHttpHeaders {
  const fields = Object.create(null) as OutgoingHttpHeaders;
  addLines(fields, text.split("\r\n"), 0);
  return fields;
}

function addLines(fields: OutgoingHttpHeaders, lines: readonly string[], from: number): void {
  for (let index = from; index < lines.length; index++) {
    const line = lines[index]!;
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (ofConnection.includes(name)) continue;
    const value = line.slice(colon + 1).trim();
    const before = fields[name];
    // RFC 9113 §8.2.3: crumbs of `Cookie` belong together with a semicolon.
    fields[name] = before === undefined ? value : `${String(before)}${name === "cookie" ? "; " : ", "}${value}`;
  }
}
