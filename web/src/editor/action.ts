import type { Icon } from '@tabler/icons-react'
import type { Position } from '~/model/workflow'
import type { Aim } from './partial/trial'
import type { EditorState } from './state'

/** What actions may ask of the world outside the store. */
export interface EditorServices {
  /** Make a version of the draft. */
  save(options: { publish: boolean; label?: string }): Promise<void>
  /** Run the draft as it stands, without publishing it. */
  run(): Promise<void>
  /** The same, with a choice of inputs and of the run that it is started like. */
  runWith(): Promise<void>
  /** Run a part of the draft; what needs a word before is shown first. */
  runPart(aim: Aim): Promise<void>
  /** Start the part whose plan is shown. */
  confirmPart(): Promise<void>
  cancelPart(): void
  /** Pin the output of a node (`container/node` in a body), or unpin it. */
  togglePin(place: string): Promise<void>
  fit(): void
  zoom(step: number): void
  /** To 100 %. */
  resetZoom(): void
  /** Places of nodes with the fewest crossings; null when none were found, which was said then. */
  arrange(state: EditorState, ids: readonly string[]): Promise<Record<string, Position> | null>
  /** The menu of what is chosen, at its place. */
  menu(): void
  /** Bring a node into view. */
  show(id: string): void
  /** Document position of the middle of the visible canvas, or of the pointer when it is over it. */
  place(): Position
  copy(text: string): Promise<void>
  /** Null when the browser does not allow it. */
  readClipboard(): Promise<string | null>
  tell(message: string): void
}

export interface Effect<Args> {
  services: EditorServices
  before: EditorState
  after: EditorState
  args: Args
  dispatch: Dispatch
}

/** One thing a person can do. Menus, keys and lists all read these. */
export interface Action<Args = undefined> {
  id: string
  /** Name in menus; of a step in the history. */
  label: string
  icon?: Icon
  /** `mod` is Ctrl, or Command on a Mac. */
  shortcuts?: readonly string[]
  /** Shown in menus and the shortcut list (actions with arguments are not). */
  listed?: boolean
  /** The keys work inside text fields too (save, run). */
  everywhere?: boolean
  /** Needs the right to change the workflow, like every undoable action. */
  edits?: boolean
  /** The browser's own event starts it (paste); its keys are only listed. */
  native?: boolean
  enabled?(state: EditorState): boolean
  /** What it would do now, for the hover text: "Undo: Add Filter rows". */
  hint?(state: EditorState): string | undefined
  perform(state: EditorState, args: Args): EditorState
  /** A change of the document becomes a step that can be undone. */
  undoable: boolean
  /** Name of this step in the history, when it says more than `label`. */
  describe?(args: Args, state: EditorState): string
  effect?(effect: Effect<Args>): void | Promise<void>
}

export type Dispatch = <Args>(action: Action<Args>, ...args: Args extends undefined ? [] : [Args]) => void

/** Can it be started as things stand? */
export const allowed = <Args>(action: Action<Args>, state: EditorState): boolean =>
  !(state.readOnly !== null && (action.undoable || action.edits)) && (action.enabled?.(state) ?? true)

/** An action as the lists see it: whatever its arguments, they start it without. */
export type ListedAction = Action
