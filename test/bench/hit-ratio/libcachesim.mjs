// The same workloads through PyPI `libcachesim`, which has the policies as their authors wrote them down.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const program = `
import json, sys
import libcachesim as sim
path, bytes_of, policies = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3].split(",")
found = {}
for policy in policies:
    found[policy] = []
    for size in bytes_of:
        reader = sim.TraceReader(trace=path, trace_type=sim.TraceType.ORACLE_GENERAL_TRACE)
        missed, missed_bytes = getattr(sim, policy)(cache_size=size).process_trace(reader)
        found[policy].append({"requests": 100 - 100 * missed, "bytes": 100 - 100 * missed_bytes})
print(json.dumps(found))
`;

/** Version of the package that a Python has; undefined: none. */
export function versionIn(python) {
  const { status, stdout } = spawnSync(python, ["-c", "import libcachesim; print(libcachesim.__version__)"], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** By policy, one for each of `bytes`. */
export function simulated(python, folder, { ids, sizes }, bytes, policies) {
  const path = join(folder, "trace.oracleGeneral");
  // A record: seconds (4 bytes), object (8), size (4), when it is asked for next (8), which these policies do not need.
  const records = Buffer.alloc(ids.length * 24);
  ids.forEach((id, at) => {
    records.writeUInt32LE(at, at * 24);
    records.writeBigUInt64LE(BigInt(id), at * 24 + 4);
    records.writeUInt32LE(sizes[id], at * 24 + 12);
    records.writeBigInt64LE(-2n, at * 24 + 16);
  });
  writeFileSync(path, records);
  const args = ["-c", program, path, JSON.stringify(bytes), policies.join(",")];
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: "utf8", maxBuffer: 2 ** 24 });
  if (status !== 0) throw new Error(`libcachesim: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}
