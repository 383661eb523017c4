/** As in sysexits.h: 69 for a port that cannot be had, 78 for configuration that cannot be used. */
export const exitCodes = { unavailable: 69, configuration: 78 } as const;
