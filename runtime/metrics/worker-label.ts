import { workerVariable } from "../process/worker-messages.ts";
import { label } from "./label.ts";

/** Keeps apart what several processes say of themselves; there are no more of them than run at a time. */
export const workerLabel = (): string => label("worker", process.env[workerVariable] ?? "1");
