/**
 * Who is named in a URL, with the password: what stands between `//` and the `@` in front of the host (RFC 3986 §3.2.1). People write
 * passwords in it as they are, with `/`, `?` and `#`, which no URL has there: then all up to the last `@` is meant, unless what follows the
 * colon is a port.
 */
const ofUrl = /(\/\/)(?:[^\s/?#"'`<>]*|[^\s/?#@:"'`<>]*:(?!\d*(?:[/?#]|$))[^\n"'`<>]*)@/g;

/** The same of an address without a scheme: `user:password@host`. */
const ofAddress = /(^|[\s"'`=,([{])(?!(?:mailto|acct|sips?|xmpp):)[^\s"'`=,([{:@/]*:[^\s"'`@/]+@(?=[^\s@])/gi;

/** The text with every user of a URL replaced by `•••`: configuration that is wrong is shown to whoever reads the output of a build. */
export const withoutUsers = (text: string): string =>
  text.includes("@") ? text.replaceAll(ofUrl, "$1•••@").replaceAll(ofAddress, "$1•••@") : text;

/** The same in a line that is shown with places in it: each character is replaced by one. */
export const usersHidden = (line: string): string =>
  line.includes("@") ? line.replaceAll(ofUrl, hidden).replaceAll(ofAddress, hidden) : line;

const hidden = (found: string, front: string): string => `${front}${found.slice(front.length, -1).replaceAll(/\S/g, "•")}@`;
