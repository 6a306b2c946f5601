/** The microseconds of a moment, which dates do without: what ran one after the other often shares a millisecond. */
const micros = (iso: string): number => Number((/\.\d{3}(\d{1,3})/.exec(iso)?.[1] ?? '').padEnd(3, '0'))

/** A moment in ms since the epoch, with the microseconds behind the point. */
export const timeOf = (iso: string): number => Date.parse(iso) + micros(iso) / 1000

/** The index behind the last of `items` that is not after `time`. */
export function countUntil<Item>(
  items: readonly Item[],
  time: number,
  timeIn: (item: Item) => number,
): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle]
    if (item !== undefined && timeIn(item) <= time) low = middle + 1
    else high = middle
  }
  return low
}
