/** The path of a request target as it was sent: of the origin form, or of the absolute form (RFC 9112 §3.2). */
export function sentPath(target: string): string {
  const start = target.charCodeAt(0) === 0x2f ? 0 : afterAuthority(target);
  const mark = target.indexOf("?", start);
  const path = mark < 0 ? target.slice(start) : target.slice(start, mark);
  return path === "" ? "/" : path;
}

function afterAuthority(target: string): number {
  const begin = target.indexOf("//") + 2;
  const length = target.slice(begin).search(/[/?]/);
  return length < 0 ? target.length : begin + length;
}
