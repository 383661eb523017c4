/** What Node says of an access that its permission model denies. */
interface Denial {
  readonly code?: string;
  /** `FileSystemRead`, `ChildProcess`, `Net`. */
  readonly permission?: string;
  /** The path, for file systems. */
  readonly resource?: string;
}

/**
 * Under Node's permission model: the flag that allows what was denied, for messages. Undefined for any other error.
 *
 * @param path what the caller wanted to read or write; Node names a path of its own in some calls only
 */
export function missingFlag(error: unknown, path?: string): string | undefined {
  const { code, permission = "", resource = "" } = error as Denial;
  if (code !== "ERR_ACCESS_DENIED") return undefined;
  const where = path ?? resource;
  switch (permission) {
    case "FileSystemRead":
      return `--allow-fs-read=${where}`;
    case "FileSystemWrite":
      return `--allow-fs-write=${where}`;
    case "ChildProcess":
      return "--allow-child-process";
    case "Net":
      return "--allow-net";
    default:
      return permission === "" ? undefined : `that grants ${permission}`;
  }
}
