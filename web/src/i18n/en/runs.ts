import { lineage } from './lineage'
import { nodeRun } from './nodeRun'
import { preview } from './preview'
import { runControl } from './runControl'
import { runItems } from './runItems'
import { runLogs } from './runLogs'
import { runPage } from './runPage'

const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)

/** The list of runs; and of one run, what its parts are called. */
export const runs = {
  title: 'Runs',
  about: 'Every run of every workflow, newest first.',
  status: 'Status',
  run: 'Run',
  workflow: 'Workflow',
  version: 'Version',
  trigger: 'Trigger',
  started: 'Started',
  duration: 'Duration',
  result: 'Result',
  allStatuses: 'All',
  allWorkflows: 'All workflows',
  ofBackfill: (id: string) => `Backfill ${id}`,
  ofBackfillHelp: (id: string) => `Only what the backfill ${id} has started`,
  allBackfills: 'Whatever started them',
  withoutCalled: 'Without called runs',
  withoutCalledHelp: 'Leave out runs that a node of another run called',
  filterStatus: 'Filter by status',
  filterWorkflow: 'Filter by workflow',
  clearFilters: 'Clear filters',
  newRuns: (n: number) => `${n} new ${plural(n, 'run', 'runs')}`,
  loadMore: 'Load more runs',
  loadFailed: 'The runs could not be loaded',
  end: (n: number) => `${n} ${plural(n, 'run', 'runs')}, that is all`,
  emptyTitle: 'Nothing has run yet',
  emptyText:
    'A run appears here the moment it starts, and its row follows it live. Start one from a workflow.',
  emptyButton: 'Go to workflows',
  nothingMatches: 'No run matches these filters',
  forTime: (at: string, zone: string) => `for ${at} ${zone}`,
  backfill: 'backfill',
  test: 'test',
  triggers: { manual: 'By hand', schedule: 'Schedule', webhook: 'Webhook', cli: 'Command line' } as Record<
    string,
    string
  >,

  replayOf: 'replay of',

  waitingRun: 'Run',
  bulk: 'Act on all that match',
  bulkAsk: {
    pause: 'Pause them',
    resume: 'Resume them',
    retry: 'Retry what failed in them',
    cancel: 'Cancel them',
  },
  bulkTitle: {
    pause: 'Pause runs',
    resume: 'Resume runs',
    retry: 'Retry runs',
    cancel: 'Cancel runs',
  },
  bulkCount: (n: number) =>
    n === 0
      ? 'No run that matches can be asked this now.'
      : `${n} ${plural(n, 'run', 'runs')} will be asked.`,
  bulkDone: (done: number, matched: number) =>
    `${done} of ${matched} ${plural(matched, 'run', 'runs')} asked`,
  bulkRefused: 'These could not be asked:',
  bulkClose: 'Close',
  bulkFailed: 'The runs could not be asked',

  ...runControl,
  ...runPage,
  ...nodeRun,
  ...runLogs,
  ...preview,
  ...lineage,
  items: runItems,
}
