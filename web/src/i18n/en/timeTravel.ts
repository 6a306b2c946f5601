/** Looking at a run as it was. */
export const timeTravel = {
  enter: 'Look back',
  enterHelp: 'See the run as it was at any moment: states and data',
  label: 'A moment of the past',
  slider: 'Moment of the run',
  at: (time: string) => `As it was ${time}`,
  after: (offset: string) => `${offset} after its start`,
  event: (seq: number, all: number) => `event ${seq} of ${all}`,
  previous: 'One event back',
  next: 'One event on',
  leave: 'Back to now',
  loading: 'Reading the journal …',
  failed: 'The journal could not be read, so the past cannot be shown',
  itemsNow: 'The list of items is as it is now; open an item to see it at this moment.',
}
