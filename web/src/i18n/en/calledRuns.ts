/** Runs that a run called, and those that these called. */
export const calledRuns = {
  tab: 'Called runs',
  label: 'Runs called by this run',
  failed: 'A called run could not be loaded',
  expand: (name: string) => `Show what ${name} called`,
  by: (node: string) => `called by ${node}`,
  rollUp: 'With all that it called',
  most: (n: number) => `Only the first ${n} are shown.`,
}
