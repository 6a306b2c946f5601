import { Kbd, Modal } from '@mantine/core'
import { words } from '~/i18n'
import { type ActionGroup, groups } from './actions'
import { setPanels } from './actions/panels'
import classes from './HelpDialog.module.css'
import { shortcutText } from './shortcuts'
import { useDispatch } from './store'

const t = words.editor.help
const c = words.canvas.help

/** What has no action of its own, or one for each arrow. */
const BY_HAND: Record<ActionGroup, readonly (readonly [name: string, keys: string])[]> = {
  workflow: [],
  add: [
    [c.insert, c.insertKeys],
    [c.reconnect, c.reconnectKeys],
  ],
  edit: [[c.titleEdit, c.titleEditKeys]],
  arrange: [
    [t.nudge, 'Ctrl + ← → ↑ ↓'],
    [c.nudgeFar, 'Ctrl + Shift + ← → ↑ ↓'],
  ],
  view: [
    [t.walk, '← → ↑ ↓'],
    [t.pan, t.panKeys],
    [c.trackpad, c.trackpadKeys],
    [t.box, t.boxKeys],
    [t.more, t.moreKeys],
  ],
}

/** Every action that has keys, by what it is about. */
export function HelpDialog() {
  const dispatch = useDispatch()
  return (
    <Modal opened onClose={() => dispatch(setPanels, { help: false })} title={t.title} size={860}>
      <div className={classes.columns}>
        {(Object.keys(groups) as ActionGroup[]).map((group) => (
          <section key={group} className={classes.group}>
            <h3>{c[group]}</h3>
            <dl>
              {groups[group]
                .filter((action) => action.listed && action.shortcuts)
                .map((action) => (
                  <div key={action.id}>
                    <dt>{action.label.replace('…', '')}</dt>
                    <dd>
                      {action.shortcuts?.map((shortcut) => (
                        <Kbd key={shortcut} size="xs">
                          {shortcutText(shortcut)}
                        </Kbd>
                      ))}
                    </dd>
                  </div>
                ))}
              {BY_HAND[group].map(([name, keys]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    <Kbd size="xs">{keys}</Kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  )
}
