/**
 * What queueing theory says of the mean time in a system whose requests come by chance (Poisson) and whose servers take
 * exponential times of mean 1. `load`: requests that come in that time for each server, below 1.
 */

/** One server, M/M/1: what each gets whose requests are drawn at random. */
export const oneServer = (load: number): number => 1 / (1 - load);

/** So many servers behind one queue, M/M/k (Erlang C): nobody who has to choose when a request comes does better. */
export function sharedQueue(load: number, servers: number): number {
  // Erlang B by its recurrence, which stays in range.
  let blocked = 1;
  for (let count = 1; count <= servers; count++) blocked = (load * servers * blocked) / (count + load * servers * blocked);
  const waits = blocked / (1 - load * (1 - blocked));
  return 1 + waits / (servers * (1 - load));
}

/**
 * The shorter of two queues that chance draws, for many servers (Mitzenmacher, The Power of Two Choices in Randomized Load
 * Balancing): the sum of load^(2^i - 2) over i from 1.
 */
export function shorterOfTwo(load: number): number {
  let sum = 0;
  for (let exponent = 2; exponent < 1e9; exponent *= 2) {
    const term = load ** (exponent - 2);
    if (term < 1e-12) break;
    sum += term;
  }
  return sum;
}

/** In turn, so that each server gets every k-th request: GI/M/1 with gaps that are sums of k exponential ones. */
export function inTurn(load: number, servers: number): number {
  // The root below 1 of s = A(1 - s), where A is the transform of the gaps.
  let root = load;
  for (let step = 0; step < 10_000; step++) root = ((servers * load) / (servers * load + 1 - root)) ** servers;
  return 1 / (1 - root);
}
