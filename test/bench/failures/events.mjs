// What happens to the first of three endpoints, or to all, while requests come at a constant rate.

/** Seconds of a run before its event, the first two of which are for what a subject has to learn. */
export const before = 5;

/**
 * `prepare` comes ahead of the load; `happens` takes the endpoint, and resolves when it has happened. `after`: seconds that
 * are looked at. What is judged of the gateway of this project, beside that nothing fails: `share`, of the endpoint from 5 s
 * on; `cut`: answers may end in the middle, which nobody can repair once the client has the head.
 */
export const events = {
  killed: { what: "its process is killed (SIGKILL)", after: 8, happens: (one) => one.kill() },
  frozen: { what: "it is stopped (SIGSTOP): connections stand, nothing comes", after: 8, happens: (one) => one.freeze() },
  slowed: { what: "its answers, and those to checks, take 2 s instead of 20 ms", after: 8, happens: (one) => one.feel("slow") },
  failing: {
    what: "it answers 500 in 1 ms, and checks well",
    after: 8,
    share: 0.05,
    happens: (one) => one.feel("failing"),
  },
  cut: {
    what: "its answers break off in their middle; checks are answered well",
    after: 8,
    mayCut: true,
    happens: (one) => one.feel("cut"),
  },
  back: {
    what: "it was killed, and is started again",
    after: 20,
    returns: true,
    prepare: (one) => one.kill(),
    happens: (one) => one.start(),
  },
};

/** The service is gone as a whole, for three seconds: connections are reset with each request. */
export const gone = { what: "all three reset connections for 3 s", seconds: 3, after: 6 };
