/** A field name as it is mostly written: `Api-Version`. Names are compared without regard to case. */
export const fieldSpelling = (name: string): string =>
  name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
