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
  "^/[\\x21-\\x7E]*$": "a path that begins with `/` and has no spaces, as in `/healthz`",
  "^/[\\x21-\\x3A\\x3C-\\x7E]*$": "a path that begins with `/` and has neither spaces nor `;`, as in `/shop`",
  "^(/.*|asSent)$": "a path that begins with `/`, or `asSent`",
  "^https?://[^/?#@]+$": "a scheme and a host without a path, as in `https://api.example.com`",
  "^spiffe://": "a SPIFFE ID, as in `spiffe://example.org/orders`",
  "^sha256/[A-Za-z0-9+/]{43}=$":
    "the SHA-256 of a public key in Base64, as in `sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=`",
  "^[2-5]xx$": "a status, as in `503`, or a class of them: `2xx`, `3xx`, `4xx` or `5xx`",
  "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$": "the name of a header field: letters, digits, `-` and the like, no spaces",
  "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$": "the name of a header field: letters, digits, `-` and the like, no spaces",
  "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$": "a scope: printable ASCII without spaces, quotes and backslashes, as in `orders:read`",
  "^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$": "a scope: printable ASCII without spaces, quotes and backslashes, as in `orders:read`",
  "^[A-Za-z0-9-]+$": "the name of a header field: letters, digits and `-`",
  "^[A-Za-z]([A-Za-z0-9_]{0,30}[A-Za-z0-9])?$":
    "at most 32 letters, digits and `_`, a letter first and no `_` last, as in `acme`",
  "^[A-Za-z0-9][A-Za-z0-9._@/-]*$": "letters, digits, `.`, `_`, `@`, `/` and `-`, a letter or digit first",
  "^[A-Za-z0-9][A-Za-z0-9-]*$": "letters, digits and `-`, a letter or digit first",
  "^[A-Za-z][A-Za-z0-9._-]{0,63}$": "at most 64 letters, digits, `.`, `_` and `-`, a letter first, as in `checkout-2`",
  "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$": "the name of a cookie: at most 100 letters, digits, `-` and the like, no spaces",
  "^[A-Za-z0-9._-]+$": "letters, digits, `.`, `_` and `-`",
  "^[A-Za-z0-9_.]*$": "letters, digits, `_` and `.`",
  "^[A-Za-z0-9_.:/-]+$": "letters, digits, `_`, `.`, `:`, `/` and `-`, as in `shop:`",
  "^[a-z0-9][a-z0-9!#$&^_.+-]*/(\\*|\\*\\+[a-z0-9.-]+|[a-z0-9][a-z0-9!#$&^_.+-]*)$":
    "a media type in lower case, or several at once, as in `application/json`, `text/*` or `application/*+json`",
  "^[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*\\.?$": "a name of DNS, as in `orders.internal` or `_http._tcp.orders.internal`",
  "^/[\\x21\\x24-\\x3E\\x40-\\x7E]*$": 'a path that begins with `/`, without spaces, `"`, `#` and `?`, as in `/orders`',
};
