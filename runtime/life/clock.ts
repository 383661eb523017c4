/** Where time comes from. Nothing in `runtime/` sets a timer otherwise, so that tests can turn all of time. */
export interface Clock {
  /** Monotonic milliseconds with a fraction, from an arbitrary start: for durations. */
  monotonic(): number;
  /** Milliseconds since the epoch: for points in time that people or other machines read. */
  wall(): number;
}

/** The one source of time; tests turn it by replacing its members. */
export const clock: Clock = {
  monotonic(): number {
    return performance.now();
  },
  wall(): number {
    return Date.now();
  },
};
