import type { Json } from "./json.ts";
import type { Readiness } from "./living.ts";

/** What is known of a living thing, in one process or in all of them. */
export interface ThingReport {
  readonly name: string;
  /** Requests that need it cannot be answered while it is not ready. */
  readonly required: boolean;
  readonly readiness: Readiness;
  /** Why its start failed, of one that need not start for the gateway to serve. */
  readonly failure?: string;
  /** Whether this process does its work for the group; absent where each does its own. */
  readonly isOwner?: boolean;
  readonly state?: Json;
}
