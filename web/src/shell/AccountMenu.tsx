import { ActionIcon, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconKey, IconLogout, IconUserCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { logOut, meQuery } from '~/api/access'
import { words } from '~/i18n'

const t = words.access

/** Who is logged in, the tokens, and the way out. */
export function AccountMenu() {
  const me = useQuery(meQuery())
  const navigate = useNavigate()
  const leave = async () => {
    try {
      await logOut()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      notifications.show({ color: 'red', title: t.logOutFailed, message })
      return
    }
    // A new page: what was loaded is the owner's, and leaves the memory with the old one.
    window.location.assign('/login')
  }
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <ActionIcon size={32} aria-label={t.accountMenu}>
          <IconUserCircle size={19} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {me.data ? <Menu.Label>{t.account(me.data.name)}</Menu.Label> : null}
        <Menu.Item
          leftSection={<IconKey size={16} stroke={1.7} aria-hidden />}
          onClick={() => void navigate({ to: '/settings/tokens' })}
        >
          {t.tokens}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} stroke={1.7} aria-hidden />}
          onClick={() => void leave()}
        >
          {t.logOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
