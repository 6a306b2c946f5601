import { IconPin, IconPinned } from '@tabler/icons-react'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import type { Action } from '../action'
import { select, soleNode, withPanels } from '../state'
import { samePath } from './bodies'

const t = words.pins.actions

/** Pin what the shown run has of the node, or ask for a value where there is none; unpin where that is pinned. */
export const pin: Action = {
  id: 'pin.toggle',
  label: t.toggle,
  icon: IconPin,
  shortcuts: ['p'],
  listed: true,
  edits: true,
  undoable: false,
  enabled: (state) => soleNode(state) !== null,
  perform: (state) => state,
  effect({ services, before }) {
    const node = soleNode(before)
    return node === null ? undefined : services.togglePin([...before.path, node].join('/'))
  },
}

/** Go to a pinned node (`container/node` in a body). */
export const showPlace: Action<string> = {
  id: 'pin.show',
  label: t.list,
  undoable: false,
  perform(state, place) {
    const path = place.split('/')
    const id = path.pop() ?? ''
    const document = openBody(state.root, path)
    const shown = select({ ...state, path: samePath(state.path, path), document, focus: null }, [id])
    return withPanels(shown, { inspector: true, inspectorTab: 'output' })
  },
  effect: ({ services, after }) => services.show(after.selection.nodes[0] ?? ''),
}

export const listPins: Action = {
  id: 'pin.list',
  label: t.list,
  icon: IconPinned,
  shortcuts: ['shift+p'],
  listed: true,
  undoable: false,
  perform: (state) => withPanels(state, { drawer: state.panels.drawer === 'pins' ? null : 'pins' }),
}
