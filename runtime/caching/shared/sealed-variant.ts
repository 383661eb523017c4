// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { StoredAnswer } from "../stored-answer.ts";

/** Fields of which a server may have the values as they are: what clients negotiate by says nothing of who they are. */
const plain: readonly string[] = ["accept", "accept-charset", "accept-encoding", "accept-language", "origin"];

/** Characters of a variant that is kept as it is; a longer one takes room in each entry that has it. */
const longest = 256;

/** The text of a variant in an entry. `whose`: of its key, so that the same values in the entries of two keys are not alike. */
export const sealed = (variant: string, whose: string): string =>
  // A variant ends with a line break, and no digest does.
  `#${crypto.hash("sha256", `${whose}\n${variant}`, "base64url")}`;

/** A server has credentials, and what else says who asked, as digests: `Cookie`, `Authorization` and all that is no matter of negotiation. */
export const variantText = ({ varied, variant }: Pick<StoredAnswer, "varied" | "variant">, whose: string): string =>
  variant.length <= longest && varied.every((name) => plain.includes(name)) ? variant : sealed(variant, whose);

/** How requests are compared with the answers of an entry; also older builds wrote variants as they are. */
export function sealIn(whose: string): (text: string) => Pick<StoredAnswer, "seal"> {
  // All answers of an entry are compared with the same request.
  let last = "";
  let digest = "";
  const seal = (variant: string): string => {
    if (variant !== last) [last, digest] = [variant, sealed(variant, whose)];
    return digest;
  };
  return (text) => (text.startsWith("#") && !text.endsWith("\n") ? { seal } : {});
}
