/** The one source of time; tests turn it by replacing its members. */
export const clock = {
  /** Monotonic milliseconds with a fraction, from an arbitrary start: for durations. */
  monotonic(): number {
    return performance.now();
  },
  /** Milliseconds since the epoch: for points in time that people or other machines read. */
  wall(): number {
    return Date.now();
  },
};
