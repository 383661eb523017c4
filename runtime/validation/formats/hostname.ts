import { isIdnLabel } from "./idn-label.ts";
import { decodePunycode } from "./punycode.ts";

/** RFC 1123 §2.1; labels that begin with `xn--` must be A-labels (RFC 5890 §2.3.2.1). */
export function isHostname(text: string): boolean {
  if (text.length > 253 || !shape.test(text)) return false;
  // Two hyphens in the third and fourth place are for A-labels only (RFC 5891 §4.2.3.1).
  if (!reserved.test(text)) return true;
  return text.split(".").every((label) => label.slice(2, 4) !== "--" || isALabel(label));
}

function isALabel(label: string): boolean {
  if (label.slice(0, 4).toLowerCase() !== "xn--") return false;
  const decoded = decodePunycode(label.slice(4).toLowerCase());
  return decoded !== undefined && isIdnLabel(decoded) && /[^\u0000-\u007f]/.test(decoded);
}

const shape = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const reserved = /(?:^|\.)..--/;
