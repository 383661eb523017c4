import fc from "fast-check";

/** Property tests try the same values in every run, so that a red run is red for everybody; SEED chooses others. */
fc.configureGlobal({ seed: Number(process.env.SEED ?? 20_261_201) });
