import { IconClipboard, IconCopy, IconCopyPlus, IconCut } from '@tabler/icons-react'
import { words } from '~/i18n'
import { allIds } from '~/model/bodies'
import { type Fragment, fragmentOf, pasteFragment } from '~/model/clipboard'
import { removeNodes } from '~/model/edits'
import { boundsOf, withPlaces } from '~/model/layout'
import { removeNotes } from '~/model/notes'
import type { Position } from '~/model/workflow'
import type { Action, Effect } from '../action'
import { type EditorState, select } from '../state'
import { chosenNotes } from './notes'

const chosen = (state: EditorState) => state.selection.nodes.length > 0
/** What turns nodes into text and back is loaded when it is first needed. */
const text = () => import('~/model/fragmentText')

async function write({ services, before }: Effect<undefined>): Promise<void> {
  const fragment = fragmentOf(before.document, before.selection.nodes)
  await services.copy((await text()).writeFragment(fragment))
}

export const copy: Action = {
  id: 'clipboard.copy',
  label: words.editor.actions.copy,
  icon: IconCopy,
  shortcuts: ['mod+c'],
  listed: true,
  undoable: false,
  enabled: chosen,
  perform: (state) => state,
  effect: write,
}

export const cut: Action = {
  id: 'clipboard.cut',
  label: words.editor.actions.cut,
  icon: IconCut,
  shortcuts: ['mod+x'],
  listed: true,
  undoable: true,
  enabled: chosen,
  perform: (state) => ({
    ...state,
    document: removeNotes(removeNodes(state.document, state.selection.nodes), chosenNotes(state)),
  }),
  effect: write,
}

interface Paste {
  fragment: Fragment
  at: Position
}

/** Those of nodes and notes themselves, not of what is inside of them. */
const places = ({ nodes, layout, notes }: Fragment): Position[] => [
  ...Object.keys(nodes).flatMap((id) => (layout[id] ? [layout[id]] : [])),
  ...Object.entries(notes).flatMap(([id, { at }]) => (id.includes('/') ? [] : [at])),
]

/** The pasted nodes stand around `at`, whatever place they had where they were copied. */
const insertFragment: Action<Paste> = {
  id: 'clipboard.insert',
  label: words.editor.actions.paste,
  undoable: true,
  perform(state, { fragment, at }) {
    const bounds = boundsOf(places(fragment)) ?? { x: 0, y: 0, width: 0, height: 0 }
    const offset: Position = [at[0] - bounds.x - bounds.width / 2, at[1] - bounds.y - bounds.height / 2]
    const pasted = pasteFragment(withPlaces(state.document), fragment, offset, allIds(state.root.nodes))
    return select({ ...state, document: pasted.document }, pasted.ids)
  },
}

export const paste: Action = {
  id: 'clipboard.paste',
  label: words.editor.actions.paste,
  icon: IconClipboard,
  shortcuts: ['mod+v'],
  listed: true,
  native: true,
  undoable: false,
  edits: true,
  perform: (state) => state,
  async effect({ services, dispatch }) {
    const copied = await services.readClipboard()
    if (copied === null) services.tell(words.canvas.clipboard.denied)
    else dispatch(pasteText, copied)
  },
}

/** Text that the browser's own paste brings, or what the clipboard was found to hold. */
export const pasteText: Action<string> = {
  id: 'clipboard.paste.text',
  label: words.editor.actions.paste,
  undoable: false,
  edits: true,
  perform: (state) => state,
  async effect({ services, dispatch, args }) {
    const fragment = (await text()).readFragment(args)
    if (!fragment) {
      services.tell(words.editor.nothingToPaste)
      return
    }
    dispatch(insertFragment, { fragment, at: services.place() })
    services.tell(words.canvas.clipboard.pasted(Object.keys(fragment.nodes).length))
  },
}

const SHIFT: Position = [32, 96]

export const duplicate: Action = {
  id: 'selection.duplicate',
  label: words.editor.actions.duplicate,
  icon: IconCopyPlus,
  shortcuts: ['mod+d'],
  listed: true,
  undoable: true,
  enabled: chosen,
  perform(state) {
    const fragment = fragmentOf(state.document, state.selection.nodes)
    const pasted = pasteFragment(withPlaces(state.document), fragment, SHIFT, allIds(state.root.nodes))
    return select({ ...state, document: pasted.document }, pasted.ids)
  },
}
