import { StartError } from "../life/start-error.ts";
import { exitCodes } from "./exit-codes.ts";

/**
 * Throws a `StartError` for a Node that is too old, before anything else of it is missed: what it lacks would come as a
 * stack of the bundle.
 */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new StartError(`this is Node ${version}; the gateway needs Node 20.19 or later.`, exitCodes.configuration);
}
