import { Kbd, useMantineColorScheme } from '@mantine/core'
import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import {
  IconCalendarClock,
  IconCornerDownRight,
  IconHistory,
  IconHome,
  IconKey,
  IconLayoutGrid,
  IconMoon,
  IconPlugConnected,
  IconRoute,
  IconSearch,
  IconSettings,
  IconStack2,
  IconSun,
  IconUserCheck,
} from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { executionsQuery } from '~/api/executions'
import { workflowsQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { registeredCommands } from '~/ui/commands'
import { shortId } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { search, searchStore } from './search'

const RECENT = 20
const SHOWN = 40

/** Ctrl+K: jump to a page, a workflow or a recent run, and do what the open page offers. */
export function SearchSpotlight() {
  const [open, setOpen] = useState(() => searchStore.getState().opened)
  const groups = useGroups(open)
  return (
    <Spotlight
      store={searchStore}
      actions={groups}
      // Its keys are there before it is, see `Root`.
      shortcut={[]}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
      nothingFound={words.shell.searchNothing}
      highlightQuery
      limit={SHOWN}
      scrollable
      maxHeight={420}
      overlayProps={{ backgroundOpacity: 0.45, blur: 0 }}
      attributes={{ content: { 'aria-label': words.shell.searchPlaceholder } }}
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.7} aria-hidden />,
        placeholder: words.shell.searchPlaceholder,
        'aria-label': words.shell.searchPlaceholder,
      }}
    />
  )
}

function useGroups(open: boolean): SpotlightActionGroupData[] {
  const navigate = useNavigate()
  const { setColorScheme } = useMantineColorScheme()
  // Nothing is asked of the server before the box opens.
  const workflows = useInfiniteQuery({ ...workflowsQuery(), enabled: open })
  const runs = useInfiniteQuery({ ...executionsQuery({}, RECENT), enabled: open })
  const go = (run: () => Promise<void>) => () => {
    search.close()
    void run()
  }
  const icon = { size: 18, stroke: 1.7 }
  const commands = useCommandGroups(open)
  return [
    {
      group: words.shell.searchPages,
      actions: [
        {
          id: 'home',
          label: words.home.nav,
          onClick: go(() => navigate({ to: '/' })),
          leftSection: <IconHome {...icon} />,
        },
        {
          id: 'workflows',
          label: words.shell.workflows,
          onClick: go(() => navigate({ to: '/workflows' })),
          leftSection: <IconRoute {...icon} />,
        },
        {
          id: 'templates',
          label: words.templates.title,
          onClick: go(() => navigate({ to: '/templates' })),
          leftSection: <IconLayoutGrid {...icon} />,
        },
        {
          id: 'runs',
          label: words.shell.runs,
          onClick: go(() => navigate({ to: '/runs' })),
          leftSection: <IconHistory {...icon} />,
        },
        {
          id: 'triggers',
          label: words.shell.triggers,
          onClick: go(() => navigate({ to: '/triggers' })),
          leftSection: <IconCalendarClock {...icon} />,
        },
        {
          id: 'approvals',
          label: words.shell.approvals,
          onClick: go(() => navigate({ to: '/approvals' })),
          leftSection: <IconUserCheck {...icon} />,
        },
        {
          id: 'nodes',
          label: words.shell.nodes,
          onClick: go(() => navigate({ to: '/nodes' })),
          leftSection: <IconStack2 {...icon} />,
        },
        {
          id: 'connections',
          label: words.shell.connections,
          onClick: go(() => navigate({ to: '/connections' })),
          leftSection: <IconPlugConnected {...icon} />,
        },
        {
          id: 'settings',
          label: words.settings.title,
          onClick: go(() => navigate({ to: '/settings' })),
          leftSection: <IconSettings {...icon} />,
        },
        {
          id: 'audit',
          label: words.settings.views.audit,
          onClick: go(() => navigate({ to: '/settings', search: { view: 'audit' } })),
          leftSection: <IconSettings {...icon} />,
        },
        {
          id: 'tokens',
          label: words.access.tokens,
          onClick: go(() => navigate({ to: '/settings/tokens' })),
          leftSection: <IconKey {...icon} />,
        },
      ],
    },
    ...commands,
    {
      group: words.shell.searchWorkflows,
      actions: (workflows.data?.pages ?? []).flatMap((page) =>
        page.items.map((workflow) => ({
          id: `workflow:${workflow.name}`,
          label: workflow.title || workflow.name,
          description: workflow.title ? workflow.name : undefined,
          keywords: [workflow.name],
          leftSection: <IconRoute {...icon} />,
          onClick: go(() => navigate({ to: '/workflows/$name', params: { name: workflow.name } })),
        })),
      ),
    },
    {
      group: words.shell.searchRuns,
      actions: (runs.data?.pages ?? []).flatMap((page) =>
        page.items.map((run) => ({
          id: `run:${run.id}`,
          label: words.shell.run(run.workflow, shortId(run.id)),
          keywords: [run.id, run.status],
          leftSection: <StatusBadge status={run.status} variant="icon" />,
          onClick: go(() => navigate({ to: '/runs/$id', params: { id: run.id } })),
        })),
      ),
    },
    {
      group: words.shell.searchActions,
      actions: [
        {
          id: 'light',
          label: words.shell.themeLight,
          leftSection: <IconSun {...icon} />,
          onClick: go(async () => setColorScheme('light')),
        },
        {
          id: 'dark',
          label: words.shell.themeDark,
          leftSection: <IconMoon {...icon} />,
          onClick: go(async () => setColorScheme('dark')),
        },
      ],
    },
  ]
}

/** The commands of the page that is open, asked for when the box opens. */
function useCommandGroups(open: boolean): SpotlightActionGroupData[] {
  return useMemo(
    () =>
      (open ? registeredCommands() : []).map(({ title, commands }) => ({
        group: title,
        actions: commands.map(({ id, label, description, keywords, icon, keys, run }) => ({
          id,
          label,
          description,
          keywords: keywords && [...keywords],
          leftSection: icon ?? <IconCornerDownRight size={18} stroke={1.7} />,
          rightSection: keys ? <Kbd size="xs">{keys}</Kbd> : undefined,
          // The box gives the focus back first.
          onClick: () => setTimeout(run),
        })),
      })),
    [open],
  )
}
