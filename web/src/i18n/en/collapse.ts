import type { Refusal } from '~/model/collapse'

const list = (names: readonly string[]): string => names.join(', ')

/** Making a workflow of its own of chosen nodes. */
export const collapse = {
  action: 'Make a workflow of the selection…',
  step: (title: string) => `Make ${title} a workflow of its own`,
  title: 'Make a workflow of the selection',
  titleLabel: 'Title',
  nameLabel: 'Name',
  nameHelp: 'Lower-case letters, digits and hyphens; how it is called',
  nameWrong: 'Use lower-case letters, digits and hyphens, beginning with a letter or digit',
  nameTaken: 'There is a workflow of this name',
  proposed: (name: string) => `${name}-part`,
  becomes: (count: number) =>
    count === 1
      ? 'The node moves into a new workflow, which is published. One node that calls it takes its place.'
      : `The ${count} nodes move into a new workflow, which is published. One node that calls it takes their place.`,
  given: (names: readonly string[]) => `It is given ${list(names)}.`,
  gives: (names: readonly string[]) => `It gives ${list(names)}.`,
  unsure: (names: readonly string[]) =>
    `What ${list(names)} gives must be JSON: no table or file goes through a call.`,
  undo: 'Undo brings the nodes back here; the new workflow stays.',
  cannot: 'This selection cannot be a workflow of its own',
  make: 'Make workflow',
  cancel: 'Cancel',
  made: (name: string) => `${name} was made. Undo brings the nodes back; the workflow stays.`,
  failed: 'The workflow could not be made',

  refused(refusal: Refusal): string {
    switch (refusal.why) {
      case 'nothing':
        return 'Choose nodes first.'
      case 'around':
        return 'A way leads out of the selection and back into it. Choose what lies between, too.'
      case 'undo':
        return 'A node undoes another one, which only works within one workflow.'
      case 'policy':
        return 'The workflow begins one of these nodes after a failure or at its end.'
      case 'result':
        return 'The settings of the loop around read one of these nodes. Choose what comes before it.'
      case 'branches':
        return 'Branches decide which of these nodes run. Choose the whole branch, from its condition to its end.'
      case 'table':
        return `A table or file goes from ${refusal.from} to ${refusal.to}. A call passes JSON; choose both, or neither.`
      case 'branch':
        return `A branch of ${refusal.from} leads to ${refusal.to}. Choose both, or neither.`
      case 'error':
        return `${refusal.to} handles a failure of ${refusal.from}. Choose both, or neither.`
      case 'root':
        return `${refusal.node} reads ${refusal.root}, which means something else in a workflow of its own.`
    }
  },
}
