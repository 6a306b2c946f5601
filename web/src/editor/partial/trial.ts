/** Test runs: what is being asked about, and how they start. State of the editor's own, beside the document. */

import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Part } from '~/api/executions'
import type { RunPlan } from '~/api/types'
import type { WorkflowDocument } from '~/model/workflow'

export type Mode = 'only' | 'until' | 'from'

/** A part of the workflow that somebody wants to run. */
export interface Aim {
  mode: Mode
  node: string
}

export type Phase =
  | { kind: 'idle' }
  | { kind: 'asking'; aim: Aim }
  /** The plan is that of `root`, as it stood then; `again`: another one was shown before. */
  | { kind: 'planned'; aim: Aim; plan: RunPlan; root: WorkflowDocument; again: boolean }
  /** `missing`: nodes without an output, where that is why. */
  | { kind: 'refused'; aim: Aim; message: string; missing: readonly string[] | null }

export interface Trial {
  phase: Phase
  /** Pinned outputs stand for their nodes in test runs. */
  usesPins: boolean
  /** Where the outputs of nodes that do not run come from. */
  dataOf: 'latest' | 'shown'
  /** The place (`container/node` in a body) that a value is being typed for. */
  typing: string | null
}

const STORED = 'concertmaster.test-runs.without-pins'

/** A browser without storage forgets the switch, and works. */
function stored(): boolean {
  try {
    return localStorage.getItem(STORED) === null
  } catch {
    return true
  }
}

function store(usesPins: boolean): void {
  try {
    if (usesPins) localStorage.removeItem(STORED)
    else localStorage.setItem(STORED, 'true')
  } catch {
    // It is only remembered for this visit.
  }
}

export type TrialStore = StoreApi<Trial>

export function createTrial(): TrialStore {
  const trial = createStore<Trial>(() => ({
    phase: { kind: 'idle' },
    usesPins: stored(),
    dataOf: 'latest',
    typing: null,
  }))
  trial.subscribe((now, before) => {
    if (now.usesPins !== before.usesPins) store(now.usesPins)
  })
  return trial
}

export const partOf = ({ mode, node }: Aim): Part =>
  mode === 'only' ? { only: node } : mode === 'until' ? { until: node } : { from: node }

/** Whether there is nothing to ask: the node alone runs, and changes nothing outside. */
export function goesWithoutSaying({ node }: Aim, plan: RunPlan): boolean {
  const running = Object.entries(plan.nodes).filter(([, line]) => line.action === 'run')
  return running.length === 1 && running[0]?.[0] === node && running[0][1].effect !== 'write'
}
