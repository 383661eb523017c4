import { StartError } from "../life/start-error.ts";
import { failStart } from "./start-failure.ts";

/** A number that is written as a setting. */
export interface NumberSetting {
  /** What is wrong about the text, and the remedy, to be read behind it. */
  problem(text: string): string | undefined;
  /** In milliseconds or bytes where there are units. */
  value(text: string): number;
}

const most = 1_000_000;

export const count: NumberSetting = {
  problem: (text) =>
    /^\d{1,7}$/.test(text) && Number(text) >= 1 && Number(text) <= most
      ? undefined
      : `which is not a whole number from 1 to ${most}. Set one.`,
  value: (text) => Number(checked(count, text)),
};

export const duration: NumberSetting = {
  // No wait at all would refuse everything, and stands for another bound elsewhere.
  problem: (text) => ((millisecondsOf(text) ?? 0) > 0 ? undefined : "which is not a duration. Set one like 250ms, 5s or 1m."),
  value: (text) => millisecondsOf(checked(duration, text))!,
};

export const size: NumberSetting = {
  problem: (text) => (bytesOf(text) === undefined ? "which is not a size. Set one like 64KiB or 1MiB." : undefined),
  value: (text) => bytesOf(checked(size, text))!,
};

/** The same variable may be read elsewhere as something else, so that nobody has looked at it for this. */
function checked(setting: NumberSetting, text: string): string {
  const problem = setting.problem(text);
  if (problem !== undefined) failStart(new StartError(`\`${text}\` is used as a number, ${problem}`));
  return text;
}

function millisecondsOf(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as "ms" | "s" | "m" | "h" | "d"];
}

function bytesOf(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,9})(B|KiB|MiB|GiB)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * 1024 ** ["B", "KiB", "MiB", "GiB"].indexOf(unit!);
}
