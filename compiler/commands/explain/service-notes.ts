import { type Outcome, outcomes } from "../../../runtime/upstream/attempts/outcome.ts";
import type { ServiceIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";

/** How the service chooses among endpoints, and what it does where they fail. */
export function noteLines({ notes = [] }: ServiceIr): string[] {
  const lines = notes.map(({ about, text, origin }) => `${about.padEnd(10)} ${text}  (${formatOrigin(origin)})`);
  const counts = notes.some(({ about }) => about === "breaker" || about === "ejection");
  return counts ? [...lines, ...outcomeLines()] : lines;
}

/** The columns `breaker` and `outlier` of the table of outcomes, which agree. */
function outcomeLines(): string[] {
  const having = (verdict: string): string =>
    (Object.keys(outcomes) as Outcome[]).filter((name) => outcomes[name].breaker === verdict).join(", ");
  return [`           failures: ${having("failure")}`, `           neither good nor bad: ${having("none")}`];
}
