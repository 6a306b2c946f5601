import type { AddRequest } from '~/canvas/context'
import type { BodyPath } from '~/model/bodies'
import { countChanges } from '~/model/diff'
import type { History } from '~/model/history'
import type { NodeTypes } from '~/model/nodeType'
import { noteId, notesOf } from '~/model/notes'
import type { Problem, WorkflowDocument } from '~/model/workflow'

/** What is chosen on the canvas: nodes by id, notes among them by key; edges by their text in the document. */
export interface Selection {
  nodes: readonly string[]
  edges: readonly string[]
}

export interface Saved {
  document: WorkflowDocument
  /** The newest version the editor knows; sent as `If-Match`. */
  version: number
  /** Number of the published version, null when none is. */
  published: number | null
}

export type Drawer = 'problems' | 'yaml' | 'versions' | 'runs' | 'triggers' | 'pins'
export type InspectorTab = 'config' | 'policy' | 'input' | 'output' | 'logs' | 'docs'

/** Two versions that the canvas shows in one picture. */
export interface Comparison {
  from: WorkflowDocument
  fromName: string
  /** Null for the draft as it stands. */
  to: WorkflowDocument | null
  toName: string
}

/** Where the quick-add list stands and what a chosen node is wired to. */
export type QuickAdd = AddRequest

export interface Panels {
  palette: boolean
  inspector: boolean
  /** Choosing a node opens the inspector, unless the person has folded it. */
  inspectorFollows: boolean
  inspectorWidth: number
  inspectorTab: InspectorTab
  drawer: Drawer | null
  /** The text of the workflow stands beside the canvas, px wide. */
  yamlBeside: boolean
  yamlWidth: number
  quickAdd: QuickAdd | null
  /** The node whose title is being written on its card, or the key of the note or group that is being written. */
  renaming: string | null
  /** The node whose title and id stand in a dialog. */
  renamingId: string | null
  /** The list of nodes, with its search. */
  find: boolean
  /** The dialog that makes a workflow of the chosen nodes. */
  collapsing: boolean
  settings: boolean
  /** The version that is to run as soon as its inputs are given. */
  runInputs: number | null
  help: boolean
  /** The first steps are told. */
  tour: boolean
}

export interface Checks {
  /** From the browser, of the document as it stands. */
  instant: readonly Problem[]
  /** From the server, of the document it was last asked about. */
  server: readonly Problem[]
  /** The document the server's answer belongs to. */
  of: WorkflowDocument | null
  /** Why the server could not be asked. */
  failure: string | null
}

export type Saving = { state: 'idle' } | { state: 'saving' } | { state: 'failed'; message: string }

export interface EditorState {
  /** The whole workflow. */
  root: WorkflowDocument
  /** The containers that lead to the graph that is worked in; none: the workflow's own. */
  path: BodyPath
  /** Those that lead to the graph that fills the canvas; the one that is worked in is it, or lies in frames on it. */
  canvas: BodyPath
  /** Containers that are open in place, by their places (`container/node`). Never part of the document. */
  frames: ReadonlySet<string>
  /** The graph that is worked in, as a document: `root`, or one of its bodies (`model/bodies.ts`). */
  document: WorkflowDocument
  history: History
  selection: Selection
  saved: Saved
  saving: Saving
  checks: Checks
  types: NodeTypes
  /** The run shown on the canvas. */
  execution: string | null
  comparison: Comparison | null
  /** JSON pointer of the field to bring into view, set by a click on a problem. */
  focus: string | null
  panels: Panels
  /** Why the workflow may only be looked at; null when it may be changed. */
  readOnly: string | null
}

export const NOTHING: Selection = { nodes: [], edges: [] }

/** How far the draft is from the newest version that the editor knows. */
export const changesOf = (state: EditorState): number => countChanges(state.saved.document, state.root)
export const isDirty = (state: EditorState): boolean => changesOf(state) > 0

/** The one chosen node, if exactly one is. */
export function soleNode(state: EditorState): string | null {
  const [id, ...others] = state.selection.nodes
  return id !== undefined && others.length === 0 && id in state.document.nodes ? id : null
}

export function withPanels(state: EditorState, panels: Partial<Panels>): EditorState {
  return { ...state, panels: { ...state.panels, ...panels } }
}

export function select(
  state: EditorState,
  nodes: readonly string[],
  edges: readonly string[] = [],
): EditorState {
  return { ...state, selection: { nodes, edges } }
}

/** Whether a node, or a note by its key, is in the open graph. */
function isThere({ document }: EditorState, key: string): boolean {
  const note = noteId(key)
  return note === null ? key in document.nodes : note in notesOf(document)
}

/** Drop what no longer exists from the selection. */
export function pruneSelection(state: EditorState): EditorState {
  const nodes = state.selection.nodes.filter((key) => isThere(state, key))
  const known = new Set(state.document.edges)
  const edges = state.selection.edges.filter((text) => known.has(text))
  const same = nodes.length === state.selection.nodes.length && edges.length === state.selection.edges.length
  return same ? state : { ...state, selection: { nodes, edges } }
}
