import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { onLoginMissing } from './api/session'
import { parseHomeSearch } from './pages/home/search'
import { parseRunsSearch } from './pages/runs/filter'
import {
  parseApprovalsSearch,
  parseCompareSearch,
  parseEditorSearch,
  parseLoginSearch,
  parseNodesSearch,
  parseRunSearch,
  parseTriggersSearch,
} from './pages/search'
import { parseSettingsSearch } from './pages/settings/search'
import { parseTemplatesSearch } from './pages/templates/search'
import { Root } from './shell/Root'
import { NotFound } from './ui/NotFound'
import { PageError } from './ui/PageError'
import { PagePending } from './ui/PagePending'

const root = createRootRoute({ component: Root, notFoundComponent: NotFound })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: parseHomeSearch,
  component: lazyRouteComponent(() => import('./pages/HomePage'), 'HomePage'),
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

const version = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$name/versions/$version',
  params: {
    parse: ({ name, version: number }) => ({ name, version: Number(number) }),
    stringify: ({ name, version: number }) => ({ name, version: String(number) }),
  },
  component: lazyRouteComponent(() => import('./pages/VersionPage'), 'VersionPage'),
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

const templates = createRoute({
  getParentRoute: () => root,
  path: '/templates',
  validateSearch: parseTemplatesSearch,
  component: lazyRouteComponent(() => import('./pages/TemplatesPage'), 'TemplatesPage'),
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

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: parseSettingsSearch,
  component: lazyRouteComponent(() => import('./pages/SettingsPage'), 'SettingsPage'),
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
    version,
    runs,
    run,
    compare,
    approvals,
    triggers,
    templates,
    nodes,
    connections,
    settings,
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
