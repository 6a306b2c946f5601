import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import { nodeTitle } from '~/model/workflow'
import { goToBody } from './actions/bodies'
import classes from './Editor.module.css'
import { useDispatch, useEditor } from './store'

/** Which body the canvas shows, and the way back. */
export function BodyTrail() {
  const dispatch = useDispatch()
  const path = useEditor((state) => state.canvas)
  const root = useEditor((state) => state.root)
  // The button that brings the palette back stands there.
  const beside = useEditor((state) => !state.panels.palette)
  if (path.length === 0) return null
  const names = path.map((name, depth) => nodeTitle(name, openBody(root, path.slice(0, depth)).nodes[name]))
  return (
    <nav
      data-beside={beside || undefined}
      className={classes.trail}
      aria-label={words.bodies.where}
      data-testid="body-trail"
    >
      {[root.title || root.name, ...names].map((name, depth) => (
        <span key={[...path.slice(0, depth), ''].join('/')}>
          {depth > 0 ? <IconChevronRight size={14} stroke={1.8} aria-hidden /> : null}
          {depth === path.length ? (
            <strong aria-current="page">{name}</strong>
          ) : (
            <UnstyledButton onClick={() => dispatch(goToBody, depth)}>{name}</UnstyledButton>
          )}
        </span>
      ))}
    </nav>
  )
}
