import {
  ActionIcon,
  Kbd,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { IconMoon, IconSearch, IconSun } from '@tabler/icons-react'
import { words } from '~/i18n'
import { AccountMenu } from './AccountMenu'
import { Breadcrumb } from './Breadcrumb'
import { ConnectionBadge } from './ConnectionBadge'
import { search } from './search'
import classes from './TopBar.module.css'

export function TopBar() {
  return (
    <header className={classes.bar}>
      <Breadcrumb />
      <div className={classes.tools}>
        <UnstyledButton className={classes.search} onClick={() => search.open()}>
          <IconSearch size={15} stroke={1.8} aria-hidden />
          <span>{words.shell.search}</span>
          <Kbd size="xs">{words.shell.searchShortcut}</Kbd>
        </UnstyledButton>
        <ConnectionBadge />
        <ThemeSwitch />
        <AccountMenu />
      </div>
    </header>
  )
}

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark'
  const label = dark ? words.shell.themeSwitchToLight : words.shell.themeSwitchToDark
  const Mark = dark ? IconSun : IconMoon
  return (
    <Tooltip label={label}>
      <ActionIcon size={32} aria-label={label} onClick={() => setColorScheme(dark ? 'light' : 'dark')}>
        <Mark size={18} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  )
}
