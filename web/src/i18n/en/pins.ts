const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** "A, B and 2 more": what fits into a sentence. */
const some = (names: readonly string[]): string => {
  const shown = names.slice(0, names.length > 4 ? 3 : 4)
  const rest = names.length - shown.length
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

export const pins = {
  actions: {
    only: 'Run only this node',
    until: 'Run until here',
    from: 'Run from here',
    toggle: 'Pin or unpin output',
    choose: 'Test run with…',
    list: 'Pinned outputs',
  },

  menu: {
    open: 'More ways to run',
    node: 'Run this node',
    usePins: 'Use pinned outputs',
    on: ', on',
    off: ', off',
    usePinsHelp: (n: number) => (n === 0 ? 'none is pinned' : `${n} pinned`),
    data: 'Take data of',
    latest: 'the latest runs',
    shown: 'the run on the canvas',
  },

  plan: {
    label: 'What will run',
    asking: 'Looking at what there is…',
    title: {
      only: (node: string) => `Run only ${node}`,
      until: (node: string) => `Run until ${node}`,
      from: (node: string) => `Run from ${node}`,
    },
    runs: (names: readonly string[]) => `${plural(names.length, 'node')} will run: ${some(names)}`,
    reuses: (n: number) => `${plural(n, 'output')} reused`,
    pinned: (n: number) => `${plural(n, 'output')} pinned`,
    skips: (n: number) => `${n} left out`,
    dataOf: 'data of run',
    writes: (names: readonly string[]) =>
      `${some(names)} ${names.length === 1 ? 'changes' : 'change'} something outside`,
    changed: (names: readonly string[]) => `${some(names)} changed since the output was made`,
    start: (nodes: number) => `Run ${plural(nodes, 'node')}`,
    cancel: 'Cancel',
    refused: (node: string) => `${node} cannot run yet`,
    untilInstead: 'Run until here',
    failed: 'It could not be planned',
    again: 'The workflow has changed meanwhile: look at the new plan',
  },

  mark: {
    run: 'will run',
    write: 'will run, writes',
    reuse: 'reused',
    pin: 'pinned',
    skip: 'left out',
    missing: 'no output yet',
    inside: 'pins inside',
    age: (word: string, ago: string) => `${word}, ${ago}`,
    stale: (word: string) => `${word}, out of date`,
  },

  stale: {
    node: 'The node has changed since.',
    inputs: 'What comes before it has changed since.',
    gone: 'There is no such node any more.',
  },

  bar: {
    label: 'Pinned output',
    pinThis: 'Pin this output',
    pinOther: 'Pin this one instead',
    typeValue: 'Type a value…',
    edit: 'Edit…',
    unpin: 'Unpin',
    pinned: 'Pinned',
    typed: (by: string) => `typed by ${by}`,
    ofRun: 'of run',
    outlet: (name: string) => `outlet ${name}`,
    unused: 'Test runs do not use it: pinned outputs are switched off.',
    size: (kind: 'table' | 'json' | 'file', size: string, rows: string | null) =>
      kind === 'table' && rows !== null ? `table, ${rows}` : `${kind === 'json' ? 'JSON' : kind}, ${size}`,
    rows: (text: string, n: number) => `${text} ${n === 1 ? 'row' : 'rows'}`,
  },

  value: {
    title: (node: string) => `Pin a value for ${node}`,
    label: 'Value (JSON)',
    help: 'What the node would give. At most 1 MB; larger data can be pinned out of a run.',
    outlet: 'Outlet',
    outletHelp: 'Only this outlet is taken in test runs.',
    empty: 'Write a value first',
    save: 'Pin value',
    failed: 'It was not pinned',
  },

  list: {
    empty: 'Nothing is pinned',
    emptyHelp:
      'Choose a node and press P, or pin what you see in its Output tab. In test runs it stands for a run of the node; other runs never use it.',
    loadFailed: 'The pinned outputs could not be loaded',
    show: (node: string) => `Go to ${node}`,
    unpin: (node: string) => `Unpin ${node}`,
    label: 'Pinned outputs of this workflow',
  },

  done: {
    pinned: (node: string) => `The output of ${node} is pinned`,
    unpinned: (node: string) => `${node} is not pinned any more`,
    failed: 'It was not pinned',
    unpinFailed: 'It is still pinned',
  },

  run: {
    title: (workflow: string) => `Test run of ${workflow}`,
    like: 'Start it like',
    likeHelp: 'A run gives its inputs, which you can change, and what its trigger told the nodes.',
    byHand: 'By hand, with no trigger',
    option: (trigger: string, ago: string, id: string) => `${trigger}, ${ago} · ${id}`,
    pins: (n: number) => `Use ${plural(n, 'pinned output')}`,
    submit: 'Start test run',
  },

  origin: {
    output: 'Output',
    mark: 'Pinned output',
    reused: 'Reused from run',
    pinned: 'Pinned from run',
    typed: 'Pinned value',
  },
}
