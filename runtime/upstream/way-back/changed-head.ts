import type { HeaderList } from "../../fields/header-list.ts";

/** Fields that are about the bytes of a body (RFC 9110 §8.6, §8.8.3, §14.3, RFC 9530, and what they replaced). */
const ofBytes = ["content-length", "etag", "accept-ranges", "content-digest", "repr-digest", "content-md5", "digest"];

/** Takes out of the head what is not true of a body that a step has changed. */
export function changedHead(headers: HeaderList): void {
  for (const name of ofBytes) headers.delete(name);
}
