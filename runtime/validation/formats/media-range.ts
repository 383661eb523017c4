/** `media-range` of RFC 9110 §12.5.1, with parameters. */
export const isMediaRange = (text: string): boolean => shape.test(text);

const shape =
  /^(?:\*\/\*|[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\]|\\.)*"))*$/;
