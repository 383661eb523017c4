/** What is secret below a value: all of it, or what the shape of that index says. */
export type SecretIr = true | number;

/** A value with parts that are secret. */
export interface SecretShapeIr {
  readonly members?: readonly (readonly [name: string, secret: SecretIr])[];
  /** Of members that are not named. */
  readonly others?: SecretIr;
  readonly items?: SecretIr;
}

/** What schemas say of the JSON bodies of one operation. Shapes refer to each other by index. */
export interface MessageSecretsIr {
  readonly shapes: readonly SecretShapeIr[];
  readonly request?: SecretIr;
  /** Of its answers, whatever their status. */
  readonly response?: SecretIr;
}
