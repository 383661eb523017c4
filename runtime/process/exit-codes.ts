/** As in sysexits.h: 69 for a port that cannot be had, 70 for a bug of ours, 78 for configuration that cannot be used. */
export const exitCodes = { unavailable: 69, internal: 70, configuration: 78 } as const;
