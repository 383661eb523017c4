/**
 * What a pattern of our schemas asks for, as a sentence begins with "Write …". A regular expression is no help for who
 * has not written it.
 */
export const patternWords: Readonly<Record<string, string>> = {
  "^[a-z][a-z0-9-]*$": "lower-case letters, digits and `-`, a letter first, as in `my-shop`",
  "^[A-Za-z][A-Za-z0-9_-]*$": "letters, digits, `_` and `-`, a letter first, as in `orders`",
  "^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters, digits, `.`, `_` and `-`, a letter or digit first, as in `v1`",
  "^[A-Za-z0-9][A-Za-z0-9._@-]*$": "letters, digits, `.`, `_`, `@` and `-`, a letter or digit first, as in `acme`",
  "^[A-Za-z0-9][A-Za-z0-9._ /-]{0,63}$": "at most 64 letters, digits, `.`, `_`, `/`, `-` and spaces, a letter or digit first",
  "^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable: letters, digits and `_`, no digit first, as in `ACME_KEY`",
  "^0?[0-7]{3}$": "permissions in octal digits",
  "^[A-Za-z0-9!#$%&'*+.^_`|~-]+(/[A-Za-z0-9!#$%&'*+.^_`|~-]+)?$": "a protocol with or without its version, as in `websocket`",
  "^/": "a path that begins with `/`",
  "^\\$": "a JSONPath that begins with `$`, as in `$.paths`",
  "^1\\.[01]\\.\\d+$": "the version of the Overlay specification, as in `1.0.0`",
  "^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+([ ]*;[ -~]+)?$": "a media type, as in `application/json`",
};
