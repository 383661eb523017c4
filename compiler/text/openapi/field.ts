/** Versions of OpenAPI by the numbers that tell their fields apart. */
export const openapiVersions = ["2.0", "3.0", "3.1", "3.2"] as const;
export type OpenapiVersion = (typeof openapiVersions)[number];

/**
 * What the gateway does with a field of a spec.
 *
 * `enforced`: a request or an answer that contradicts it is refused. `used`: it decides how a request is routed, forwarded,
 * authenticated or read. `documented`: people and tools read it, and the public document repeats it. `warned`: it asks for
 * something that the gateway does not do, and the build says so.
 */
export const treatments = ["enforced", "used", "documented", "warned"] as const;
export type Treatment = (typeof treatments)[number];

export interface OpenapiField {
  readonly versions: readonly OpenapiVersion[];
  readonly treatment: Treatment;
  /** A phrase for the table: what it does, or why nothing; of `warned` with the code of the diagnostic. */
  readonly note: string;
}

export interface OpenapiObject {
  /** As the specification calls it. */
  readonly noun: string;
  readonly fields: Readonly<Record<string, OpenapiField>>;
  /** What stands under other keys is a name, so that no key is unknown. */
  readonly isMap?: true;
}

const treated =
  (treatment: Treatment) =>
  (note = "", versions: readonly OpenapiVersion[] = openapiVersions): OpenapiField => ({ versions, treatment, note });

export const enforced = treated("enforced");
export const used = treated("used");
export const documented = treated("documented");
export const warned = treated("warned");

export const only20: readonly OpenapiVersion[] = ["2.0"];
export const only30: readonly OpenapiVersion[] = ["3.0"];
export const since30: readonly OpenapiVersion[] = ["3.0", "3.1", "3.2"];
export const since31: readonly OpenapiVersion[] = ["3.1", "3.2"];
export const since32: readonly OpenapiVersion[] = ["3.2"];

/** `3.0.3` → `3.0`. */
export const openapiVersionOf = (written: string): OpenapiVersion =>
  openapiVersions.find((version) => written.startsWith(version)) ?? "3.2";
