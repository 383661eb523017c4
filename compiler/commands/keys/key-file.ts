import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type KeyFile, readKeyFile, writeKeyFile } from "../../../runtime/identity/api-key/key-entry.ts";
import { KeysProblem } from "./shelf.ts";

/** Milliseconds for which somebody else who changes the file is waited for, and between two looks. */
const patience = 5_000;
const pause = 50;

export function readFile(path: string): KeyFile {
  const text = textOf(path);
  if (text === undefined)
    throw new KeysProblem(
      `There is no ${path}. \`gatewright keys create --consumer NAME\` makes it; \`--file\` names another file, \`--url\` a gateway that runs.`,
    );
  try {
    return readKeyFile(text);
  } catch (error) {
    throw new KeysProblem(`${path} cannot be used: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/**
 * Changes a file of keys as a whole: nobody else changes it meanwhile, and whoever reads it sees it as it was or as it is.
 *
 * @param fresh what a file that is not there begins as; undefined: it has to be there
 */
export async function changeKeyFile<Result>(
  path: string,
  fresh: KeyFile | undefined,
  change: (file: KeyFile) => { readonly file: KeyFile; readonly result: Result },
): Promise<Result> {
  // A link is followed: the file it leads to is replaced, and not the link.
  const target = existsSync(path) ? realpathSync(path) : path;
  const lock = `${target}.lock`;
  await takeLock(lock, path);
  try {
    const isNew = fresh !== undefined && textOf(target) === undefined;
    const { file, result } = change(isNew ? fresh : readFile(path));
    replaceFile(target, writeKeyFile(file), isNew ? 0o644 : modeOf(target, path));
    return result;
  } finally {
    rmSync(lock, { force: true });
  }
}

async function takeLock(lock: string, path: string): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      const descriptor = openSync(lock, "wx");
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (performance.now() > end)
      throw new KeysProblem(
        `Somebody else is changing ${path}: ${lock} is there${holderOf(lock)}. If nobody is, a command broke off: remove that file.`,
      );
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function holderOf(lock: string): string {
  const text = textOf(lock);
  return text !== undefined && /^\d+$/.test(text) ? `, of the process ${text}` : "";
}

function modeOf(target: string, path: string): number {
  const mode = statSync(target).mode & 0o777;
  if ((mode & 0o002) !== 0)
    throw new KeysProblem(
      `Everybody on this machine may write ${path}, and so give themselves a key. \`chmod o-w ${path}\` ends that.`,
    );
  return mode;
}

function replaceFile(target: string, text: string, mode: number): void {
  const temporary = join(dirname(target), `.${process.pid}.keys.tmp`);
  try {
    const descriptor = openSync(temporary, "wx", mode);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
