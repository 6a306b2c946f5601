import { form } from './forms'
import { inspector } from './inspector'
import { policy } from './policy'

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

export const editor = {
  canvas: 'Workflow graph',
  minimap: 'Map of the whole graph; drag to move the view',
  disabled: 'Disabled: passes its input on',
  nothingToPaste: 'The clipboard holds no nodes',
  rows: (text: string, count: number) => `${text} ${count === 1 ? 'row' : 'rows'}`,

  actions: {
    addNode: 'Add node',
    addNamed: (title: string) => `Add ${title}`,
    delete: 'Delete',
    deleteCount: (nodes: number, edges: number) =>
      nodes > 0 ? `Delete ${plural(nodes, 'node')}` : `Delete ${plural(edges, 'edge')}`,
    deleteReconnect: 'Delete and reconnect',
    connect: 'Connect',
    move: 'Move',
    moveCount: (count: number) => `Move ${plural(count, 'node')}`,
    nudge: 'Nudge',
    undo: 'Undo',
    undoOf: (label: string | undefined) => (label ? `Undo: ${label}` : 'Nothing to undo'),
    redo: 'Redo',
    redoOf: (label: string | undefined) => (label ? `Redo: ${label}` : 'Nothing to redo'),
    open: 'Open in inspector',
    copy: 'Copy',
    cut: 'Cut',
    paste: 'Paste',
    duplicate: 'Duplicate',
    selectAll: 'Select all',
    selectNothing: 'Clear selection',
    select: 'Select',
    showProblem: 'Show problem',
    rename: 'Rename…',
    disable: 'Disable or enable',
    tidy: 'Tidy up',
    fit: 'Fit to screen',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    quickAdd: 'Add a node…',
    help: 'Keyboard shortcuts',
    panels: 'Panels',
    save: 'Save',
    reload: 'Reload from server',
    run: 'Run',
    walk: 'Go to neighbour',
    config: 'Edit settings',
    configOf: (id: string) => `Edit ${id}`,
    policy: 'Edit policy',
    policyOf: (id: string) => `Edit policy of ${id}`,
    title: 'Edit title',
    titleOf: (id: string) => `Edit title of ${id}`,
    edit: 'Edit workflow',
    editYaml: 'Edit as YAML',
    check: 'Check',
  },

  wire: {
    self: 'A node cannot feed itself',
    cycle: 'This would close a circle; workflows run in one direction',
    noPort: 'It has no port for this',
    newPort: 'New port',
    required: ' (required)',
    error: 'error: taken when this node fails',
    undo: 'undo',
    undoes: (title: string) => `undoes ${title}`,
    undoTitle: (node: string, undo: string) =>
      `${undo} undoes ${node} when the run fails. It is a setting of ${node}.`,
    undoRefused: 'A node that undoes another runs on its own and has no wires',
    title: (edge: string, type: string) => `${edge}: ${type}`,
  },

  bar: {
    more: 'More actions',
    saveTip: 'Save a version and publish it',
    runTip: 'Save and run',
    draft: (changes: number, version: number) => `Draft, ${plural(changes, 'change')} since v${version}`,
    saved: (version: number, published: number | null) => {
      if (published === version) return `Saved as v${version}, published`
      if (published === null) return `Saved as v${version}, not published`
      return `Saved as v${version}; v${published} is published`
    },
    never: 'New, not saved yet',
    saving: 'Saving…',
    failed: (message: string) => `Not saved: ${message}`,
    palette: 'Palette',
    inspector: 'Inspector',
    settings: 'Workflow settings',
    stopRun: 'Cancel run',
    hideRun: 'Hide run',
    openRun: 'Open run',
    runMissing: 'The run could not be loaded',
  },

  palette: {
    title: 'Nodes',
    search: 'Search nodes',
    hint: 'Drag to the canvas, or press Enter',
    nothing: (query: string) => `No node matches “${query}”`,
    loading: 'Loading node types',
    failed: 'The node types could not be loaded',
    off: 'off',
    fold: 'Fold palette',
    unfold: 'Open palette',
    categoryName: (name: string) => (name === 'http' ? 'HTTP' : name.charAt(0).toUpperCase() + name.slice(1)),
  },

  quickAdd: {
    title: 'Add a node',
    search: 'Search nodes to add',
    fitting: (source: string) => `Nodes that can follow ${source}`,
    empty: 'Nothing fits here',
  },

  inspector,

  workflow: {
    title: 'Workflow',
    formTitle: 'Title',
    formDescription: 'Description',
    descriptionHelp: 'What it does and for whom.',
    inputs: 'Inputs',
    inputsHelp: 'What a run asks for. Use them as {{ inputs.name }}.',
    inputType: 'Type',
    inputLabel: 'Label',
    inputDefault: 'Default',
    inputMinimum: 'Minimum',
    inputMaximum: 'Maximum',
    inputHelp: 'Help text',
    outputs: 'Outputs',
    outputsHelp: 'What a run gives back, e.g. {{ nodes.publish.path }}.',
    timeout: 'Time-out',
    timeoutHelp: 'The whole run is cancelled after this time.',
    onFailure: 'After a failure',
    onFailureHelp: 'What was done can be undone, and branches of their own can run.',
    compensate: 'Undo what succeeded',
    finally: 'At the end in any case',
    finallyHelp: 'Nodes that begin a branch which runs after success, failure and cancel.',
    vars: 'Variables',
    varsHelp: 'Values that expressions read as vars.name.',
    labels: 'Labels',
    labelsHelp: 'Words to find and group workflows by.',
    concurrency: 'Runs at one time',
    concurrencyHelp: 'How many runs may be under way together.',
    limit: 'At most',
    limitKey: 'For each',
    limitKeyHelp: 'An expression over inputs; each of its values has its own places.',
    whenFull: 'When there is no place',
    queue: 'Wait for one',
    skip: 'Leave the new run out',
    cancelOldest: 'Cancel the oldest run',
    priority: 'Priority',
    priorityHelp: 'Runs with a higher number start first.',
    cache: 'Reuse results',
    cacheHelp: 'Nodes that only compute take the results of earlier runs with the same input.',
  },

  policy,

  drawer: {
    label: 'Panels below',
    problems: 'Problems',
    yaml: 'YAML',
    runs: 'Runs',
    triggers: 'Triggers',
    close: 'Close panel',
    noProblems: 'No problems found',
    noProblemsHelp: 'The workflow is valid and can be published.',
    checking: 'Checking…',
    unchecked: (message: string) => `The server could not check this draft: ${message}`,
    counts: (errors: number, warnings: number) =>
      [errors ? plural(errors, 'error') : '', warnings ? plural(warnings, 'warning') : '']
        .filter(Boolean)
        .join(', '),
    apply: 'Apply changes',
    revert: 'Discard changes',
    yamlLabel: 'Workflow as YAML',
    yamlWaiting: 'The canonical text appears when the server has checked the draft.',
    noRuns: 'This workflow has not run yet',
    noRunsHelp: 'Press Run, or Ctrl+Enter.',
    showRun: 'Show this run on the canvas',
    shown: 'Shown on the canvas',
  },

  rename: {
    title: 'Rename node',
    apply: 'Rename',
    cancel: 'Cancel',
    follow: 'Wires and expressions that name the node follow.',
  },

  save: {
    unpublished: (version: number) => `Version ${version} saved, not published`,
    unpublishedWhy: (errors: number) =>
      `${plural(errors, 'error')} must be fixed first. Triggers go on using the published version.`,
    failed: 'The workflow was not saved',
    failedHelp: 'Your changes are kept in this browser.',
    cannotRun: 'It cannot run yet',
    cannotRunWhy: (errors: number) => `Fix ${plural(errors, 'error')} first, listed under Problems.`,
    runFailed: 'The run could not be started',
  },

  conflict: {
    title: 'Somebody saved meanwhile',
    text: (mine: number, theirs: number) =>
      `You started from version ${mine}; the newest is version ${theirs}. Your changes are still here.`,
    unknown: (mine: number) =>
      `You started from version ${mine}; a newer version exists. Your changes are still here.`,
    keep: 'Keep editing',
    reload: 'Use the newest version',
    reloadHelp: 'Your changes stay one undo away.',
    overwrite: 'Save mine as a newer version',
    overwriteHelp: 'Their version stays in the list of versions.',
  },

  draft: {
    restored: 'Unsaved changes were restored',
    restoredHelp: 'From your last visit. Undo brings the saved version back.',
    stale: (version: number) => `Unsaved changes of version ${version} are kept in this browser`,
  },

  help: {
    title: 'Keyboard shortcuts',
    action: 'Action',
    keys: 'Keys',
    walk: 'Walk along wires',
    nudge: 'Nudge the selected nodes',
    pan: 'Move the view',
    panKeys: 'Space and drag, middle button',
    box: 'Select a box',
    boxKeys: 'Shift and drag',
    more: 'Add to the selection',
    moreKeys: 'Ctrl and click',
  },

  empty: {
    title: 'An empty canvas',
    text: 'Drag a node here from the left, or press Tab to search for one.',
    button: 'Add the first node',
  },

  loadFailed: 'The workflow could not be opened',
  notFound: (name: string) => `There is no workflow “${name}”`,
  notFoundHelp: 'It may have been renamed or deleted.',
  leave: 'There are unsaved changes. They are kept in this browser.',

  form,
}
