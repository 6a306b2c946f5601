import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import { diffDocuments } from '~/model/diff'
import type { Action } from '../action'
import { type Comparison, type EditorState, select } from '../state'
import { samePath } from './bodies'

/** Show two versions in one picture; null: no longer. */
export const showComparison: Action<Comparison | null> = {
  id: 'compare.show',
  label: words.versions.showOnCanvas,
  undoable: false,
  perform: (state, comparison) => ({ ...state, comparison }),
  effect: ({ services, args }) => {
    if (args) requestAnimationFrame(() => services.fit())
  },
}

/** Places of the nodes that differ, in the order of the document; those inside of what is gone go with it. */
export function differingNodes({ root, comparison }: EditorState): string[] {
  if (!comparison) return []
  const { nodes, moved } = diffDocuments(comparison.from, comparison.to ?? root)
  return [...nodes.keys(), ...moved.filter((id) => !nodes.has(id))]
}

function step(by: 1 | -1): Omit<Action, 'id' | 'label'> {
  return {
    listed: true,
    undoable: false,
    enabled: (state) => state.comparison !== null && differingNodes(state).length > 0,
    perform(state) {
      const all = differingNodes(state)
      const at = all.indexOf([...state.path, state.selection.nodes[0] ?? ''].join('/'))
      const place = all[(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by + all.length) % all.length] ?? ''
      const path = place.split('/').slice(0, -1)
      const there = { ...state, path: samePath(state.path, path), document: openBody(state.root, path) }
      return select(there, [place.split('/').at(-1) ?? ''])
    },
    effect({ services, after }) {
      const [id] = after.selection.nodes
      if (id !== undefined) requestAnimationFrame(() => requestAnimationFrame(() => services.show(id)))
    },
  }
}

export const nextDifference: Action = {
  id: 'compare.next',
  label: words.versions.nextDifference,
  icon: IconArrowDown,
  shortcuts: ['f7'],
  ...step(1),
}

export const previousDifference: Action = {
  id: 'compare.previous',
  label: words.versions.previousDifference,
  icon: IconArrowUp,
  shortcuts: ['shift+f7'],
  ...step(-1),
}
