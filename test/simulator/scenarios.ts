import type { Scenario } from "./scenario.ts";
import { balance } from "./scenarios/balance.ts";
import { failures } from "./scenarios/failures.ts";
import { furtherAttempts } from "./scenarios/further-attempts.ts";
import { overload } from "./scenarios/overload.ts";
import { places } from "./scenarios/places.ts";
import { zones } from "./scenarios/zones.ts";

/** The table. */
export const scenarios: readonly Scenario[] = [...balance, ...failures, ...furtherAttempts, ...places, ...zones, ...overload];
