const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)

/** Answers to "why?" about a node or run. */
export const why = {
  label: 'Why',
  slow: (took: string, times: string, half: string, most: string) =>
    `Took ${took}, ${times} times as long as usual: half of the last runs took at most ${half}, nearly all at most ${most}.`,
  usual: (half: string) => `typically ${half}`,
  slowRun: (times: string) => `${times} times as long as usual`,
  shares: 'Where the time went',
  share: {
    queued: 'queued for a place',
    running: 'running',
    inside: 'busy inside',
    time: 'waiting for a time',
    people: 'waiting for an answer',
    retrying: 'waiting for the next attempt',
  },
  attempts: (n: number) => `${n} ${plural(n, 'attempt', 'attempts')} failed before`,
  critical: 'On the critical path: the run took longer because of it.',
  notCritical: 'Not on the critical path: the run would not have been quicker without it.',
  reused:
    'Its config, its inputs and its code were the same as those of an earlier run, whose result was still fresh.',
  pinned: 'Its output is pinned, so it did not run.',
  given: 'It was left out of this test run; its output was taken from an earlier one.',
  reusedFrom: 'The result is that of',
  reusedMade: 'made',
  sources: 'Before it:',
}
