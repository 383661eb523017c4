/** What is fetched from there, whoever is on the way can change: no TLS, and another machine. False where it is no URL. */
export function isPlainUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(localhost|\[::1\]|127\.[\d.]+)$/.test(hostname);
}

/** For `coverage`. */
export const plainRemarks = (scheme: string, urls: readonly (string | undefined)[]): string[] =>
  urls.flatMap((url) =>
    url !== undefined && isPlainUrl(url)
      ? [`${scheme} believes ${url}: whoever is on the way to it can say who counts, as it is not encrypted`]
      : [],
  );
