import { useEffect } from 'react'
import { words } from '~/i18n'
import { listNodes } from '~/model/findNodes'
import { typeId } from '~/model/workflow'
import { type CommandGroup, registerCommands } from '~/ui/commands'
import { allowed } from './action'
import { actions } from './actions'
import { addNode } from './actions/addNode'
import { goToNode } from './actions/find'
import { shortcutText } from './shortcuts'
import { type Editor, useEditorHandle } from './store'

const t = words.canvas.commands
const ICON = { size: 18, stroke: 1.7 }

/** What the editor can do now, as the command palette lists it. */
export function commandsOf({ store, dispatch }: Editor): CommandGroup[] {
  const state = store.getState()
  return [
    {
      title: t.actions,
      commands: actions
        .filter((action) => action.listed && allowed(action, state))
        .map((action) => ({
          id: `action:${action.id}`,
          label: action.label.replace('…', ''),
          icon: action.icon ? <action.icon {...ICON} /> : null,
          keys: action.shortcuts?.[0] && shortcutText(action.shortcuts[0]),
          run: () => dispatch(action),
        })),
    },
    {
      title: t.nodes,
      commands: listNodes(state.root.nodes).map(({ id, path, title, inside, node }) => ({
        id: `node:${[...path, id].join('/')}`,
        label: title,
        description: [...inside, state.types.get(typeId(node.type))?.title ?? typeId(node.type)].join(' › '),
        keywords: [id],
        run: () => dispatch(goToNode, { path, id }),
      })),
    },
    {
      title: t.add,
      commands:
        state.readOnly !== null
          ? []
          : [...state.types.values()].map((type) => ({
              id: `add:${type.id}`,
              label: t.addNamed(type.title),
              keywords: [type.id, ...type.tags],
              run: () => dispatch(addNode, { type: type.id }),
            })),
    },
  ]
}

/** The command palette offers the editor's own commands while it is open. */
export function useCommands(): void {
  const editor = useEditorHandle()
  useEffect(() => registerCommands(() => commandsOf(editor)), [editor])
}
