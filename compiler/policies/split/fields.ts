import { forbiddenField } from "../../text/field.ts";
import { foldedField } from "../../text/identity-fields.ts";
import { isNeverTrailer } from "../../text/trailer-names.ts";

/** Why a field of this name cannot tell the arm of an experiment; undefined where it can. */
export function unfitForExperiment(name: string, option: "requestField" | "responseField"): string | undefined {
  const forbidden = forbiddenField(name);
  if (forbidden !== undefined) return forbidden;
  if (!isNeverTrailer(foldedField(name))) return undefined;
  return option === "requestField"
    ? "It says something else about a request, and what clients send in it would reach no service any more."
    : "It says something else about an answer.";
}
