import type { HeaderList } from "../../fields/header-list.ts";
import { clock } from "../../life/clock.ts";

/** What clients are told of a limit. */
export interface FieldsConfig {
  /**
   * The fields of draft-ietf-httpapi-ratelimit-headers-11: the quoted name for `RateLimit`, and the limit as a member of
   * `RateLimit-Policy`.
   */
  readonly draft: { readonly name: string; readonly policy: string } | null;
  /** The limit for `X-RateLimit-Limit`, which has no specification. */
  readonly x: string | null;
}

export function tell(headers: HeaderList, { draft, x }: FieldsConfig, left: number, moreIn: number): void {
  if (draft !== null) {
    prepend(headers, "RateLimit", "ratelimit", `${draft.name};r=${left};t=${seconds(moreIn)}`);
    prepend(headers, "RateLimit-Policy", "ratelimit-policy", draft.policy);
  }
  if (x !== null) tellOld(headers, x, left, moreIn);
}

/** Fields that hold one number: that of the limit with the least left. */
function tellOld(headers: HeaderList, limit: string, left: number, moreIn: number): void {
  const other = headers.get("x-ratelimit-remaining");
  if (other !== undefined && Number(other) < left) return;
  headers.set("X-RateLimit-Limit", limit);
  headers.set("X-RateLimit-Remaining", String(left));
  headers.set("X-RateLimit-Reset", String(Math.ceil((clock.wall() + moreIn) / 1000)));
}

/** Whole seconds, rounded up: a client that waits that long is not turned away again for a fraction. */
export const seconds = (milliseconds: number): string => String(Math.ceil(milliseconds / 1000));

/** Response hooks run in reverse, so that members put in front stand in the order of the chain. */
function prepend(headers: HeaderList, name: string, lowerName: string, member: string): void {
  const others = headers.get(lowerName);
  if (others === undefined) headers.add(name, member);
  else headers.set(name, `${member}, ${headers.all(lowerName).join(", ")}`);
}
