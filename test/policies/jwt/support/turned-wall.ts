import { onTestFinished } from "vitest";
import { clock } from "../../../../runtime/life/clock.ts";

/** Turns the time of day, which stands still from now on, until the test is over. */
export function turnedWall(): (milliseconds: number) => void {
  const before = clock.wall;
  let at = before();
  clock.wall = () => at;
  onTestFinished(() => void (clock.wall = before));
  return (milliseconds) => void (at += milliseconds);
}
