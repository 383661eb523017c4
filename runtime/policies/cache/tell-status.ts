import type { HeaderList } from "../../fields/header-list.ts";

/** The name of a cache as a member of a list (RFC 8941 §3.3): a token, or a string. */
export const memberName = (name: string): string => (/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/.test(name) ? name : `"${name}"`);

/** Adds what this cache did behind what those before it say (RFC 9211 §2). `member`: its name, and parameters. */
export function tellStatus(headers: HeaderList, member: string): void {
  const before = headers.get("cache-status");
  headers.set("Cache-Status", before === undefined ? member : `${before}, ${member}`);
}
