import { IconListSearch } from '@tabler/icons-react'
import { words } from '~/i18n'
import { type BodyPath, openBody } from '~/model/bodies'
import type { Action } from '../action'
import { select, withPanels } from '../state'
import { samePath } from './bodies'
import { unfolded } from './frames'

/** The list of the workflow's nodes, with its search. */
export const find: Action = {
  id: 'find.open',
  label: words.canvas.actions.find,
  icon: IconListSearch,
  shortcuts: ['mod+f', 'f3'],
  listed: true,
  undoable: false,
  perform: (state) => withPanels(state, { find: true }),
}

/** Choose a node wherever it is: the frames around it are opened, and it is brought into sight. */
export const goToNode: Action<{ path: BodyPath; id: string }> = {
  id: 'find.go',
  label: words.editor.actions.select,
  undoable: false,
  perform(state, { path, id }) {
    const document = openBody(state.root, path)
    const frames = unfolded(state, path)
    return select({ ...state, frames, path: samePath(state.path, path), document, focus: null }, [id])
  },
  effect({ services, before, after, args }) {
    if (before.path === after.path) services.show(args.id)
    // Another graph has to be drawn first.
    else requestAnimationFrame(() => requestAnimationFrame(() => services.show(args.id)))
  },
}
