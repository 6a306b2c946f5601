/** What values were made of, and what was made of them. */
export const lineage = {
  lineageFailed: 'The lineage could not be loaded',
  lineageNone: 'This node gave nothing.',
  lineageRunNone: 'No node of this run has given anything yet.',
  lineageView: 'Lineage of this run',
  lineageUp: 'Made from',
  lineageDown: 'Went into',
  lineageValue: 'Value',
  lineageValues: 'Values of this run',
  lineageInputs: 'Nothing else: it comes from outside the run.',
  lineageUnused: 'Nothing in this run was made of it.',
  lineageElsewhere: 'The same bytes in other runs',
  lineageReads: 'read by its config',
  lineagePort: (port: string) => `into ${port}`,
  madeFrom: 'from',
  configReads: 'its config reads',
  sameBytes: 'the same bytes:',
}
