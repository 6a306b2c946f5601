import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { onLoginMissing } from './api/session'
import {
  parseApprovalsSearch,
  parseCompareSearch,
  parseEditorSearch,
  parseLoginSearch,
  parseNodesSearch,
  parseRunSearch,
  parseRunsSearch,
  parseTriggersSearch,
} from './pages/search'
import { Root } from './shell/Root'
import { NotFound } from './ui/NotFound'
import { PageError } from './ui/PageError'
import { PagePending } from './ui/PagePending'

const root = createRootRoute({ component: Root, notFoundComponent: NotFound })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/workflows', replace: true })
  },
})

const workflows = createRoute({
  getParentRoute: () => root,
  path: '/workflows',
  component: lazyRouteComponent(() => import('./pages/WorkflowsPage'), 'WorkflowsPage'),
})

const editor = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$name',
  validateSearch: parseEditorSearch,
  component: lazyRouteComponent(() => import('./pages/EditorPage'), 'EditorPage'),
})

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: parseRunsSearch,
  component: lazyRouteComponent(() => import('./pages/RunsPage'), 'RunsPage'),
})

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$id',
  validateSearch: parseRunSearch,
  component: lazyRouteComponent(() => import('./pages/RunPage'), 'RunPage'),
})

const compare = createRoute({
  getParentRoute: () => root,
  path: '/runs/$id/compare',
  validateSearch: parseCompareSearch,
  component: lazyRouteComponent(() => import('./pages/ComparePage'), 'ComparePage'),
})

const approvals = createRoute({
  getParentRoute: () => root,
  path: '/approvals',
  validateSearch: parseApprovalsSearch,
  component: lazyRouteComponent(() => import('./pages/ApprovalsPage'), 'ApprovalsPage'),
})

const triggers = createRoute({
  getParentRoute: () => root,
  path: '/triggers',
  validateSearch: parseTriggersSearch,
  component: lazyRouteComponent(() => import('./pages/TriggersPage'), 'TriggersPage'),
})

const nodes = createRoute({
  getParentRoute: () => root,
  path: '/nodes',
  validateSearch: parseNodesSearch,
  component: lazyRouteComponent(() => import('./pages/NodeTypesPage'), 'NodeTypesPage'),
})

const connections = createRoute({
  getParentRoute: () => root,
  path: '/connections',
  component: lazyRouteComponent(() => import('./pages/ConnectionsPage'), 'ConnectionsPage'),
})

const tokens = createRoute({
  getParentRoute: () => root,
  path: '/settings/tokens',
  component: lazyRouteComponent(() => import('./pages/TokensPage'), 'TokensPage'),
})

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: parseLoginSearch,
  component: lazyRouteComponent(() => import('./pages/LoginPage'), 'LoginPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    workflows,
    editor,
    runs,
    run,
    compare,
    approvals,
    triggers,
    nodes,
    connections,
    tokens,
    login,
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: PageError,
  defaultPendingComponent: PagePending,
  defaultPendingMs: 200,
})

onLoginMissing(() => {
  const { pathname, href } = router.state.location
  if (pathname !== '/login') void router.navigate({ to: '/login', search: { next: href } })
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
