import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { installed } from "./component.ts";

/** Debian's Python, which has what Debian packages for it; another one on the PATH need not. */
const python = "/usr/bin/python3";

/** Modules that tests use, and the Debian packages that have them. */
const packages = { kubernetes: "python3-kubernetes", consul: "python3-consul2" } as const;

/** Runs a script with a module, and gives the lines that it writes. It ends with the test. */
export async function pythonLines(
  module: keyof typeof packages,
  script: string,
  ...args: readonly string[]
): Promise<readonly string[]> {
  const isThere = () =>
    promisify(execFile)(python, ["-c", `import ${module}`]).then(
      () => true,
      () => false,
    );
  await installed(`the Python module \`${module}\``, packages[module], isThere);
  const child = spawn(python, ["-u", "-c", script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", (line) => void lines.push(line));
  return lines;
}
