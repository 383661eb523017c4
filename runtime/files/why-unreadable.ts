import { missingFlag } from "../process/permission.ts";

/**
 * Why a file cannot be read and what to do about it, to be read after `cannot be read`.
 *
 * @param what is to be in the file: `the secret`
 */
export function whyUnreadable(error: unknown, path: string, what: string): string {
  const flag = missingFlag(error, path);
  if (flag !== undefined) return `: Node's permission model denies it. Start Node with the flag \`${flag}\` as well`;
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return `: it does not exist. Mount ${what} there`;
    case "EACCES":
      return ": the process has no right to. Let its user read it";
    case "EISDIR":
      return ": it is a folder. Name the file in it";
    default:
      return "";
  }
}
