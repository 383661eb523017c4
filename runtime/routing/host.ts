/** Whether the host lies under a suffix that starts with a dot, with at least one label before it. */
export function isUnder(host: string, suffix: string): boolean {
  return host.length > suffix.length && host.endsWith(suffix);
}
