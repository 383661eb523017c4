import type { Operation } from "../../gateway/operation.ts";
import { label } from "../label.ts";

/** Of all that is counted for an operation. */
export const operationLabels = ({ id, api, version, service }: Pick<Operation, "id" | "api" | "version" | "service">): string =>
  [label("operation", id), label("api", api), label("version", version), label("service", service)].join(",");
