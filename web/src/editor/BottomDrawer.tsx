import { ActionIcon, Tooltip, UnstyledButton } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { words } from '~/i18n'
import { setPanels } from './actions/panels'
import classes from './drawer/Drawer.module.css'
import { DrawerPanel } from './later'
import { isError, problemsOf } from './problems'
import type { Drawer } from './state'
import { useDispatch, useEditor } from './store'

const t = words.editor.drawer
const PANELS: readonly Drawer[] = ['problems', 'yaml', 'versions', 'runs', 'triggers', 'pins']

/** Below the canvas: problems, the text of the workflow, its runs, its triggers. */
export function BottomDrawer() {
  const dispatch = useDispatch()
  const open = useEditor((state) => state.panels.drawer)
  const beside = useEditor((state) => state.panels.yamlBeside)
  const problems = useEditor(problemsOf)
  const errors = problems.filter(isError).length
  return (
    <section
      className={classes.drawer}
      data-pane="drawer"
      data-open={open !== null || undefined}
      aria-label={t.label}
    >
      <div className={classes.bar}>
        {PANELS.map((name) => (
          <UnstyledButton
            key={name}
            className={classes.tab}
            data-active={open === name || undefined}
            aria-expanded={open === name}
            onClick={() =>
              // One text at a time.
              dispatch(setPanels, {
                drawer: open === name ? null : name,
                yamlBeside: beside && name !== 'yaml',
              })
            }
          >
            {t[name]}
            {name === 'problems' && problems.length > 0 ? (
              <span className={classes.count} data-severity={errors > 0 ? 'error' : 'warning'}>
                {problems.length}
              </span>
            ) : null}
          </UnstyledButton>
        ))}
        {open === null ? null : (
          <Tooltip label={t.close}>
            <ActionIcon
              className={classes.close}
              size={24}
              aria-label={t.close}
              onClick={() => dispatch(setPanels, { drawer: null })}
            >
              <IconX size={15} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      {open === null ? null : (
        <div className={classes.content}>
          <DrawerPanel name={open} />
        </div>
      )}
    </section>
  )
}
