import type { Preset } from '~/api/timeRange'

const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)
const whole = (n: number) => n.toLocaleString('en')
const runs = (n: number) => `${whole(n)} ${plural(n, 'run', 'runs')}`

const presets: Record<Preset, string> = {
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
}

/** What looks back on many runs: the list, its filters, the picture above it. */
export const history = {
  list: {
    options: 'Columns and density',
    density: 'Density',
    normal: 'Normal',
    compact: 'Compact',
    columns: 'Columns',
    noLongerMatches: 'No longer matches the filters; it leaves the list when it is loaded anew',
    tick: (id: string) => `Select run ${id}`,
    tickAll: 'Select all runs that are loaded',
    goOn: 'Go on searching',
    searchedUntil: (at: string) => `Searched until ${at}.`,
    nothingYetTitle: 'Nothing found so far',
    nothingYetText: (at: string) =>
      `All runs made since ${at} were looked through, and none matches. Older ones were not looked at yet.`,
    nextFailed: 'The next runs could not be loaded',
  },
  columns: {
    replays: 'Replay of',
    calledBy: 'Called by',
    ended: 'Ended',
    priority: 'Priority',
    error: 'Error code',
  },
  filters: {
    time: 'Time',
    anyTime: 'Any time',
    presets,
    from: 'From',
    to: 'Until',
    range: (from: string, to: string) => `${from} – ${to}`,
    sinceOnly: (from: string) => `since ${from}`,
    untilOnly: (to: string) => `until ${to}`,
    emptyRange: 'Until must be later than from.',
    apply: 'Apply',
    more: 'More filters',
    trigger: 'Started by',
    anyTrigger: 'Anything',
    version: 'Version',
    versionHelp: 'Of the workflow',
    error: 'Text of the error',
    errorHelp: 'In its code or message',
    atLeast: 'Took at least',
    atMost: 'Took at most',
    seconds: 's',
    badDurations: 'At most must not be less than at least.',
    remove: (name: string) => `Remove the filter: ${name}`,
    isVersion: (version: number) => `Version ${version}`,
    isTrigger: (name: string) => `Started by: ${name}`,
    isError: (text: string) => `Error has “${text}”`,
    took: (least: string | null, most: string | null) =>
      least && most ? `Took ${least} to ${most}` : least ? `Took ${least} or longer` : `Took ${most} at most`,
    active: 'Active filters',
    onlyCalled: 'Only called runs',
  },
  views: {
    title: 'Views',
    failedToday: 'Failed in the last 24 hours',
    notEnded: 'Not ended yet',
    long: 'Longer than 5 minutes',
    mine: 'Saved in this browser',
    ready: 'Ready-made',
    save: 'Save this view…',
    saveTitle: 'Save this view',
    name: 'Name',
    nameTaken: 'There is a view of this name: it will be replaced.',
    saveButton: 'Save view',
    delete: (name: string) => `Delete the view ${name}`,
  },
  selected: {
    act: (n: number) => `Act on ${whole(n)} selected`,
    clear: 'Clear selection',
    count: (n: number) =>
      n === 0 ? 'None of the selected runs can be asked this now.' : `${runs(n)} will be asked.`,
    tooMany: (n: number, most: number) =>
      `${whole(n)} runs are selected, and at most ${whole(most)} can be asked by name. Use filters in place of a selection.`,
  },
  replay: {
    ask: 'Run them again',
    title: 'Run again',
    count: (n: number) =>
      n === 0
        ? 'No run that matches has ended, so none can be run again.'
        : `${runs(n)} will be started anew, with the same version and inputs.`,
    done: (done: number, matched: number) => `${whole(done)} of ${runs(matched)} started anew`,
  },
  counting: 'Counting the runs',
  chart: {
    title: 'Runs over time',
    of: (range: string) => `Runs of the ${range.charAt(0).toLowerCase()}${range.slice(1)}`,
    ofRange: (range: string) => `Runs ${range}`,
    groups: {
      failed: 'failed',
      cancelled: 'cancelled',
      open: 'not ended',
      succeeded: 'succeeded',
    },
    summary: (total: number, failed: number) => `${runs(total)}, ${whole(failed)} failed`,
    none: 'No runs in this time',
    failed: 'The runs over time could not be loaded',
    asTable: 'Show as a table',
    asChart: 'Show as a chart',
    hint: 'Drag over the chart, or click a bar, to see only the runs of that time',
    notAll: 'Counted without the filters by trigger, version, error and duration.',
    counting: 'Older runs are still being counted.',
    at: 'Time',
    total: 'Runs',
    only: 'Show only these',
    onlyNamed: (at: string) => `Show only these: ${at}`,
    table: 'Counts over time',
  },
}
