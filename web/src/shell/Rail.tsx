import { Tooltip, UnstyledButton } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import {
  type Icon,
  IconCalendarClock,
  IconChevronsLeft,
  IconChevronsRight,
  IconHistory,
  IconHome,
  IconPlugConnected,
  IconRoute,
  IconSettings,
  IconStack2,
  IconUserCheck,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { words } from '~/i18n'
import { Logo } from './Logo'
import { OpenApprovals } from './OpenApprovals'
import classes from './Rail.module.css'

type Target =
  | '/'
  | '/workflows'
  | '/runs'
  | '/approvals'
  | '/triggers'
  | '/nodes'
  | '/connections'
  | '/settings'

const ITEMS: readonly { to: Target; label: string; icon: Icon }[] = [
  { to: '/', label: words.home.nav, icon: IconHome },
  { to: '/workflows', label: words.shell.workflows, icon: IconRoute },
  { to: '/runs', label: words.shell.runs, icon: IconHistory },
  { to: '/triggers', label: words.shell.triggers, icon: IconCalendarClock },
  { to: '/approvals', label: words.shell.approvals, icon: IconUserCheck },
  { to: '/nodes', label: words.shell.nodes, icon: IconStack2 },
  { to: '/connections', label: words.shell.connections, icon: IconPlugConnected },
  { to: '/settings', label: words.settings.title, icon: IconSettings },
]

/** The slim left rail; folds to icons, and stays as it was left. */
export function Rail() {
  const [folded, setFolded] = useLocalStorage({ key: 'cm-rail-folded', defaultValue: false })
  const Fold = folded ? IconChevronsRight : IconChevronsLeft
  const foldLabel = folded ? words.shell.unfoldRail : words.shell.foldRail
  return (
    <nav className={classes.rail} data-folded={folded || undefined} aria-label={words.shell.navigation}>
      <Link to="/" className={classes.logo} aria-label={words.shell.product}>
        <Logo size={28} />
      </Link>
      {ITEMS.map(({ to, label, icon: Mark }) => (
        <Tooltip key={to} label={label} position="right" disabled={!folded}>
          <Link
            to={to}
            className={classes.item}
            activeOptions={{ exact: to === '/' }}
            activeProps={{ 'data-active': true, 'aria-current': 'page' }}
            aria-label={folded ? label : undefined}
          >
            <span className={classes.icon}>
              <Mark size={20} stroke={1.7} aria-hidden />
              {to === '/approvals' ? <OpenApprovals /> : null}
            </span>
            {folded ? null : <span className={classes.label}>{label}</span>}
          </Link>
        </Tooltip>
      ))}
      <Tooltip label={foldLabel} position="right">
        <UnstyledButton className={classes.fold} onClick={() => setFolded(!folded)} aria-label={foldLabel}>
          <Fold size={16} stroke={1.7} aria-hidden />
        </UnstyledButton>
      </Tooltip>
    </nav>
  )
}
