import type { Figures } from "./figures.ts";
import type { Load, SubjectName } from "./run.ts";

/** What is played before each subject, and what has to come of it. */
export interface Scenario {
  readonly name: string;
  readonly load: Load;
  /** Seconds that are looked at; the first ones are for what a subject has to learn. */
  readonly from: number;
  readonly to?: number;
  readonly subjects: Readonly<Record<string, SubjectName>>;
  /** What theory says of a subject: its mean time in milliseconds, or in words. */
  readonly theory?: Readonly<Record<string, readonly [name: string, says: number | string]>>;
  /** The promises are kept with each of so many seeds; the figures of the first are printed. */
  readonly seeds?: number;
  readonly promises: readonly Promised[];
}

export interface Promised {
  readonly says: string;
  readonly holds: (figures: Readonly<Record<string, Figures>>) => boolean;
}
