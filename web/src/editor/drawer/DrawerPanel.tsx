import { PinsPanel } from '../partial/PinsPanel'
import type { Drawer } from '../state'
import { ProblemsPanel } from './ProblemsPanel'
import { RunsPanel } from './RunsPanel'
import { TriggersPanel } from './TriggersPanel'
import { VersionsPanel } from './VersionsPanel'
import { YamlPanel } from './YamlPanel'

/** What stands in the open drawer. */
export function DrawerPanel({ name }: { name: Drawer }) {
  switch (name) {
    case 'problems':
      return <ProblemsPanel />
    case 'yaml':
      return <YamlPanel />
    case 'versions':
      return <VersionsPanel />
    case 'runs':
      return <RunsPanel />
    case 'triggers':
      return <TriggersPanel />
    case 'pins':
      return <PinsPanel />
  }
}
