import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { isWheelProgram, programFromWheel, type WheelProgram } from "./wheel.ts";

const run = promisify(execFile);

/** Programs that tests use beside Node, and the Debian packages that have them. */
const packages = {
  curl: "curl",
  nginx: "nginx-light",
  chromium: "chromium",
  openssl: "openssl",
  h2load: "nghttp2-client",
  haproxy: "haproxy",
  wrk: "wrk",
  valgrind: "valgrind",
  callgrind_control: "valgrind",
  "redis-server": "redis-server",
  "redis-sentinel": "redis-sentinel",
  "lua5.1": "lua5.1",
  "lua5.4": "lua5.4",
  pip3: "python3-pip",
  prometheus: "prometheus",
  promtool: "prometheus",
  amtool: "prometheus-alertmanager",
  "prometheus-alertmanager": "prometheus-alertmanager",
  "docker-compose": "docker-compose",
  dnsmasq: "dnsmasq-base",
  memcached: "memcached",
  etcd: "etcd-server",
  kubectl: "kubernetes-client",
} as const;

type DebianProgram = keyof typeof packages;
export type Component = DebianProgram | WheelProgram;

/** Folders that a PATH may lack and Debian's packages use. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"];

const installing = new Map<Component, Promise<string>>();

/**
 * The path of a program: from the PATH, or installed where this user may. A test never goes without: where there is no
 * way to get it, this throws with the command that installs it.
 */
export function component(name: Component): Promise<string> {
  const there = found(name);
  if (there !== undefined) return Promise.resolve(there);
  let begun = installing.get(name);
  if (begun === undefined)
    installing.set(name, (begun = isWheelProgram(name) ? programFromWheel(name, () => component("pip3")) : install(name)));
  return begun;
}

function found(name: string): string | undefined {
  return [...(process.env.PATH ?? "").split(delimiter), ...systemFolders]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(name: DebianProgram): Promise<string> {
  await installed(`\`${name}\``, packages[name], () => Promise.resolve(found(name) !== undefined));
  return found(name)!;
}

/** Resolves once a Debian package has brought what `isThere` looks for, and throws with the command where it cannot. */
export async function installed(what: string, packageName: string, isThere: () => Promise<boolean>): Promise<void> {
  if (await isThere()) return;
  const command = `apt-get install -y --no-install-recommends ${packageName}`;
  const remedy = `${what} is needed by this test and is not there. Install it: ${command}`;
  if (process.platform !== "linux" || process.getuid?.() !== 0) throw new Error(remedy);
  // Several test files run at once, so the lock of dpkg is waited for; at runlevel 1 no service is started.
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }, maxBuffer: 64 * 1024 * 1024 };
  const get = (...args: string[]) => run("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], options);
  try {
    await get("install", "-y", "--no-install-recommends", packageName).catch(async () => {
      await get("update");
      await get("install", "-y", "--no-install-recommends", packageName);
    });
  } catch (error) {
    throw new Error(`${remedy}\n${error instanceof Error ? error.message : String(error)}`);
  }
  if (!(await isThere())) throw new Error(remedy);
}
