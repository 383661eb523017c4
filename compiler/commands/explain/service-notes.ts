import { outcomeOfStatus } from "../../../runtime/upstream/attempts/grpc-calls.ts";
import { type Outcome, outcomes } from "../../../runtime/upstream/attempts/outcome.ts";
import type { ServiceIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";

/** How the service chooses among endpoints, and what it does where they fail. */
export function noteLines({ notes = [], speaksGrpc, origin }: ServiceIr): string[] {
  const lines = notes.map(({ about, text, origin }) => `${about.padEnd(10)} ${text}  (${formatOrigin(origin)})`);
  const counts = notes.some(({ about }) => about === "breaker" || about === "ejection");
  const grpc =
    speaksGrpc === true ? [`gRPC       a call ends as its status says  (${formatOrigin(origin)})`, ...statusLines()] : [];
  return [...lines, ...(counts ? outcomeLines() : []), ...grpc];
}

/** The columns `breaker` and `outlier` of the table of outcomes, which agree. */
function outcomeLines(): string[] {
  const having = (verdict: string): string =>
    (Object.keys(outcomes) as Outcome[]).filter((name) => outcomes[name].breaker === verdict).join(", ");
  return [`           failures: ${having("failure")}`, `           neither good nor bad: ${having("none")}`];
}

/** The table of statuses of gRPC, but for those that end as good answers do. */
function statusLines(): string[] {
  const named = [...new Set(Object.values(outcomeOfStatus))].filter((outcome) => outcome !== "ok");
  const having = (outcome: Outcome): string =>
    Object.entries(outcomeOfStatus)
      .flatMap(([status, own]) => (own === outcome ? [status] : []))
      .join(", ");
  return [...named.map((outcome) => `           ${outcome}: ${having(outcome)}`), "           ok: all others"];
}
