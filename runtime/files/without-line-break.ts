/** Editors and `echo` end a file with a line break that is not part of what it holds. */
export const withoutLineBreak = (text: string): string =>
  text.endsWith("\r\n") ? text.slice(0, -2) : text.endsWith("\n") ? text.slice(0, -1) : text;
