import { scratch } from "./scratch.ts";

/**
 * The bytes of a base64url text (RFC 4648 §5) in its one canonical form: without padding, white space or characters of
 * plain base64, and with zeros for the bits that are left over (§3.5). Undefined for every other text: a token that
 * could be written in several ways would have several names in lists and caches.
 */
export function base64urlBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

/** The same, for who is done with them before anybody else has something decoded. */
export function base64urlInScratch(text: string): Buffer | undefined {
  const room = scratch(text.length);
  const bytes = room.subarray(0, room.write(text, "base64url"));
  return bytes.toString("base64url") === text ? bytes : undefined;
}
