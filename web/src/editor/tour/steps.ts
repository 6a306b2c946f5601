/** The first steps, in order: what each points at, and how one sees that it was done. Pure. */

import type { EditorState } from '../state'

export const STEPS = ['add', 'set', 'wire', 'run', 'publish'] as const
export type Step = (typeof STEPS)[number]

/** What is pointed at. */
export const TARGETS: Readonly<Record<Step, string>> = {
  add: '[data-pane="palette"]',
  set: '[data-testid="inspector"]',
  wire: '[data-testid="canvas"] .react-flow__node',
  run: '[data-tour="run"]',
  publish: '[data-tour="publish"]',
}

const DONE: Readonly<Record<Step, (state: EditorState) => boolean>> = {
  add: ({ root }) => Object.keys(root.nodes).length > 0,
  set: ({ root }) => Object.values(root.nodes).some(({ config }) => Object.keys(config ?? {}).length > 0),
  wire: ({ root }) => root.edges.length > 0,
  run: ({ execution }) => execution !== null,
  publish: ({ saved }) => saved.published !== null && Object.keys(saved.document.nodes).length > 0,
}

/** The first step that is not done and was not left out; null after the last. */
export function currentStep(state: EditorState, passed: ReadonlySet<Step>): Step | null {
  return STEPS.find((step) => !passed.has(step) && !DONE[step](state)) ?? null
}

export const isDone = (state: EditorState, step: Step): boolean => DONE[step](state)
