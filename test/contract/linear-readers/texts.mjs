// Texts that make readers go back: one piece again and again, in front of something that cannot follow it.

const units = [
  "a",
  "0",
  " ",
  "\t",
  '"',
  "\\",
  ",",
  ";",
  "=",
  "&",
  "%",
  "+",
  "[",
  "]",
  "{",
  "}",
  "(",
  ")",
  "<",
  ">",
  "/",
  ":",
  ".",
  "-",
  "@",
  "#",
  "?",
  "|",
  "*",
  "!",
  "é",
  "😀",
  "\u0301",
  "\u05d0",
  "\u30fb",
  "%41",
  "%",
  "%2",
  "%25",
  "a,",
  '"a',
  ',"',
  ',"\\',
  '\\"',
  ";a",
  "; a=b",
  ';a="',
  ';a="b"',
  "a&",
  "a=&",
  "&=",
  "=&",
  "a=1&",
  "[a]",
  "a[b]=1&",
  "a[]=1&",
  "a[0]=1&",
  "[a][",
  "][",
  "../",
  "./",
  "//",
  "a/",
  "0.",
  "0h",
  "0.0h",
  "1e",
  "-1",
  "00",
  "a.",
  "xn--",
  "xn--a.",
  "a-",
  "é.",
  "a@",
  "{a",
  "{a}",
  "{a,",
  "%7C",
  "|",
  "[[",
  "[]",
  '{"a":',
  "[0,",
  '"\\u0041",',
  "1,",
  "::",
  "1:",
  "a:b",
  "1.1.1.1, ",
  'for="',
  "for=a;",
  "for=a,",
  "a b",
  "a\r\n",
  "\r\n",
  "--b\r\n",
  "\r\n--b\r\n",
  "~1",
  "~0",
  "T",
  "P1",
  "text/plain,",
  "text/plain;q=1,",
  "text/plain;a=",
];
const ends = ["", "\u0000", '"'];

/** Pieces that are all different. */
const numbered = {
  "text/plain;…": ["text/plain", (n) => `;a${n}=1`],
  "names of a query": ["", (n) => `a${n}=1&`],
  "keys of deep objects": ["", (n) => `a[b${n}]=1&`],
  "numbers of deep objects": ["", (n) => `a[${n}]=1&`],
  "names and values in turn": ["", (n) => `a${n},1,`],
  "keys of JSON": ["{", (n) => `"a${n}":1,`],
  "escaped keys of JSON": ['{"\\u0041":0', (n) => `,"a${n}":1`],
  "items of JSON": ["[", (n) => `[${n}],`],
  ranges: ["", (n) => `a/b${n};q=0.${n},`],
  parts: ["--b", (n) => `\r\nContent-Disposition: form-data; name="a${n}"\r\n\r\nx\r\n--b`],
  "field lines": ["Content-Disposition: form-data; name=a", (n) => `\r\na${n}: b`],
  "parameters of a disposition": ["", (n) => `name${n}=b; `],
  "field lines of a part": ["--b", (n) => `\r\na${n}: b`],
  "parameters of a part": ["--b\r\nContent-Disposition: form-data", (n) => `; a${n}=b`],
  addresses: ["", (n) => `10.0.${n % 256}.1, `],
};

const heads = [
  "",
  "--b\r\n",
  '--b\r\nContent-Disposition: form-data; name="',
  "--b\r\nA: ",
  "text/plain;",
  "P",
  "http://",
  "//",
  '"',
  "[",
  "{",
];

/** A fixed sequence, the same in each run. */
function random(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
}

export function* textsOf() {
  for (const unit of units)
    for (const end of ends)
      yield { title: JSON.stringify(unit + end), textOf: (size) => unit.repeat(Math.ceil(size / unit.length)) + end };
  for (const head of heads.slice(1))
    for (const unit of ["a", " ", '"', "\\", ";", "%", "0", ".", "a=", "a: b\r\n", "/"])
      yield {
        title: JSON.stringify(`${head}${unit}`),
        textOf: (size) => `${head}${unit.repeat(Math.ceil(size / unit.length))}\u0000`,
      };
  for (const [title, [head, unit]] of Object.entries(numbered))
    yield {
      title,
      textOf: (size) => {
        let text = head;
        for (let n = 0; text.length < size; n++) text += unit(n);
        return text;
      },
    };
  for (let seed = 1; seed <= 6; seed++)
    yield {
      title: `pieces chosen by ${seed}`,
      textOf: (size) => {
        const pick = random(seed);
        const few = Array.from({ length: 2 + pick(4) }, () => units[pick(units.length)]);
        let text = "";
        while (text.length < size) text += few[pick(few.length)];
        return text;
      },
    };
}
