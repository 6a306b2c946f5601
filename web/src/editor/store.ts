import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { closeBody, isContainer, knownPath, openBody } from '~/model/bodies'
import { commit, type History, NO_HISTORY } from '~/model/history'
import type { NodeTypes } from '~/model/nodeType'
import { sameWiring, validateWiring } from '~/model/validate'
import type { WorkflowDocument } from '~/model/workflow'
import { type Action, allowed, type Dispatch, type EditorServices } from './action'
import { canvasFor } from './actions/frames'
import { createTrial, type TrialStore } from './partial/trial'
import {
  type EditorState,
  NOTHING,
  type Panels,
  pruneSelection,
  type Saved,
  soleNode,
  withPanels,
} from './state'

export interface Editor {
  store: StoreApi<EditorState>
  dispatch: Dispatch
  /** Set by the page: what actions ask of canvas, server and clipboard. */
  services: { current: EditorServices | null }
  /** Test runs that are being thought about. */
  trial: TrialStore
}

const PANELS: Panels = {
  palette: true,
  inspector: false,
  inspectorFollows: true,
  inspectorWidth: 420,
  inspectorTab: 'config',
  drawer: null,
  yamlBeside: false,
  yamlWidth: 520,
  quickAdd: null,
  renaming: null,
  renamingId: null,
  find: false,
  collapsing: false,
  settings: false,
  runInputs: null,
  help: false,
  tour: false,
}

interface Start {
  saved: Saved
  types: NodeTypes
  /** The draft, where it is not what is saved. */
  draft?: WorkflowDocument
  /** What can be undone and done again from an earlier visit of this tab. */
  history?: History
  panels?: Partial<Panels>
  execution?: string | null
  /** Containers that are open in place. */
  frames?: ReadonlySet<string>
  now?: () => number
}

/** One editor for one open workflow; nothing is shared between two. */
export function createEditor({
  saved,
  types,
  draft = saved.document,
  history = NO_HISTORY,
  panels,
  execution,
  frames = new Set(),
  now = () => performance.now(),
}: Start): Editor {
  const store = createStore<EditorState>(() => ({
    root: draft,
    path: [],
    canvas: [],
    frames,
    document: draft,
    history,
    selection: NOTHING,
    saved,
    saving: { state: 'idle' },
    checks: { instant: validateWiring(draft, types), server: [], of: null, failure: null },
    types,
    execution: execution ?? null,
    comparison: null,
    focus: null,
    panels: { ...PANELS, ...panels },
    readOnly: null,
  }))
  const services: Editor['services'] = { current: null }

  const dispatch: Dispatch = (action, ...rest) => {
    const args = rest[0] as Parameters<typeof action.perform>[1]
    const before = store.getState()
    if (!allowed(action, before)) return
    const after = settle(before, action.perform(before, args), action, args, now())
    if (after !== before) store.setState(after, true)
    if (action.effect && services.current) {
      void action.effect({ services: services.current, before, after, args, dispatch })
    }
  }
  return { store, dispatch, services, trial: createTrial() }
}

/** Keep whole and open graph, history, selection and instant checks in step. */
function settle<Args>(
  before: EditorState,
  performed: EditorState,
  action: Action<Args>,
  args: Args,
  now: number,
): EditorState {
  // Another graph that was opened is no change of the one before.
  const here = performed.root === before.root && performed.path === before.path
  const changed = here && performed.document !== before.document
  const root = changed ? closeBody(before.root, before.path, performed.document) : performed.root
  const path = knownPath(root, performed.path, performed.types)
  if (root === before.root && path === before.path) return opened(before, performed)
  const after = pruneSelection({ ...performed, root, path, document: openBody(root, path) })
  if (root === before.root) return opened(before, after)
  const label = action.describe?.(args, before) ?? action.label
  const history = action.undoable
    ? commit(performed.history, before.root, root, label, now)
    : performed.history
  const kept = performed.types === before.types && sameWiring(before.root, root, performed.types)
  const instant = kept ? performed.checks.instant : validateWiring(root, performed.types)
  return opened(before, { ...after, history, checks: { ...performed.checks, instant } })
}

/**
 * The graph that is worked in is on the canvas. A newly chosen node is shown in the inspector; a container a moment
 * later (`useContainerInspector`).
 */
function opened(before: EditorState, performed: EditorState): EditorState {
  const node = soleNode(performed)
  const canvas = canvasFor(performed)
  const after = canvas === performed.canvas ? performed : { ...performed, canvas }
  const chosen =
    node !== null && node !== soleNode(before) && !isContainer(after.types, after.document.nodes[node])
  return chosen && after.panels.inspectorFollows ? withPanels(after, { inspector: true }) : after
}

export const EditorContext = createContext<Editor | null>(null)

export function useEditorHandle(): Editor {
  const editor = useContext(EditorContext)
  if (!editor) throw new Error('The editor is used outside an EditorContext.')
  return editor
}

/** Subscribe to the smallest thing: the component renders when the selected value changes. */
export function useEditor<T>(selector: (state: EditorState) => T): T {
  return useStore(useEditorHandle().store, selector)
}

export const useDispatch = (): Dispatch => useEditorHandle().dispatch
