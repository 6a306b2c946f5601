const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)

/** The journal of a run, event by event. */
export const runEvents = {
  tab: 'Events',
  label: 'Events of this run',
  kinds: 'Kinds',
  allKinds: 'All kinds',
  groups: {
    run: 'Of the run',
    node: 'Of nodes',
    progress: 'Progress',
    items: 'Items of loops',
    timers: 'Timers',
  },
  onlyNode: (title: string) => `Only ${title}`,
  search: 'Search the events',
  count: (shown: number, all: number) =>
    shown === all ? `${all} ${plural(all, 'event', 'events')}` : `${shown} of ${all} events`,
  failed: 'The events could not be loaded',
  none: 'No event matches.',
  reading: 'Reading the journal …',
  travel: 'Look at this moment',
  json: 'JSON of the event',
  noJson: 'Choose an event to see all of it.',
}
