import { StartError } from "./start-error.ts";

/**
 * This Node lacks, or does otherwise, what a part of the gateway rests on without Node having promised it.
 *
 * @param found what was found out, as the end of a sentence
 */
export const unsuitedNode = (found: string): StartError =>
  new StartError(
    `this is Node ${process.versions.node}, and ${found}. Run the gateway with a release that it was tested with: Node 20 (from 20.19 on), 22, 24 or 26.`,
  );
