import type { Log } from "../../log/log.ts";
import { Alone } from "../alone.ts";
import { contained, logged } from "../boundary.ts";
import type { Living } from "../living.ts";
import type { Seat } from "../seat.ts";
import { lettersVersion, seatVariable } from "./letter.ts";
import { WorkerSeat } from "./worker-seat.ts";

/** The place of this process: alone, or in the group of the one that started it. `workers`: how many it was asked for. */
export function seatHere(living: readonly Living[], workers: number, log: Log): Seat {
  const [version = 0, index = 0, size = 1] = (process.env[seatVariable] ?? "").split(" ").map(Number);
  if (version === lettersVersion) return workerSeat({ index, size }, log);
  if (workers === 1) return new Alone(living);
  log.write(
    "warning",
    "the primary process is of a build that holds nothing for its workers: each works for itself, and limits are shared out among them. Start the gateway again to change that",
  );
  // Whoever shares something out by its place gets the smallest part.
  return new Alone([], { index: workers - 1, size: workers });
}

function workerSeat(place: { readonly index: number; readonly size: number }, log: Log): Seat {
  const owner = logged("what the primary process told its worker could not be read");
  const wire = {
    send: (message: object, sent: () => void): void => {
      if (process.connected)
        process.send?.(
          message,
          undefined,
          undefined,
          contained(owner, () => sent()),
        );
    },
  };
  const seat = new WorkerSeat(wire, place, log);
  process.on(
    "message",
    contained(owner, (message: unknown) => seat.receive(message)),
  );
  process.once(
    "disconnect",
    contained(owner, () => seat.close()),
  );
  return seat;
}
