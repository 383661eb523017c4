import { expect, test } from "vitest";
import { availableProcessors } from "../../../runtime/process/processors.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const all = 8;
const group = (files: Readonly<Record<string, string>>): string => temporaryFolder(files);

/** Files as cgroups(7) and the documentation of the kernel (cgroup-v2.rst, sched-bwc.rst) describe them. */
test.each<[string, Readonly<Record<string, string>>, number]>([
  ["no control groups at all", {}, all],
  ["version 2, no quota", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n" }, all],
  ["version 2, one processor", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n" }, 1],
  ["version 2, half a processor", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n" }, 1],
  ["version 2, two and a half", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "250000 100000\n" }, 2],
  ["version 2, more than there are", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "9999900000 100000\n" }, all],
  [
    "version 2, the quota of a group above",
    {
      "proc/self/cgroup": "0::/kubepods/pod1/main\n",
      "sys/fs/cgroup/kubepods/pod1/main/cpu.max": "max 100000\n",
      "sys/fs/cgroup/kubepods/pod1/cpu.max": "100000 100000\n",
      "sys/fs/cgroup/kubepods/cpu.max": "max 100000\n",
    },
    1,
  ],
  [
    "version 2 in a container that sees its own group as the root",
    { "proc/self/cgroup": "0::/docker/0123\n", "sys/fs/cgroup/cpu.max": "100000 100000\n" },
    1,
  ],
  [
    "version 1, three processors",
    {
      "proc/self/cgroup": "11:memory:/a\n4:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/\n",
      "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "300000\n",
      "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
    },
    3,
  ],
  [
    "version 1, no quota",
    {
      "proc/self/cgroup": "4:cpu:/\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    all,
  ],
  [
    "version 1 in a container that does not see the path of its group",
    {
      "proc/self/cgroup": "4:cpu:/docker/0123\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    1,
  ],
  ["files that say nothing", { "proc/self/cgroup": "nonsense\n0::/\n", "sys/fs/cgroup/cpu.max": "lots\n" }, all],
])("workers for %s", (_name, files, expected) => {
  expect(availableProcessors(group(files), all)).toBe(expected);
});
