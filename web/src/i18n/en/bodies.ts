export const bodies = {
  where: 'Where this graph is',
  count: (count: number) => (count === 0 ? 'empty' : `${count} ${count === 1 ? 'node' : 'nodes'} inside`),
  open: 'Open what is inside',
  close: 'Back to the graph around',
  fold: 'Open or close in place',
  unfoldNamed: (title: string) => `Open ${title} in place`,
  foldNamed: (title: string) => `Close ${title}`,
  emptyFrame: 'Nothing is inside yet. Drop a node here.',
  progress: 'Items done',
}
