import type { KeyPlaceConfig } from "../../../../runtime/identity/api-key/key-scheme.ts";
import type { ApiKeyOptions } from "../../../../schema/resources.gen.ts";
import type { SchemeContext } from "../../../resource/contract.ts";
import { declaredLocation, type KeyPlace, keyChallenge, quotedString, unusableKeyName } from "../../../text/key-place.ts";
import { bearerAsApiKey, locationDisagrees, locationNeeded, nameOfBearer, unusableName } from "./messages.gen.ts";

interface Location {
  readonly in: KeyPlace | "bearer" | undefined;
  readonly name: string | undefined;
}

/** Reports a place that the gateway cannot find keys in, or that is not that of the spec. */
export function checkPlace(options: ApiKeyOptions, context: SchemeContext): void {
  const declared = declaredPlace(context);
  if (options.in !== undefined && declared.in !== undefined && options.in !== declared.in)
    reportDisagreement("in", options.in, declared.in, context);
  const { in: place, name } = locationOf(options, context);
  if (place === "bearer") {
    if (options.name !== undefined) context.report(nameOfBearer(context.at("/name"), { name: options.name }));
    return;
  }
  if (options.name !== undefined && declared.name !== undefined && !sameName(options.name, declared.name, declared.in))
    reportDisagreement("name", options.name, declared.name, context);
  if (place === undefined || name === undefined) {
    context.report(locationNeeded(context.origin, { scheme: context.name }));
    return;
  }
  const problem = unusableKeyName(place, name);
  const at = options.name === undefined && context.declaredAt !== undefined ? context.declaredAt : context.at("/name");
  if (problem !== undefined) context.report(unusableName(at, { name, place, problem }));
  else if (place === "header" && name.toLowerCase() === "authorization")
    context.report(bearerAsApiKey(at, { scheme: context.name }));
}

/** Of options that were checked. */
export function placeConfig(options: ApiKeyOptions, context: SchemeContext): KeyPlaceConfig {
  const { in: place = "header", name = "" } = locationOf(options, context);
  const { forward } = options;
  if (place === "bearer") {
    const challenge = `Bearer realm=${quotedString(context.name)}`;
    const invalidChallenge = `${challenge}, error="invalid_token"`;
    return { name: context.name, in: place, parameter: "authorization", challenge, invalidChallenge, forward };
  }
  const challenge = keyChallenge(context.name, place, name);
  return { name: context.name, in: place, parameter: place === "header" ? name.toLowerCase() : name, challenge, forward };
}

/** Where keys are, for people. */
export function placeWords(options: ApiKeyOptions, context: SchemeContext): string {
  const { in: place, name } = locationOf(options, context);
  return place === "bearer" ? "Authorization: Bearer" : `${place} ${name}`;
}

function locationOf(options: ApiKeyOptions, context: SchemeContext): Location {
  const declared = declaredPlace(context);
  return { in: declared.in ?? options.in, name: declared.name ?? options.name };
}

/** `http bearer` is the only other type that it implements. */
const declaredPlace = ({ declared }: SchemeContext): Location =>
  declared?.type === "http" ? { in: "bearer", name: undefined } : declaredLocation(declared);

/** Only header names have no case (RFC 9110 §5.1). */
const sameName = (one: string, other: string, place: Location["in"]): boolean =>
  one === other || (place === "header" && one.toLowerCase() === other.toLowerCase());

function reportDisagreement(option: "in" | "name", written: string, declared: string, context: SchemeContext): void {
  const related =
    context.declaredAt === undefined ? [] : [{ origin: context.declaredAt, text: `\`${option}: ${declared}\` here` }];
  context.report(locationDisagrees(context.at(`/${option}`), { option, written, declared, scheme: context.name }, { related }));
}
