/**
 * A U-label (RFC 5892): letters, digits and marks, and what the contextual rules of appendix A allow.
 */
export function isIdnLabel(label: string): boolean {
  if (label === "" || label.startsWith("-") || label.endsWith("-") || label.slice(2, 4) === "--") return false;
  if (leadingMark.test(label) || !characters.test(label)) return false;
  if (label.normalize("NFC") !== label) return false;
  return !contextual.test(label) || isInContext(label);
}

/** RFC 5892 appendix A. */
function isInContext(label: string): boolean {
  const letters = [...label];
  return letters.every((letter, index) => {
    const before = letters[index - 1] ?? "";
    const after = letters[index + 1] ?? "";
    switch (letter) {
      case "\u00b7":
        return before === "l" && after === "l";
      case "\u0375":
        return /^\p{Script=Greek}/u.test(after);
      case "\u05f3":
      case "\u05f4":
        return /^\p{Script=Hebrew}/u.test(before);
      case "\u30fb":
        return /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(label.replaceAll("\u30fb", ""));
      case "\u200c":
      case "\u200d":
        return virama.test(before) || (letter === "\u200c" && joining.test(before) && arabic.test(after));
      default:
        if (letter >= "\u0660" && letter <= "\u0669") return !/[\u06f0-\u06f9]/.test(label);
        if (letter >= "\u06f0" && letter <= "\u06f9") return !/[\u0660-\u0669]/.test(label);
        return true;
    }
  });
}

/** Letters that join the next one. Joining types are no property that expressions know, so these are of Arabic script only. */
const joining =
  /^(?=\p{Script=Arabic})[^\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef]/u;
const arabic = /^\p{Script=Arabic}/u;
const leadingMark = /^\p{M}/u;
/** Letters, marks and digits, lower case as IDNA2008 has them; and the exceptions of RFC 5892 §2.6. */
const characters =
  /^(?:[\p{Ll}\p{Lo}\p{Lm}\p{M}\p{Nd}\u00b7\u0375\u05f3\u05f4\u30fb\u200c\u200d\u06fd\u06fe\u0f0b\u3007-](?<![\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]))+$/u;
const contextual = /[\u00b7\u0375\u05f3\u05f4\u30fb\u200c\u200d\u0660-\u0669\u06f0-\u06f9]/;
const virama =
  /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a\u1714\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed]$/;
