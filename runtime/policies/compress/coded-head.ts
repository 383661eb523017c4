import type { HeaderList } from "../../fields/header-list.ts";

/**
 * Fields about the bytes of the content (RFC 9110 §8.6, §14.3, RFC 9530, RFC 3230, RFC 1864). A representation is its content in its
 * coding (RFC 9110 §8.1), so `Repr-Digest` was true of another one.
 */
const ofBytes = ["content-length", "content-encoding", "accept-ranges", "content-digest", "repr-digest", "content-md5", "digest"];

/** Makes the head of an answer true of the same content in a coding. */
export function codedHead(headers: HeaderList, coding: string): void {
  for (const name of ofBytes) headers.delete(name);
  headers.add("Content-Encoding", coding);
  const tag = headers.get("etag");
  // A strong validator is that of one sequence of bytes (RFC 9110 §8.8.3).
  if (tag !== undefined && !tag.startsWith("W/")) headers.set("ETag", `W/${tag}`);
}
