import { CallFailure } from "../../../calls/failure.ts";
import { fieldIn } from "../field-in.ts";
import type { Listed } from "../member.ts";

/** What Eureka says of one instance. */
export interface Instance {
  /** Name of its application, in capitals. */
  readonly app: string;
  /** Unique in its application. */
  readonly id: string;
  /** `UP`, `DOWN`, `STARTING`, `OUT_OF_SERVICE`, `UNKNOWN`. */
  readonly status: string;
  /** What happened to it: `ADDED`, `MODIFIED`, `DELETED`. */
  readonly action: string;
  readonly value: unknown;
}

/** Instances at most: a registry of all services of a company is read as a whole. */
export const mostInstances = 100_000;

export const tooMany = (): CallFailure => new CallFailure("tooLarge", `Eureka lists more than ${mostInstances} instances`);

/** Older servers write a list of one as the one. */
const asList = (value: unknown): readonly unknown[] =>
  value === undefined || value === null || value === "" ? [] : Array.isArray(value) ? value : [value];

const textIn = (value: unknown, name: string): string => {
  const found = fieldIn(value, name);
  return typeof found === "string" ? found : "";
};

/** Instances that are looked at in one step. */
export const unitsPerStep = 256;

/** Of `{"application":{…}}`, in steps of some tenths of a millisecond. Rejects what is none, and more than a registry has. */
export function* instancesIn(document: unknown): Generator<undefined, Instance[]> {
  const application = fieldIn(document, "application");
  if (application === undefined) throw new CallFailure("protocol", "what answers is not Eureka: its JSON has no `application`");
  const instances: Instance[] = [];
  for (const one of asList(application)) {
    const app = textIn(one, "name").toUpperCase();
    for (const value of asList(fieldIn(one, "instance"))) {
      const status = textIn(value, "status") || "UNKNOWN";
      instances.push({ app, id: idOf(value), status, action: textIn(value, "actionType"), value });
      if (instances.length > mostInstances) throw tooMany();
      if (instances.length % unitsPerStep === 0) yield;
    }
  }
  return instances;
}

/** Of `{"applications":{"apps__hashcode":"UP_2_","application":[…]}}`, with the hash. */
export function* applicationsIn(
  document: unknown,
): Generator<undefined, { readonly instances: readonly Instance[]; readonly hash: string }> {
  const applications = fieldIn(document, "applications");
  if (typeof applications !== "object" || applications === null)
    throw new CallFailure("protocol", "what answers is not Eureka: its JSON has no `applications`");
  const instances = Object.hasOwn(applications, "application") ? yield* instancesIn(applications) : [];
  return { instances, hash: textIn(applications, "apps__hashcode") };
}

/** As Eureka names it (InstanceInfo.getId): by itself, by its data centre, or by its host. */
const idOf = (value: unknown): string =>
  textIn(value, "instanceId") ||
  textIn(fieldIn(fieldIn(value, "dataCenterInfo"), "metadata"), "instance-id") ||
  textIn(value, "hostName");

export interface EndpointTerms {
  /** The endpoints are reached over TLS: the secure port is the one. */
  readonly secure: boolean;
  readonly preferIpAddress: boolean;
}

/** The endpoints that those are whose status is `UP`, in steps of some tenths of a millisecond. */
export function* endpointsOf(
  instances: readonly Pick<Instance, "status" | "id" | "value">[],
  terms: EndpointTerms,
): Generator<undefined, Listed[]> {
  const found: Listed[] = [];
  let units = 0;
  for (const instance of instances) {
    if (instance.status === "UP") found.push(endpointOf(instance, terms));
    if (++units % unitsPerStep === 0) yield;
  }
  return found;
}

/** The endpoint that an instance is. */
export function endpointOf({ id, value }: Pick<Instance, "id" | "value">, { secure, preferIpAddress }: EndpointTerms): Listed {
  const [name, ip] = [textIn(value, "hostName"), textIn(value, "ipAddr")];
  const written = preferIpAddress ? ip || name : name || ip;
  const host = written.includes(":") && !written.startsWith("[") ? `[${written}]` : written;
  const plainPort = enabledPort(fieldIn(value, "port"));
  const securePort = enabledPort(fieldIn(value, "securePort"));
  const [wanted, other] = secure ? ([securePort, plainPort] as const) : ([plainPort, securePort] as const);
  const metadata = fieldIn(value, "metadata");
  const [weight, priority] = ["weight", "priority"].map((field) => fieldIn(metadata, field));
  const zone = fieldIn(metadata, "zone") ?? fieldIn(fieldIn(fieldIn(value, "dataCenterInfo"), "metadata"), "availability-zone");
  return {
    // One that only has the other port is skipped, for the reason that the scheme says.
    address:
      wanted === undefined && other !== undefined
        ? `${secure ? "http" : "https"}://${host}:${other}`
        : wanted === undefined
          ? host
          : `${host}:${wanted}`,
    ...(id === "" ? {} : { id }),
    weight,
    priority,
    zone,
    metadata,
  };
}

/** `{"$":8080,"@enabled":"true"}`. */
function enabledPort(port: unknown): number | undefined {
  const number = Number(fieldIn(port, "$"));
  return String(fieldIn(port, "@enabled")) === "true" && Number.isInteger(number) && number > 0 ? number : undefined;
}
