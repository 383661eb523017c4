/** Bytes of a key set at most; those of large providers have ten thousand. */
export const longestKeySet = 1024 * 1024;

/** Throws where it is not JSON, with the reason as the end of a sentence. */
export function parsedKeySet(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The message of the parser quotes the text.
    throw new Error(text.trimStart().startsWith("<") ? "it is HTML or XML, not JSON" : "it is not JSON, or only a part of it");
  }
}
