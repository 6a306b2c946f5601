import { Outlet, useRouterState } from '@tanstack/react-router'
import { Shell } from './Shell'

/** The login page stands alone: the shell around the others asks the server for things that need a login. */
export function Root() {
  const bare = useRouterState({ select: (state) => state.location.pathname === '/login' })
  return bare ? <Outlet /> : <Shell />
}
