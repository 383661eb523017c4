// Ten thousand endpoints that are others all at once, in a group of two processes and the one between them, as `--workers 2` is.
import { fork } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Group } from "../../../dist/runtime/life/group/group.js";
import { scratch } from "../support.mjs";
import { measures, threadCpu } from "./thread-cpu.mjs";

const count = 10_000;

/** Rounds of each measure that count; the first one of all says what it takes before the engine has seen anything like it. */
const rounds = 5;

const listOf = (network) =>
  JSON.stringify(
    Array.from({ length: count }, (_, index) => ({
      address: `10.${network}.${index >> 8}.${index & 255}:8080`,
      id: `orders-${network}-${index}-7d9f8b`,
      zone: index % 3 === 0 ? "eu-1" : "eu-2",
      metadata: { version: index % 2 === 0 ? "v1" : "v2" },
    })),
  );

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

/** The next message of a process that has a member of that name. */
const next = (child, name) =>
  new Promise((resolve, reject) => {
    const onMessage = (message) => {
      if (message[name] === undefined) return;
      child.off("message", onMessage).off("exit", reject);
      resolve(message[name]);
    };
    child.on("message", onMessage).on("exit", reject);
  });

/** Milliseconds by process: `reads` reads the registry, `primary` passes on what it found, `worker` is told. */
export async function changedAtOnce(way) {
  const path = join(scratch(), "orders.json");
  const write = (network) => writeFileSync(`${path}.new`, listOf(network));
  write(0);
  renameSync(`${path}.new`, path);
  const group = new Group([], 2);
  const children = [];
  for (const id of [1, 2]) {
    const { index, environment } = group.seat();
    const argument = JSON.stringify({ way, path, count });
    const child = fork(fileURLToPath(new URL("process.mjs", import.meta.url)), [argument], { env: { ...process.env, ...environment } }); // biome-ignore format: one line
    group.admit(id, index, { send: (message, sent) => child.send(message, sent) });
    child.on("message", (message) => group.receive(id, message));
    await next(child, "joined");
    group.serving(id);
    children.push(child);
  }
  const times = { total: [], longest: [] };
  try {
    for (let network = 1; network <= 2 * (rounds + 1); network++) {
      const measure = network % 2 === 1 ? "total" : "longest";
      write(network);
      const begun = children.map((child) => next(child, "begun"));
      for (const child of children) child.send({ measure, network });
      await Promise.all(begun);
      const over = Promise.all(children.map((child) => next(child, "took")));
      const primary = measures[measure](over);
      renameSync(`${path}.new`, path);
      const [reads, worker] = await over;
      times[measure].push({ reads, primary: await primary, worker });
    }
  } finally {
    for (const child of children) child.kill();
  }
  const of = (measure, who) => median(times[measure].slice(1).map((time) => time[who]));
  return Object.fromEntries(
    ["reads", "primary", "worker"].map((who) => [
      who,
      { total: of("total", who), longest: of("longest", who), first: times.total[0][who] },
    ]),
  );
}

/** Milliseconds that `JSON.parse` takes for the list, which any gateway spends: says how quick the machine is at the moment. */
export function parsedAtOnce() {
  const times = Array.from({ length: rounds }, (_, network) => {
    const text = listOf(network);
    const before = threadCpu();
    JSON.parse(text);
    return threadCpu() - before;
  });
  return { ms: median(times), bytes: listOf(0).length };
}
