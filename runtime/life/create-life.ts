import type { Log } from "../log/log.ts";
import { clock } from "./clock.ts";
import type { Life } from "./life.ts";
import { Repeat } from "./repeat.ts";
import type { Seat } from "./seat.ts";

/** The life of one thing, or of one tenure of it, up to `signal`. */
export const createLife = (seat: Seat, log: Log, signal: AbortSignal): Life => ({
  clock,
  log,
  signal,
  group: { size: seat.size, index: seat.index },
  every: (milliseconds, work) => new Repeat({ milliseconds, work, signal, log }),
  latest: (topic) => seat.latest(topic, signal),
  events: (topic) => seat.events(topic, signal),
  ask: (topic, question) => seat.ask(topic, question),
});
