import type { HeaderList } from "../../fields/header-list.ts";

/** Adds what this cache did behind what those before it say (RFC 9211 §2). */
export function tellStatus(headers: HeaderList, name: string, status: string): void {
  const before = headers.get("cache-status");
  const own = `${/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*$/.test(name) ? name : `"${name}"`}; ${status}`;
  headers.set("Cache-Status", before === undefined ? own : `${before}, ${own}`);
}
