import { Tooltip } from '@mantine/core'
import { IconFolder } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import { infoQuery } from '~/api/info'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'
import classes from './Breadcrumb.module.css'

const SECTIONS = {
  workflows: { to: '/workflows', label: words.shell.workflows },
  runs: { to: '/runs', label: words.shell.runs },
  triggers: { to: '/triggers', label: words.shell.triggers },
  approvals: { to: '/approvals', label: words.shell.approvals },
  nodes: { to: '/nodes', label: words.shell.nodes },
  connections: { to: '/connections', label: words.shell.connections },
  settings: { to: '/settings', label: words.settings.title },
} as const

const isSection = (name: string): name is keyof typeof SECTIONS => name in SECTIONS

function nameOf(section: string, thing: string): string {
  if (section === 'runs') return shortId(thing)
  return section === 'settings' ? words.access.tokens : decodeURIComponent(thing)
}

/** Where one is: the workspace, and below a section's own page the section and the thing in it. */
export function Breadcrumb() {
  const path = useRouterState({ select: (state) => state.location.pathname })
  const [first = '', second, , third] = path.split('/').filter(Boolean)
  const section = isSection(first) && second ? SECTIONS[first] : null
  return (
    <nav aria-label={words.shell.breadcrumb} className={classes.crumbs}>
      <Workspace />
      {section && second ? (
        <>
          <Slash />
          <Link to={section.to} className={classes.link}>
            {section.label}
          </Link>
          <Slash />
          {first === 'workflows' && third ? (
            <>
              <Link
                to="/workflows/$name"
                params={{ name: decodeURIComponent(second) }}
                className={classes.link}
              >
                {nameOf(first, second)}
              </Link>
              <Slash />
              <span className={classes.here} aria-current="page">
                {words.versions.version(Number(third))}
              </span>
            </>
          ) : (
            <span className={classes.here} aria-current="page">
              {nameOf(first, second)}
            </span>
          )}
        </>
      ) : null}
    </nav>
  )
}

function Workspace() {
  const info = useQuery(infoQuery())
  if (!info.data) return null
  const { workspace, version } = info.data
  const name = workspace.split(/[\\/]/).filter(Boolean).at(-1) ?? workspace
  return (
    <Tooltip label={words.shell.workspace(workspace, version)}>
      <Link to="/" className={classes.workspace}>
        <IconFolder size={15} stroke={1.7} aria-hidden />
        {name}
      </Link>
    </Tooltip>
  )
}

const Slash = () => (
  <span className={classes.slash} aria-hidden>
    /
  </span>
)
