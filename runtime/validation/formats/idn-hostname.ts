import { obeysBidi } from "./bidi.ts";
import { isHostname } from "./hostname.ts";
import { isIdnLabel } from "./idn-label.ts";
import { decodePunycode } from "./punycode.ts";

/** RFC 5890 §2.3.2.3. The full stops of other scripts separate labels too (RFC 3490 §3.1). */
export function isIdnHostname(text: string): boolean {
  if (text.length > 253) return false;
  const labels = text.split(separator);
  const isValid = labels.every((label) => {
    if (ascii.test(label)) return isHostname(label);
    // An A-label of the text must fit, and every character takes one of its 59 digits at least.
    return label.length <= 59 && isIdnLabel(label);
  });
  return isValid && obeysBidi(labels.map(decoded));
}

const decoded = (label: string): string => (label.startsWith("xn--") ? (decodePunycode(label.slice(4)) ?? label) : label);

const separator = /[.\u3002\uff0e\uff61]/;
const ascii = /^[\u0000-\u007f]*$/;
