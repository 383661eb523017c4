// Rounds in which the subjects of a case take turns, and the table of what they cost.
import { median } from "../support.mjs";

/**
 * Loads each subject in turn, `rounds` times. Every other round goes the other way round, so that a machine that gets
 * slower or faster favours nobody. `measure` makes one run. Adds `runs` to the subjects.
 */
export async function takeTurns(subjects, { rounds, seconds }, measure) {
  for (const subject of subjects) {
    subject.runs = [];
    await measure(subject, Math.min(seconds, 2));
  }
  for (let round = 0; round < rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) subject.runs.push(await measure(subject, seconds));
  }
}

export const middle = (subject, figure) => median(subject.runs.map((run) => run[figure]));

/** Ratio to another subject: of the runs of one round to each other, and then the median. */
export const ratio = (subject, yardstick, figure = "cpu") =>
  median(subject.runs.map((run, round) => run[figure] / yardstick.runs[round][figure]));

/** What one subject costs more than another one. */
export const difference = (subject, yardstick, figure = "cpu") =>
  median(subject.runs.map((run, round) => run[figure] - yardstick.runs[round][figure]));

const cell = (text, width) => String(text).padStart(width);

/** Prints one line for each subject; the first one is the yardstick. */
export function printSubjects(subjects) {
  console.log(
    `  ${"".padEnd(24)}${cell("CPU µs/request", 15)}${cell(`× ${subjects[0].name}`, 10)}${cell("requests/s", 12)}${cell("p50 ms", 9)}${cell("p99 ms", 9)}`,
  );
  for (const subject of subjects) {
    const latency = (figure) => cell(middle(subject, figure).toFixed(2), 9);
    console.log(
      `  ${subject.name.padEnd(24)}${cell(middle(subject, "cpu").toFixed(1), 15)}${cell(ratio(subject, subjects[0]).toFixed(2), 10)}${cell(middle(subject, "perSecond").toFixed(0), 12)}${latency("p50")}${latency("p99")}`,
    );
  }
}

/** Prints what was found beside what is wanted. */
export function printGoal(what, found, most, unit) {
  const digits = unit.startsWith("×") || unit.startsWith("µs") ? 2 : unit === "KB" ? 1 : 0;
  console.log(
    `  goal: ${what} ${found.toFixed(digits)} ${unit}, at most ${most.toFixed(digits)}${found <= most ? "" : "   MISSED"}`,
  );
}
