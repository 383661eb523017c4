const units = ["GiB", "MiB", "KiB"] as const;

/** `64KiB`: bytes as users write them, in the largest unit that leaves no rest. */
export function sizeText(bytes: number): string {
  for (const [index, unit] of units.entries()) {
    const size = 1024 ** (units.length - index);
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}
