// The readers of untrusted text in runtime/, each as a function of one text, and what else the same folders export.
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";

/** Folders of which every module has to be listed here, and single modules beside them. */
const folders = [
  "body",
  "parameters",
  "validation",
  "validation/formats",
  "expressions",
  "routing",
  "identity/jose",
  "policies/tracing/propagation",
  "policies/access-log/values",
];

const reference = { scalar: 16 };
const anything = { scalar: 31, items: { scalar: 31 }, properties: { a: { scalar: 31 } }, additional: reference };
const media = { type: "text", subtype: "plain", parameters: [] };
const limits = { maxFields: 1_000_000, maxDepth: 100, maxParts: 1_000_000, maxHeadBytes: 1_000_000, maxPartBytes: 1_000_000 };
const deepField = { as: "deep", shape: anything };
const form = { fields: { a: deepField, b: { as: "comma", shape: anything }, c: { as: "json", shape: anything } }, ...limits };
const part = { as: "text", shape: reference, mediaTypes: [], maxBytes: 1_000_000, headers: [] };
const bytes = (text) => Buffer.from(text);
/** A frame of zstd, with blocks that have nothing in them. */
const frameOf = (blocks) => Buffer.concat([Buffer.from("28b52ffd0058", "hex"), Buffer.alloc(blocks * 3)]);
/** A body as it comes: sixteen times a longer begin of it. */
const inPieces = (body, look) => {
  for (let piece = 1; piece <= 16; piece++) look(body.subarray(0, Math.ceil((body.length * piece) / 16)));
};
/** A list of fields, each of which has this value. */
const fieldsOf = (text) => ({ get: () => text, single: () => text, all: () => [text], has: () => true });
const exchange = (query, headers) => ({ query, headers, path: query, operation: { segments: [] } });

/** What only looks at numbers, settled values or what the compiler made, or makes answers. */
const others = {
  "validation/formats/bidi": "labels of names of at most 253 characters: isIdnHostname",
  "body/body-format": "types",
  "policies/access-log/values/replace-spans": "places that the redactors found",
  "body/refuse-malformed": "makes an answer",
  "body/malformed": "makes a result",
  "body/content-selector": "parseMediaType, and a look at what is declared",
  "body/content-coding": "a list of names and node:zlib, whose output is bounded",
  "body/byte-collector": "copies what came; runtime/body bounds it",
  "body/hold": "counts bytes",
  "identity/jose/scratch": "room of a length, and no text",
  "identity/jose/header-memory": "compares with one text that is kept",
  "body/answer-content": "body/content-coding and parseJson, once for all who ask",
  "body/answer-value": "parseJson of bounded bytes, and body/event-stream-reader",
  "policies/tracing/propagation/remote-context": "types, and a choice of two words",
  "parameters/report": "tells what is wrong",
  "parameters/unknown-query": "tells what is wrong",
  "validation/report": "tells what is wrong",
  "validation/kind-at": "follows pointers into settled values, as many as there are violations",
  "validation/violations": "tells what is wrong",
  "validation/circles": "test/unit/schemas/cost.test.ts",
  "validation/run": "test/unit/schemas/cost.test.ts",
  "validation/linear-pattern": "test/unit/schemas/patterns.test.ts",
  "validation/formats/digits": "as many digits as asked for",
  "validation/formats/float": "numbers",
  "validation/formats/integer": "numbers",
  "expressions/applies": "calls an expression",
  "expressions/holds": "calls an expression",
  "expressions/value-of": "calls an expression",
  "expressions/box": "settled values",
  "expressions/json-of": "settled values",
  "expressions/calendar": "timestamps",
  "expressions/dynamic-convert": "chooses among the functions of convert, duration and timestamp",
  "expressions/dynamic": "chooses among the functions of other modules",
  "expressions/error": "no text",
  "expressions/int": "numbers",
  "expressions/uint": "numbers",
  "expressions/narrow": "types of settled values",
  "expressions/read": "types of settled values",
  "expressions/types": "types of settled values",
  "expressions/value": "no text",
  "routing/accept-version": "parseMediaType",
  "identity/jose/algorithms": "names of algorithms, and kinds of keys",
  "identity/jose/proof-keys": "thumbprints, which have 43 characters",
};

