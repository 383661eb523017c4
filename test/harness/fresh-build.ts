import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { builtFile } from "./built-modules.ts";
import { repository } from "./sample.ts";

/** Tests import what was built (see built-modules.ts): whoever runs Vitest by hand after an edit gets it built once more. */
export default function freshBuild(): void {
  if (!["compiler", "runtime", "schema"].some(stale)) return;
  const { status, stdout, stderr } = spawnSync("npx", ["--no-install", "tsc", "-p", "tsconfig.json", "--noCheck"], {
    cwd: repository,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The build before the tests failed: run \`npm run build\`.\n${stdout}${stderr}`);
}

/** Whether a source file of the folder is newer than what was built of it. */
function stale(folder: string): boolean {
  return readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).some((name) => {
    const source = join(repository, folder, name);
    const built = builtFile(repository, source);
    if (built === undefined || name.endsWith(".d.ts")) return false;
    const madeAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs;
    return madeAt === undefined || madeAt < statSync(source).mtimeMs;
  });
}
