import { useHotkeys } from '@mantine/hooks'
import { notificationsStore } from '@mantine/notifications'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import { later } from '~/ui/later'
import { useSign } from '~/ui/useSign'
import { Shell } from './Shell'
import { search } from './search'

const Overlays = later(() => import('./Overlays').then((part) => part.Overlays))
const SearchSpotlight = later(() => import('./SearchSpotlight').then((part) => part.SearchSpotlight))

/** The login page stands alone: the shell around the others asks the server for things that need a login. */
export function Root() {
  const path = useRouterState({ select: (state) => state.location.pathname })
  const notices = useSyncExternalStore(notificationsStore.subscribe, countNotices)
  // The editor comes first, and then what lies above it; nowhere else is there so much to fetch.
  const above = useSign() || notices > 0 || !path.startsWith('/workflows/')
  useHotkeys([
    ['mod + K', search.toggle],
    ['mod + shift + P', search.toggle],
  ])
  return (
    <>
      {path === '/login' ? (
        <Outlet />
      ) : (
        <>
          <Shell />
          {above ? <SearchSpotlight /> : null}
        </>
      )}
      {above ? <Overlays /> : null}
    </>
  )
}

const countNotices = (): number => notificationsStore.getState().notifications.length
