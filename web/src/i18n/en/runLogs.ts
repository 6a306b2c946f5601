const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)

/** The log lines of a run. */
export const runLogs = {
  logsEmpty: 'No log lines were written.',
  logsFollow: 'Follow',
  logsLevel: 'Lowest level',
  logsSearch: 'Search the logs',
  logsNode: 'Node',
  logsAllNodes: 'All nodes',
  logsFailed: 'The logs could not be loaded',
  logLines: (n: number) => `${n} ${plural(n, 'line', 'lines')}`,
}
