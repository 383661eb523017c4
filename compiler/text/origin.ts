/** A serialised origin (RFC 6454 §6.2), or one whose host begins with `*.`. */
export function isOrigin(text: string): boolean {
  const sample = text.replace("://*.", "://any.");
  return (
    !sample.includes("*") && /^[a-z][a-z0-9+.-]*:\/\//.test(sample) && URL.canParse(sample) && new URL(sample).origin === sample
  );
}

/** What to write instead of a text that is no origin. */
export function betterOrigin(text: string): string {
  if (!text.includes("://")) return betterOrigin(`https://${text}`);
  const sample = text.replace("://*.", "://any-label.");
  if (!sample.includes("*") && URL.canParse(sample)) {
    const { origin } = new URL(sample);
    if (origin !== "null" && isOrigin(origin)) return `Write \`${origin.replace("://any-label.", "://*.")}\`.`;
  }
  return "Write scheme, host and, where it is not the default, port: `https://shop.example.com`, `https://*.example.com`.";
}
