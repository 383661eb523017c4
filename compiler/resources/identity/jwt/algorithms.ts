import type { JwtOptions } from "../../../../schema/resources.gen.ts";

type Algorithms = NonNullable<JwtOptions["algorithms"]>;

/** What issuers sign with nowadays; SHA-384 and SHA-512 variants only where somebody asks for them. */
const usual: Algorithms = ["RS256", "PS256", "ES256", "EdDSA"];

export const algorithmsOf = ({ algorithms, secret }: JwtOptions): Algorithms =>
  algorithms ?? (secret === undefined ? usual : ["HS256"]);

/** The first algorithm that the keys are not for. */
export const misfitOf = ({ algorithms, secret }: JwtOptions): string | undefined =>
  algorithms?.find((algorithm) => algorithm.startsWith("HS") !== (secret !== undefined));
