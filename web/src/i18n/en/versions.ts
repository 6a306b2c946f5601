const plural = (n: number, one: string) => `${n} ${n === 1 ? one : `${one}s`}`

export const versions = {
  list: 'Versions of this workflow',
  version: (n: number) => `v${n}`,
  by: (name: string) => `by ${name}`,
  nodes: (n: number) => plural(n, 'node'),
  published: 'published',
  compare: 'Compare with draft',
  chooseOne: 'Compare a version with the draft to see what has changed since.',
  more: (n: number) => `More for version ${n}`,
  restore: 'Bring back into the draft',
  restored: (n: number) => `Bring back version ${n}`,
  publish: 'Publish this version',
  name: 'Name this version…',
  nameTitle: (n: number) => `Name version ${n}`,
  label: 'Name',
  setName: 'Set name',
  diffHead: (n: number) => `From version ${n} to the draft`,
  same: 'The draft is the same as this version.',
  differences: 'Differences',
  node: (id: string, kind: 'added' | 'removed' | 'changed') =>
    ({ added: `Node ${id} added`, removed: `Node ${id} removed`, changed: `Node ${id} changed` })[kind],
  edge: (edge: string, kind: 'added' | 'removed') => `Wire ${edge} ${kind}`,
  moved: (n: number) => `${plural(n, 'node')} moved`,
}
