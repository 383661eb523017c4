import type { AccessLogOptions } from "../../../schema/policies.gen.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";
import { bodiesTooLarge, levelTooHigh, nothingToRedact, notInFormat, reservedMember } from "./messages.gen.ts";

/** Of what one line may hold. */
const mostBody = 65_536;

/** What a schema cannot say. */
export function check(options: AccessLogOptions, context: PolicyContext): void {
  const { format, fields, query, headers, level, sample, slow, bodies, redact } = options;
  const hasBodies = bodies?.request === true || bodies?.response === true;
  if (redact.length > 0 && !hasBodies && (typeof format === "object" || (!query && headers.length === 0)))
    context.report(nothingToRedact(context.at("/redact")));
  if (typeof format === "object") {
    for (const name of Object.keys(format))
      if (addedNames.has(name)) context.report(reservedMember(context.at(`/format/${name}`), { name }));
    const written = { fields: fields !== undefined, query, headers: headers.length > 0 };
    for (const [option, isWritten] of Object.entries(written))
      if (isWritten) context.report(notInFormat(context.at(`/${option}`), { option }));
  }
  // What is less bad than the level is not written at all.
  if (level === "error" && slow !== undefined) context.report(levelTooHigh(context.at("/slow"), { option: "slow", level }));
  if (sample !== undefined && rank[level] >= rank[sample.keep])
    context.report(levelTooHigh(context.at("/sample"), { option: "sample", level }));
  if (bodies !== undefined && parseSize(bodies.maxBytes) > mostBody)
    context.report(bodiesTooLarge(context.at("/bodies/maxBytes"), { size: bodies.maxBytes }));
}

/** What other options than `format` add to a line. */
const addedNames: ReadonlySet<string> = new Set([
  ...["level", "sampleRate", "parts", "fingerprint"],
  ...["requestBody", "requestBodyNotLogged", "responseBody", "responseBodyNotLogged"],
]);

const rank = { info: 0, warning: 1, error: 2, nothing: 3 } as const;
