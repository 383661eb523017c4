/** Policies throw it too, and may not see this folder. */
export { StartError } from "../start-error.ts";
