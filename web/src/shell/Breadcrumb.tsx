import { Link, useRouterState } from '@tanstack/react-router'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'
import classes from './Breadcrumb.module.css'

const SECTIONS = {
  workflows: { to: '/workflows', label: words.shell.workflows },
  runs: { to: '/runs', label: words.shell.runs },
  nodes: { to: '/nodes', label: words.shell.nodes },
  connections: { to: '/connections', label: words.shell.connections },
} as const

const isSection = (name: string): name is keyof typeof SECTIONS => name in SECTIONS

/** Where one is, read from the address. */
export function Breadcrumb() {
  const path = useRouterState({ select: (state) => state.location.pathname })
  const [first = '', second] = path.split('/').filter(Boolean)
  if (!isSection(first)) return <span />
  const { to, label } = SECTIONS[first]
  const name = second ? decodeURIComponent(second) : null
  return (
    <nav aria-label={words.shell.breadcrumb} className={classes.crumbs}>
      {name ? (
        <>
          <Link to={to} className={classes.link}>
            {label}
          </Link>
          <span className={classes.slash} aria-hidden>
            /
          </span>
          <span className={classes.here} aria-current="page">
            {first === 'runs' ? shortId(name) : name}
          </span>
        </>
      ) : (
        <span className={classes.here} aria-current="page">
          {label}
        </span>
      )}
    </nav>
  )
}