/** By module: by export, what is done with one text. Exports of the same module that are left out look at no text of their own. */
const readers = {
  "body/json-ways": {
    MemberNames: (Names) => {
      const names = new Names(["*a*a*b", "token"]);
      return (text) => names.has(text);
    },
  },
  "body/accept-encoding": { chooseCoding: (choose) => (text) => choose(text, ["br", "gzip"]) },
  "body/accept": { isAcceptable: (read) => (text) => read(text, [{ type: "text", subtype: "plain", parameters: [] }]) },
  "body/accept-quality": {
    readAccept: (read) => (text) => read(text),
    qualityOf: (read) => (text) => read({ ...media, subtype: text }, [{ range: { ...media, subtype: text }, quality: 1 }]),
  },
  "body/binary-body": { createBinaryBody: (make) => (text) => make().read(bytes(text), media) },
  "body/by-type-body": {
    createByTypeBody: (make) => {
      const body = make({ scalar: 31, maxDepth: 100, exactIntegers: true });
      return (text) => body.read(bytes(text), { ...media, subtype: "json" });
    },
  },
  "body/charset": {
    decodeText: (read) => (text) => read(bytes(text), media),
    isKnownCharset: (read) => read,
    wrongCharset: (read) => (text) => read({ ...media, parameters: ["charset", text] }),
  },
  "body/event-stream-reader": {
    EventStreamReader: (Reader) => (text) => {
      const reader = new Reader([["usage", "total"]]);
      const stream = bytes(`data: ${text}\n${text}\n\n`);
      reader.add(stream, 0, stream.length);
      reader.last();
      for (let at = 0; at < stream.length; at++) reader.add(stream, at, at + 1);
      return reader.last();
    },
  },
  "body/form-body": {
    createFormBody: (make) => {
      const body = make(form);
      return (text) => body.read(bytes(text), media);
    },
  },
  "body/form-fields": {
    deepValue: (read) => (text) =>
      read(
        text.split("&").flatMap((pair) => [pair, pair]),
        anything,
        2,
      ),
    delimitedValue: (read) => (text) => ["comma", "space", "pipe"].map((as) => read(text, as, anything, 2)),
    fieldValue: (read) => (text) => read(text, anything, 2),
    looksLikeJson: (read) => read,
    styledValue: (read) => (text) => ["comma", "deep"].map((as) => read({ as, shape: anything }, text, ["[a]", text], 2)),
  },
  "body/json-body": {
    createJsonBody: (make) => {
      const body = make({ maxDepth: 100, exactIntegers: true });
      return (text) => body.read(bytes(text), media);
    },
  },
  "body/json": {
    parseJson: (read) => (text) => read(bytes(text)),
    JsonReader: (Reader) => (text) => new Reader({ exactIntegers: true }).parse(bytes(text)),
  },
  "body/json-type": {
    isJson: (read) => (text) => [read(text), read(`application/${text}`)],
    mediaTypeOf: (read) => (text) => read({ get: () => text }),
    notJson: (read) => (text) => [read({ single: () => text }), read({ single: () => `application/json;${text}` })],
  },
  "body/json-scan": { JsonScan: (Scan) => (text) => new Scan(100).isPlain(bytes(text)) },
  "body/json-strict": { parseStrictly: (read) => (text) => read(text, 100, true) },
  "body/json-tally": { isWhole: (read) => (text) => read(bytes(text), text, 100) },
  "body/zstd": {
    isWholeFrames: (read) => (text) => [read(bytes(text)), read(frameOf(text.length))],
    zstdCoding: (make) => (text) => make()?.name === text,
  },
  "caching/directives": {
    readDirectives: (read) => (text) => [read(text), read(`a="${text}"`)],
    fieldsOf: (read) => (text) => read(new Map([["private", text]]), "private"),
    members: (read) => read,
  },
  "caching/freshness": { freshnessOf: (read) => (text) => read(fieldsOf(text), { directives: new Map(), expires: text }, 0, 0) },
  "caching/targets": { readDictionary: (read) => (text) => read(text) },
  "caching/http-date": { httpDate: (read) => (text) => read(text, 0) },
  "caching/preconditions": {
    isNotModified: (read) => (text) => read(fieldsOf(text), fieldsOf(text), 0),
    partAsked: (read) => (text) => read(fieldsOf(text), fieldsOf(text), 100, 0),
  },
  "caching/negotiation": {
    createNegotiation: (make) => {
      const negotiation = make({ types: ["application/json", "text/csv;header=present"], languages: ["en", "de-CH"] });
      return (text) => ["accept", "accept-language"].map((name) => negotiation.settled(name, text));
    },
  },
  "caching/vary": {
    acceptedCodings: (read) => read,
    variedBy: (read) => (text) => read(fieldsOf(text)),
    variantOf: (read) => (text) => read(fieldsOf(text), ["accept", "x"], null),
  },
  "policies/cache/keyed-query": { keyedQuery: (read) => (text) => read(text, ["a"]) },
  "body/media-type": {
    parseMediaType: (read) => read,
    formatRange: (write) => (text) => write({ ...media, parameters: ["a", text] }),
    isWithin: (read) => (text) => read({ ...media, subtype: text }, { ...media, subtype: "*+json" }),
    parameterOf: (read) => (text) => read({ ...media, parameters: [text, text] }, "a"),
  },
  "body/multipart-body": {
    createMultipartBody: (make) => {
      const body = make({ fields: { a: part }, ...limits, maxViolations: 20 });
      return (text) => body.read(bytes(text), { type: "multipart", subtype: "form-data", parameters: ["boundary", "b"] });
    },
  },
  "body/multipart-parts": {
    parseHead: (read) => (text) => [read(bytes(text)), read(bytes(`Content-Disposition: form-data; ${text}`))],
    isBoundary: (read) => read,
  },
  "body/multipart-reader": {
    MultipartReader: (Reader) => (text) => {
      const reader = new Reader("b", limits, { streams: ({ name }) => name === "a1", add: () => undefined });
      inPieces(bytes(text), (held) => reader.look(held));
      return reader.end(bytes(text));
    },
  },
  "body/streamed-form": {
    createStreamedForm: (make) => {
      const body = make({ fields: { a: part }, files: [], ...limits, maxViolations: 20 });
      const type = { type: "multipart", subtype: "form-data", parameters: ["boundary", "b"] };
      return (text) => {
        const screen = body.screen(type, { isValid: () => true, refuse: () => true });
        inPieces(bytes(text), (held) => screen.look(held) && screen.passable);
        return screen.end(bytes(text));
      };
    },
  },
  "body/styled-parts": {
    createStyledParts: (make) => {
      const fields = { a: { as: "comma", shape: anything }, b: { as: "deep", shape: anything } };
      const parts = make({ fields });
      return (text) => {
        const form = parts.begin();
        for (const name of ["a", `b[${text}]`]) form.add({ name, bytes: bytes(text), media }, 1e9);
        return [parts.ownerOf(text), form.addTo([])];
      };
    },
  },
  "body/text-body": {
    createTextBody: (make) => (text) => make({ scalar: 31 }).read(bytes(text), media),
  },
  "parameters/decode": {
    decode: (read) => (text) => [read(text, 1), read(text, 2)],
    nameEnd: (read) => (text) => read(text, 0, 0x26),
    pairEnd: (read) => (text) => read(text, 0, "&"),
    escapedName: (read) => (text) => read(text, 0, text.length),
  },
  "parameters/deep-object": {
    readDeep: (read) => (text) =>
      read(
        text.split("&").flatMap((pair) => [pair, pair]),
        anything,
        2,
        null,
      ),
  },
  "parameters/fields": { cookieStart: (read) => (text) => read(text, 0) },
  "parameters/json-content": { readJson: (read) => (text) => read(text, 2, null) },
  "parameters/lists": {
    readList: (read) => (text) => read(text.split(","), 31, 2, null),
    readObject:
      (read, { inTurn }) =>
      (text) =>
        read(inTurn(text.split(","), null), anything, 2, null),
    named: (read) => (text) => read(text.split("&"), true, null),
    inTurn: (read) => (text) => read(text.split(","), null),
  },
  "parameters/problems": {
    ParameterProblems: (Problems) => (text) => {
      const problems = new Problems(20);
      for (const name of text.split("&")) problems.of("query", name).add("unknown", "is not a parameter of this operation");
      return problems.list;
    },
  },
  "parameters/scalars": {
    readScalar: (read) => (text) => [1, 2, 4, 8, 16, 31].map((types) => read(text, types, 2, null)),
    readInteger: (read) => read,
    readNumber: (read) => read,
  },
  "parameters/styles": {
    matrixText: (read) => (text) => read(text, "a", null),
    matrixList: (read) => (text) => read(text, "a", null),
    matrixParts: (read) => (text) => read(text, null),
    labelText: (read) => (text) => read(text, null),
    splitLabel: (read) => read,
    splitSpaces: (read) => read,
    splitPipes: (read) => read,
    fieldItems: (read) => read,
    segmentEnd: (read) => (text) => read(text, 0),
    beginOfEnd: (read) => (text) => read(text, [".json", text.slice(1)]),
    endOfBegin: (read) => (text) => read(text, ["a.", text.slice(0, -1)]),
  },
  "validation/values": {
    isShorter: (read) => (text) => read(text, text.length - 1),
    isLonger: (read) => (text) => read(text, text.length - 1),
    areUnique: (read) => (text) => read(text.split(",").map((item) => [item, { item }])),
    isEqual: (read) => (text) => read(text.split(","), text.split(",")),
    isAmong: (read) => (text) => read([["a"], text.split(",")], text.split(",")),
    countProperties: (read) => (text) => read({ ...text.split(",") }),
    isMultipleOf: (read) => (text) => read(text.length, 0.5),
  },
  "expressions/convert": {
    boolFromString: (read) => read,
    intFromString: (read) => read,
    uintFromString: (read) => read,
    doubleFromString: (read) => read,
  },
  "http/forwarded-certificate": { certOfXfcc: (read) => read },
  "exporters/otlp/partial-success": {
    partialSuccess: (read) => (text) => {
      read(bytes(text), "application/json");
      read(bytes(text), "application/x-protobuf");
    },
  },
  "policies/tracing/fields": {
    withholdTraceFields: (read) => (text) => {
      const places = [...text].flatMap((_, at) => (at % 4 === 0 ? [at, Math.min(at + 11, text.length), at, at, 0] : []));
      return read({ text, places, ownPlaces: () => places });
    },
  },
  "policies/tracing/propagation/b3": {
    readB3: (read) => read,
    readB3Fields: (read) => (text) => [read({ traceId: text, spanId: text }), read({ sampled: text, flags: text })],
  },
  "policies/tracing/propagation/baggage": {
    filterBaggage: (read) => (text) => [read([text], ["a"]), read([text, text], ["a", text])],
  },
  "policies/tracing/propagation/hex": {
    isLowerHex: (read) => (text) => read(text, 0, text.length),
    isZero: (read) => read,
  },
  "policies/tracing/propagation/traceparent": { readTraceparent: (read) => read },
  "policies/tracing/propagation/tracestate": {
    combineTracestate: (read) => (text) => [read([text]), read(text.split(","))],
    trimmed: (read) => (text) => read(text, 0, text.length),
  },
  "policies/tracing/propagation/uber-trace-id": { readUberTraceId: (read) => read },
  "policies/access-log/values/card-numbers": { redactCardNumbers: (read) => read },
  "policies/access-log/values/emails": { redactEmails: (read) => read },
  "policies/access-log/values/ibans": { redactIbans: (read) => read },
  "policies/access-log/values/jwts": { redactJwts: (read) => read },
  "policies/tracing/redact-query": { redactQuery: (read) => (text) => [read(text, ["a", "sig"]), read(`${text}=`, [text])] },
  "identity/mtls/x509/pem": { pemBlocks: (read) => (text) => read(text, /^CERTIFICATE$/) },
  "expressions/duration": { durationFromString: (read) => read },
  "expressions/timestamp": { timestampFromString: (read) => read },
  "expressions/equals": { equals: (read) => (text) => read(text.split(","), text.split(",")) },
  "expressions/list": { includes: (read) => (text) => read(text.split(","), "a") },
  "expressions/map": { mapOf: (make) => (text) => make(...new Set(text.split(",").flatMap((key) => [key, key]))) },
  "expressions/text": {
    sizeOfString: (read) => read,
    compareStrings: (read) => (text) => read(text, `${text}b`),
    bytesFromString: (read) => read,
    stringFromBytes: (read) => (text) => read(bytes(text)),
    addBytes: (read) => (text) => read(bytes(text), bytes(text)),
    compareBytes: (read) => (text) => read(bytes(text), bytes(text)),
  },
  "expressions/query-parameter": {
    QueryParameter: (Parameter) => {
      const all = ["repeated", ",", "|", " ", undefined].map((list) => new Parameter({ name: "a", types: 31, list }));
      return (text) => all.map((parameter) => parameter.of(exchange(text)));
    },
  },
  "expressions/header-parameter": {
    HeaderParameter: (Parameter, _, { HeaderList }) => {
      const parameter = new Parameter({ name: "a", types: 31, list: "," });
      return (text) => parameter.of(exchange("", new HeaderList(["A", text])));
    },
  },
  "expressions/path-parameter": {},
  "expressions/rest-parameter": {},
  "expressions/split-parameter": {},
  "expressions/request": {
    queryMap: (read) => read,
    headerMap:
      (read, _, { HeaderList }) =>
      (text) =>
        read(new HeaderList(text.split("&").flatMap((pair) => [pair, pair]))),
  },
  "routing/host": { isUnder: (read) => (text) => read(text, ".example.com") },
  "routing/query-value": { queryValue: (read) => (text) => read(text, "a") },
  "routing/trailing-slash": {},
  "routing/versions": {
    createVersionJudge: (make, _, { HeaderList }) => {
      const apis = [
        { by: "query", name: "v", versions: ["1", "2"] },
        { by: "mediaType", name: "v", versions: ["1", "2"] },
        { by: "header", name: "v", versions: ["1", "2"] },
      ];
      const judge = make(
        ({ query }) => (query.endsWith("1") ? {} : null),
        ({ query }) => query.slice(-1),
        apis,
      );
      return (text) => {
        const headers = new HeaderList(["Accept", text, "V", text, ...text.split("&").flatMap((pair) => ["A", pair])]);
        for (const status of [404, 405])
          judge({ path: "/", query: text, method: "GET", headers, requestId: "", answer: { status, headers: new HeaderList() } });
      };
    },
  },
  "routing/preflight-search": {
    createPreflightSearch: (make, _, { HeaderList }) => {
      const search = make(() => null, [["a", "1"]]);
      return (text) => search({ headers: new HeaderList(["Access-Control-Request-Headers", `${text},a`]) }, "GET");
    },
  },
  "identity/basic/credentials": {
    readCredentials: (read) => (text) => [read(text), read(`Basic ${text}`), read(`Basic ${" ".repeat(text.length)}${text}`)],
  },
  "identity/jose/base64url": { base64urlBytes: (read) => read },
  "identity/jose/confirmation": { readConfirmation: (read) => (text) => read({ cnf: { jkt: text, "x5t#S256": text } }) },
  "identity/jose/json-object": { jsonObject: (read) => (text) => read(bytes(text)) },
  "identity/jose/judge-binding": {
    judgeBinding: (judge, _, { HeaderList }) => {
      const rules = { algorithms: ["ES256"], required: true, seen: { admit: () => "new" }, parameters: "" };
      const claims = { cnf: { jkt: "a".repeat(43) } };
      return (text) => {
        const x = { headers: new HeaderList(["DPoP", text]), method: "GET", peer: {}, authority: "a", sentTarget: "/" };
        judge(claims, { token: text, as: "dpop" }, x, rules, 0);
      };
    },
  },
  "identity/jose/judge-claims": {
    judgeClaims: (judge) => (text) => {
      const rules = { issuer: text, audience: [text], leeway: 0, requireExp: true, types: [""] };
      judge({ header: {}, claims: { iss: text, sub: text, aud: [...text.split("&"), text], exp: 1 } }, rules, 0);
    },
  },
  "identity/jose/judge-proof": {
    judgeProof: (judge, _, { HeaderList }) => {
      const jwk = { crv: "Ed25519", kty: "OKP", x: "A".repeat(43) };
      const thumbprint = createHash("sha256").update(JSON.stringify(jwk)).digest("base64url");
      const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
      return (text) => {
        const header = part({ alg: "ES256", typ: "dpop+jwt", jwk: { ...jwk, kid: text } });
        const claims = part({ jti: text, htm: "GET", htu: text });
        const x = {
          headers: new HeaderList(["DPoP", `${header}.${claims}.AAAA`]),
          method: "GET",
          peer: {},
          authority: "a",
          sentTarget: text,
        };
        judge(x, text, thumbprint, { algorithms: ["ES256"] }, 0);
      };
    },
  },
  "identity/jose/key-set": {
    readKeySet: (read) => (text) =>
      read({ keys: text.split("&").map((one) => ({ kty: "RSA", kid: text, n: one, e: "AQAB" })) }, ["RS256"]),
    fittingKeys: (find) => (text) => find([{ kid: text, algorithms: ["RS256"] }], { kid: `${text}a`, alg: "RS256" }),
  },
  "identity/jose/proof-nonces": {
    createProofNonces: (make) => {
      const nonces = make(new Uint8Array(32));
      return (text) => nonces.accepts(text, 0);
    },
  },
  "identity/jose/proof-url": {
    isUrlOf: (isUrl) => {
      const x = (text) => ({ peer: { secure: true }, authority: "a", sentTarget: `/${text}` });
      return (text) => [isUrl(`https://a/${text}`, x(text)), isUrl(text, x(text)), isUrl(`https://${text}`, x(text))];
    },
  },
  "identity/jose/read-jws": { readJws: (read) => (text) => [read(text), read(`${text}.${text}.${text}`)] },
  "identity/jose/read-key": {
    readKey: (read) => (text) => [
      read({ kty: "RSA", n: text, e: "AQAB" }, ["RS256"]),
      read({ kty: "EC", crv: "P-256", x: text, y: text }, ["ES256"]),
    ],
    readSecret: (read) => (text) => read(text, ["HS256"]),
  },
  "identity/jose/read-token": {
    readToken: (read) => {
      const part = (text) => Buffer.from(text).toString("base64url");
      const header = part('{"alg":"RS256"}');
      return (text) => [
        read(`${part(text)}.${part(text)}.AAAA`),
        read(`${header}.${part(text)}.AAAA`),
        read(`${header}.${text}.AAAA`),
      ];
    },
  },
  "identity/jose/roca": { isRoca: (is) => (text) => is(bytes(text)) },
  "identity/jose/seen-proofs": {
    createSeenProofs: (make) => {
      const seen = make(1);
      return (text) => seen.admit(text, 0);
    },
  },
  "identity/jose/shared-proofs": { createSharedProofs: (make) => (text) => make().admit(text, 0) },
  "identity/jose/thumbprint": {
    thumbprint: (print) => (text) => print({ kty: "RSA", n: text, e: text }),
    sha256: (hash) => hash,
  },
  "identity/jose/token-type": { typeFlaw: (judge) => (text) => judge({ header: { typ: text }, claims: { typ: text } }, [text]) },
  "identity/jose/verify-signature": {
    isSignedBy: (is) => (text) => is({ header: { alg: text }, signed: text, signature: bytes(text) }, { algorithms: ["RS256"] }),
  },
  "http/path": { normalisePath: (read) => (text) => read(`/${text}`), isQuery: (read) => read },
  "paths/sent-path": { sentPath: (read) => (text) => [read(`/${text}`), read(`http://${text}`)] },
  "http/as-sent": {
    createAsSentReader: (make, _, { HeaderList }) => {
      const read = make(() => ({ index: 0 }), { operations: [{ index: 0, strip: 0 }], guards: [0] });
      const head = { method: "GET", minor: 1, hosts: 1, host: "a", headers: new HeaderList() };
      return (text) => read({ ...head, target: `/${text}//` }, {});
    },
  },
  "http/target": {
    parseTarget: (read) => (text) => [read(`/${text}`, "GET"), read(`http://${text}`, "GET")],
    parseHost: (read) => (text) => [read(text), read(`[${text}`)],
  },
  "http/peer": {
    createPeerResolver: (make, _, { HeaderList }) => {
      const blocks = ["0.0.0.0/0", "::/0"];
      const [resolver, standard] = [make(blocks), make(blocks, "forwarded")];
      const peer = { ip: "10.0.0.1", port: 1 };
      return (text) => [
        resolver.behind(peer, new HeaderList(["X-Forwarded-For", text])),
        resolver.behind(peer, new HeaderList(["X-Forwarded-For", text, "X-Forwarded-Proto", text])),
        standard.behind(peer, new HeaderList(["Forwarded", text])),
        standard.behind(peer, new HeaderList(["Forwarded", `for=${text}`])),
      ];
    },
  },
  "http/forwarded": { forwardedElements: (read) => (text) => [read(text), read(`for="${text}`), read(`a=${text},`.repeat(2))] },
  "addresses/ip-text": { ipText: (read) => read },
  "addresses/parse-ip": { parseIp: (read) => (text) => read(text, new Uint32Array(4)) },
  "fields/retry-after": { retryAfter: (read) => read },
  "policies/ip-filter/list-text": {
    blocksOf: (read) => (text) => [read(`10.0.0.0/8\n${text}\n#${text}`), read(JSON.stringify([text, text]))],
  },
  "fields/field-value": { fieldValueOf: (read) => read },
  "fields/vary": {
    addVary:
      (add, _, { HeaderList }) =>
      (text) =>
        add(new HeaderList(["Vary", text]), "Accept"),
  },
  "http1/request-head": {
    RequestHeadReader: (Reader) => (text) => {
      const head = bytes(
        `GET /${text.replaceAll(/[\r\n ]/g, "")} HTTP/1.1\r\nHost: a\r\nConnection: ${text}\r\nA: ${text}\r\n\r\n`,
      );
      return new Reader({ headBytes: 1_000_000, fieldLines: 100 }).read(head, 0, head.length);
    },
  },
  "http1/response-head": {
    ResponseHeadReader: (Reader) => (text) => {
      const head = bytes(`HTTP/1.1 200 ${text}\r\nConnection: ${text}\r\nA: ${text}\r\n\r\n`);
      return new Reader({ headBytes: 1_000_000, fieldLines: 100 }).read(head, 0, head.length);
    },
  },
  "http1/chunked-body": {
    ChunkedBody: (Body) => (text) => {
      const chunks = bytes(`1\r\n${text}`);
      return new Body({ onData: () => {}, onEnd: () => {} }).read(chunks, 0, chunks.length);
    },
    trailersOf: (read) => (text) => read(bytes(`A: ${text}\r\n${text}`)),
  },
  "admin/own-site": { isOwnHost: (isOwn) => (text) => isOwn(`${text}:1`, { names: ["a"] }) },
  "admin/access": {
    createAdminAccess: (make) => {
      const access = make({
        reads: "open",
        keys: [{ name: "a", key: "0123456789abcdef" }],
        certificates: [{ name: "b", dns: "b" }],
      });
      return (text) => [
        access.caller({ authorization: [`Bearer ${text}`], certificate: undefined }),
        access.caller({ authorization: [], certificate: { subjectAltName: `DNS:${text}, URI:"${text}` } }),
      ];
    },
  },
  "admin/route-table": {
    RouteTable: (Table) => {
      const table = new Table([{ method: "GET", path: "/a/{b}/c" }]);
      return (text) => table.find(`/a/${text}/${text}`);
    },
  },
  "upstream/health/dependencies": {
    readDependencies: (read) => (text) => {
      const head = { headers: { get: () => "application/json" } };
      return [text, `{"checks":[${text}]}`, JSON.stringify({ checks: { [text]: { status: text } } })].map((body) =>
        read({ head, body: bytes(body) }),
      );
    },
  },
  "grpc/timeout": { parseGrpcTimeout: (read) => (text) => [read(text), read(`1${text}S`)] },
  "grpc/status": { readGrpcStatus: (read) => (text) => read(text) },
  "upstream/remaining-time": {
    createRemainingTime: (make, _, { HeaderList }) => {
      const time = make({ field: { name: "X-Time-Left", unit: "ms" } });
      return (text) =>
        time.write(`\r\nX-Time-Left: ${text}\r\nX-Time${text}: 1\r\n`, { deadline: 9 }, 9, { headers: new HeaderList([]) });
    },
  },
  "listener/proxy-protocol": { readProxyHeader: (read) => (text) => read(bytes(`PROXY TCP4 ${text}\r\n`)) },
};

/** Formats take a text and say whether it is one. */
function formatReaders(module) {
  return Object.entries(module).filter(([, value]) => typeof value === "function");
}

/** Every reader by name; throws where a module of the folders is neither listed nor explained. */
export async function allReaders(runtime) {
  const found = new Map();
  const unknown = [];
  const load = (path) => import(`${runtime}/${path}.js`);
  const shared = await load("fields/header-list");
  for (const folder of folders) {
    for (const file of readdirSync(new URL(`../../../runtime/${folder}/`, import.meta.url))
      .filter((name) => name.endsWith(".ts"))
      .sort()) {
      const path = `${folder}/${file.slice(0, -3)}`;
      if (path in others || path in readers) continue;
      if (folder !== "validation/formats") unknown.push(path);
      else for (const [name, read] of formatReaders(await load(path))) found.set(`${path} ${name}`, (text) => read(text, 0));
    }
  }
  for (const path of Object.keys(readers)) {
    const module = await load(path);
    for (const [name, make] of Object.entries(readers[path])) {
      if (module[name] === undefined) unknown.push(`${path} ${name}`);
      else found.set(`${path} ${name}`, make(module[name], module, shared));
    }
  }
  return { readers: found, unknown };
}
