/**
 * The rule of RFC 5893 §2 for the labels of a name: once one of them has a character that is written from right to left,
 * all must obey. Directions are told by script, as expressions know no bidirectional classes.
 */
export function obeysBidi(labels: readonly string[]): boolean {
  return !labels.some((label) => rightToLeft.test(label)) || labels.every(isOrdered);
}

function isOrdered(label: string): boolean {
  if (firstIsRightToLeft.test(label)) {
    return endsRightToLeft.test(label) && !leftToRight.test(label) && !(europeanDigit.test(label) && arabicDigit.test(label));
  }
  return firstIsLeftToRight.test(label) && endsLeftToRight.test(label) && !rightToLeft.test(label);
}

const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}](?<!\p{Mn}|[\u06f0-\u06f9])|[\u0660-\u0669]/u;
const firstIsRightToLeft =
  /^[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}](?<!\p{Mn}|\p{Nd})/u;
const endsRightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}0-9\u0660-\u0669](?<!\p{Mn})\p{Mn}*$/u;
const leftToRight =
  /\p{L}(?<![\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\u0640])/u;
const firstIsLeftToRight = /^\p{L}/u;
const endsLeftToRight = /[\p{L}\p{Mc}\p{Nd}]\p{Mn}*$/u;
const europeanDigit = /[0-9\u06f0-\u06f9]/;
const arabicDigit = /[\u0660-\u0669]/;
