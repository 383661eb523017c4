/** Lines that no log of this process has, since its start: nobody read them in time, or nobody reads at all. */
export const logLoss = { lines: 0 };
