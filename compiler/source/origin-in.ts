import type { Origin } from "../ir/origin.ts";
import type { ParsedFile } from "./tree.ts";

/** A place in a file whose tree does not stand yet. */
export const originIn = (file: ParsedFile, start: number, end: number): Origin => file.positions.range(file.path, start, end);
