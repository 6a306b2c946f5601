const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)
const whole = (n: number) => n.toLocaleString('en')

/** Items of loops. */
export const runItems = {
  tab: 'Items',
  label: 'Items of this container',
  failed: 'The items could not be loaded',
  none: 'No item has begun yet.',
  noneFailed: 'No item from here on has failed.',
  onlyFailed: 'Only failed items',
  progress: 'How many items are done',
  counts: (
    { total, done, failed, running }: { total: number; done: number; failed: number; running: number },
    loop: boolean,
  ) =>
    [
      loop
        ? `${whole(done)} ${plural(done, 'round', 'rounds')} done, ${whole(total)} at most`
        : `${whole(done)} of ${whole(total)} done`,
      failed > 0 ? `${whole(failed)} failed` : '',
      running > 0 ? `${whole(running)} running` : '',
    ]
      .filter((part) => part !== '')
      .join(', '),
  lost: (failed: string, total: string) => `${failed} of ${total} failed`,
  lostHelp: (failed: string, total: string) =>
    `${failed} of ${total} items failed, and the loop goes on without them`,
  range: (from: string, to: string) => `${from} to ${to}`,
  before: 'Earlier',
  after: 'Later',
  named: (title: string, index: number) => `${title} ${index}`,
  previous: 'Previous item',
  next: 'Next item',
  index: 'Index of the item',
  open: 'Open what is inside',
}
