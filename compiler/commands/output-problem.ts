import { relative } from "node:path";

/** What the operating system means, by code. All of these are for the user to change, none is a bug. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user has no right to do that",
  EPERM: "this user has no right to do that",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the disk quota of this user is used up",
  EFBIG: "the file system takes no file of this size",
  EIO: "the device failed",
  ENXIO: "the device is not there",
  EBUSY: "something else uses it",
  ETXTBSY: "it is running",
  EEXIST: "something else stands there",
  EISDIR: "a folder stands there",
  ENOTDIR: "a part of its path is a file",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open on this machine",
};

const deeds: Readonly<Record<string, string>> = {
  mkdir: "created",
  write: "written",
  open: "opened",
  rename: "written",
  copyfile: "written",
  scandir: "read",
  read: "read",
  unlink: "removed",
  rm: "removed",
  rmdir: "removed",
  watch: "watched",
};

/** A sentence about a failed access to the file system or to an output; undefined where the error is of another kind. */
export function outputProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined || syscall === undefined) return undefined;
  if (syscall === "watch" && code === "ENOSPC")
    return "The files cannot be watched: the system watches as many as it may (fs.inotify.max_user_watches).";
  const place = dest ?? path;
  const what = place === undefined ? "The output" : `\`${relative("", place) || "."}\``;
  return `${what} cannot be ${deeds[syscall] ?? "used"}: ${reason}.`;
}
