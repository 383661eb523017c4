/** Why an entry of a registry is of no use. */
export class Unusable extends Error {
  override readonly name = "Unusable";
}
