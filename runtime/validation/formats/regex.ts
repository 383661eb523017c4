/** ECMA-262, with the grammar for the `u` flag. Only compiled, never tried on text. */
export function isRegularExpression(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}
