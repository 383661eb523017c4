/**
 * The gateway cannot start as it is deployed: a secret is missing or unusable, a port is taken. The message is all that
 * an operator sees, so it names the thing and the remedy, and never a secret.
 */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly exitCode: number;

  /** `exitCode`: as in sysexits.h; 78 for configuration that cannot be used. */
  constructor(message: string, exitCode = 78) {
    super(message);
    this.exitCode = exitCode;
  }
}
