export interface BuildInfo {
  /** Of the gatewright that built it. */
  readonly version: string;
  /** SHA-256 of what its inputs say, in hexadecimal digits. */
  readonly digest: string;
  /** `compatibility` of gateway.yaml. */
  readonly compatibility: string;
}
