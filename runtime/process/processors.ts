import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * Processors that this process may use: those of the machine, or the quota of its control group where that is less. Node
 * looks at the quota in its newer releases only.
 *
 * @param root where `/proc` and `/sys` are found; for tests
 */
export function availableProcessors(root = "", ofMachine = availableParallelism()): number {
  const quotas = read(`${root}/proc/self/cgroup`)
    .split("\n")
    .flatMap((line) => quotasOf(line, `${root}/sys/fs/cgroup`));
  return Math.max(1, Math.min(ofMachine, ...quotas.map(Math.floor)));
}

/** Of a line `number:controllers:path` (cgroups(7)), whose second part is empty in version 2. */
function quotasOf(line: string, mount: string): number[] {
  const [, controllers, path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  if (controllers === "") return aboveAnd(path).map((group) => quotaIn(read(`${mount}${group}/cpu.max`)));
  if (controllers?.split(",").includes("cpu") !== true) return [];
  return aboveAnd(path).map((group) => {
    const folder = `${mount}/${controllers}${group}`;
    return quotaIn(`${read(`${folder}/cpu.cfs_quota_us`)} ${read(`${folder}/cpu.cfs_period_us`)}`);
  });
}

/** A group is held to the quotas of all above it. In a container the own path may not be there, and the root is its group. */
function aboveAnd(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  return ["", ...names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`)];
}

/** `quota period` in microseconds; a quota of `max` or -1 is none. */
function quotaIn(text: string): number {
  const [, quota, period] = /^\s*(\d+)\s+(\d+)\s*$/.exec(text) ?? [];
  return quota === undefined || Number(period) === 0 ? Number.POSITIVE_INFINITY : Number(quota) / Number(period);
}

/** Empty where there is no such file, or where it may not be read. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
