export const bodies = {
  where: 'Where this graph is',
  count: (count: number) => (count === 0 ? 'empty' : `${count} ${count === 1 ? 'node' : 'nodes'} inside`),
  open: 'Open what is inside',
  close: 'Back to the graph around',
}
