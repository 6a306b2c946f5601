/** What values were made of. */
export const lineage = {
  lineageFailed: 'The lineage could not be loaded',
  lineageNone: 'This node gave nothing.',
  madeFrom: 'from',
  configReads: 'its config reads',
  sameBytes: 'the same bytes:',
}
