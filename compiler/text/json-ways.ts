/** Which parts of JSON values are meant. */
export interface JsonWays {
  /** Names and indices that lead to a value, `*` for any. */
  readonly pointers: readonly (readonly string[])[];
  /** Names of members wherever they are, in lower case; `*` stands for any characters. */
  readonly names: readonly string[];
}

/** Reads JSON pointers (RFC 6901), in which `*` is any name or index, and names of members. */
export const jsonWays = (texts: readonly string[]): JsonWays => ({
  pointers: texts.filter(isPointer).map((text) =>
    text
      .slice(1)
      .split("/")
      // §4.
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~")),
  ),
  names: texts.filter((text) => !isPointer(text)).map((name) => name.toLowerCase()),
});

const isPointer = (text: string): boolean => text.startsWith("/");
