import type { ObjectiveIr, ObjectivesIr } from "../../ir/objectives.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { durationText } from "../../text/duration-text.ts";
import { count } from "../../text/words.ts";

/** What requests of an operation have to reach, and with which others they are counted. */
export function objectiveLines(objectives: ObjectivesIr | undefined): string[] {
  return (objectives?.each ?? []).map((objective, index) => {
    const place = objectives?.options.find(({ pointer }) => pointer === pointerOf(objective))?.origin;
    const where = place === undefined ? "" : `  (${formatOrigin(place)})`;
    const over = `over ${count(objective.window / 86_400_000, "day")}`;
    return `${(index === 0 ? "objectives" : "").padEnd(11)}${promise(objective)} ${over}, counted as ${objective.name}${where}`;
  });
}

const pointerOf = ({ about }: ObjectiveIr): string => (about === "availability" ? "/availability" : `/latency/${about}`);

const promise = ({ percent, bound }: ObjectiveIr): string =>
  bound === undefined ? `${percent}% of requests do not fail` : `${percent}% of requests take at most ${durationText(bound)}`;
