const zero = 48;
const nine = 57;
const dot = 46;
const colon = 58;

/** `255.255.255.255:65535`. */
const longest = 21;

/**
 * Whether it is an IPv4 address with a port (`10.0.0.7:8080`) written as URLs have it: no number with zeros in front, and none of the
 * ports that URLs leave out.
 */
export function plainAddress(text: string): boolean {
  if (text.length > longest) return false;
  let octets = 0;
  let number = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= zero && code <= nine) {
      // What begins with a zero goes on with none.
      if (digits > 0 && number === 0) return false;
      number = number * 10 + code - zero;
      digits++;
      continue;
    }
    if (digits === 0 || number > 255 || code !== (octets === 3 ? colon : dot)) return false;
    octets++;
    number = 0;
    digits = 0;
  }
  return octets === 4 && number > 0 && number < 65_536 && number !== 80 && number !== 443;
}
