const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

export const drafts = {
  testRunTip: 'Run this draft; what is published stays as it is',
  publishTip: 'Save a version of this draft and publish it',

  draft: (changes: number, version: number) => `Draft, ${plural(changes, 'change')} since v${version}`,
  saved: (version: number, published: number | null) => {
    if (published === version) return `Saved as v${version}, published`
    if (published === null) return `Saved as v${version}, not published`
    return `Saved as v${version}; v${published} is published`
  },
  saving: 'saving…',
  kept: 'kept',
  offline: (edits: number) => `offline, ${plural(edits, 'edit')} kept in this browser`,
  refused: (message: string) => `not saved: ${message}`,
  savingVersion: 'Saving a version…',
  versionFailed: (message: string) => `No version was saved: ${message}`,
  notSent: (state: { state: string; message?: string }) =>
    state.state === 'refused'
      ? `The draft could not be sent: ${state.message ?? ''}`
      : 'The server cannot be reached, so the draft could not be sent.',

  people: 'Who else is here',
  person: (name: string) => `${name} has this workflow open`,
  personAt: (name: string, node: string) => `${name} is at ${node}`,
  morePeople: (n: number) => `+${n}`,

  collisions: (n: number) =>
    `${plural(n, 'edit')} of yours ${n === 1 ? 'meets' : 'meet'} an edit of somebody else in the same place`,
  review: 'Choose',
  collisionTitle: 'Two edits of the same place',
  collisionText: 'Everything else was brought together. Nothing is lost until you choose.',
  mine: 'Yours',
  theirs: 'Theirs',
  nothing: 'nothing (removed)',
  keepMine: 'Keep mine',
  keepTheirs: 'Keep theirs',
  allMine: 'Keep all mine',
  allTheirs: 'Keep all theirs',
  place: {
    node: (id: string) => `Node ${id}`,
    field: (id: string, field: string) => `${field} of ${id}`,
    edge: (edge: string) => `Wire ${edge}`,
    moved: (id: string) => `Place of ${id}`,
    workflow: (field: string) => `${field} of the workflow`,
    whole: 'The whole workflow',
  },

  behind: (version: number, base: number) =>
    `Version ${version} was saved while this draft started from version ${base}`,
  merge: (version: number) => `Bring in version ${version}`,
  mergedKept: (n: number) =>
    `${plural(n, 'place')} differ in both; yours ${n === 1 ? 'is' : 'are'} kept. Theirs stay in the list of versions.`,
}
