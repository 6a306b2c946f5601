const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)
const whole = (n: number) => n.toLocaleString('en')

/** The first page: is anything broken, what ran, what comes next. */
export const home = {
  title: 'Home',
  nav: 'Home',
  range: 'Time that is looked back on',
  presets: { '24h': '24 hours', '7d': '7 days', '30d': '30 days' },
  lately: {
    '1h': 'in the last hour',
    '24h': 'in the last 24 hours',
    '7d': 'in the last 7 days',
    '30d': 'in the last 30 days',
  },

  broken: {
    title: 'Is anything broken?',
    fine: (lately: string) => `Nothing is broken: no run failed ${lately}, and nobody is waited for.`,
    failed: 'What fails could not be found out',
    ofRuns: (failed: number, total: number) =>
      `${whole(failed)} of ${whole(total)} ${plural(total, 'run', 'runs')} failed`,
    showFailed: (workflow: string) => `Show the failed runs of ${workflow}`,
    more: 'All failed runs',
    approvals: (n: string, count: number) =>
      `${n} ${plural(count, 'approval waits', 'approvals wait')} for an answer`,
    approvalsGo: 'Answer',
    quarantined: (name: string) => `The nodes of ${name} are out of service`,
    quarantinedGo: 'See why',
    trouble: 'Changes of nodes are not picked up',
    offline: 'No connection to the server, so what is shown may be old',
    polling: 'Changes arrive every few seconds only',
    retry: 'Try now',
  },

  ran: {
    title: 'What ran?',
    failures: 'Latest failures',
    failuresNone: (lately: string) => `No run failed ${lately}.`,
    failuresFailed: 'The latest failures could not be loaded',
    slowest: 'Slow for their workflow',
    slowestNone: (lately: string) => `No run took much longer ${lately} than is typical for its workflow.`,
    slowestFailed: 'The slowest runs could not be loaded',
    times: (factor: string, typical: string) => `${factor} × the typical ${typical}`,
    scanned: (at: string) => `Only runs made since ${at} were compared; there are more.`,
  },

  next: {
    title: 'What comes next?',
    schedules: 'Schedules',
    schedulesNone: 'No schedule is switched on, so nothing starts by itself.',
    schedulesFailed: 'The next schedules could not be loaded',
    allTriggers: 'All triggers',
    queue: 'Queue',
    queueFailed: 'The queue could not be loaded',
    queueEmpty: 'Nothing waits to start.',
    oldest: (time: string) => `The longest has waited for ${time} to start.`,
    show: (status: string) => `Show runs that are ${status}`,
    slots: 'Places taken',
    slot: (taken: number, limit: number) => `${whole(taken)} of ${whole(limit)}`,
  },

  emptyTitle: 'Draw your first workflow',
  emptyText:
    'A workflow reads something, does something with it and puts the result somewhere. Draw one, run it, and this page tells how it goes: what broke, what ran, what comes next.',
  emptyPicture: ['Read a file', 'Keep what matters', 'Write a file'],
  loadFailed: 'The workflows could not be loaded',
}
